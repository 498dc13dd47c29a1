"""$import over HTTP: taken in beside the requests, found when it says done, each fault with its line and reason."""

import asyncio
import gzip
import json
import os
import re
import signal
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from akson.kit.errors import Gone
from akson.kit.settings import Content
from akson.record.bulk import exporter, imports, own, steps
from akson.record.context import opened
from akson.rest import background
from akson.rest.bulk import importer, loading, sources, staging
from akson.rest.bulk.workers import Workers
from akson.rest.open import ANYONE, open_place, standalone
from akson.store.underway import transfers
from tests.rest.making import issue, matches, observation, patient
from tests.rest.operations.source import Source
from tests.rest.raw import ask

pytestmark = pytest.mark.store
ASYNC = {"prefer": "respond-async"}
NDJSON = {**ASYNC, "content-type": "application/fhir+ndjson"}
BASE = "http://fhir.example"


@pytest_asyncio.fixture
async def work(database, monkeypatch):
    """The work beside the requests, as the server has it, with one process."""
    monkeypatch.setattr(background, "IDLE", 0.05)
    monkeypatch.setattr(exporter, "SETTLE", timedelta(milliseconds=50))
    monkeypatch.setenv("AKSON_IMPORT_PROCESSES", "1")
    async with background.beside(open_place(database, BASE)):
        yield


def lines(*resources):
    return b"".join(json.dumps(each).encode() + b"\n" for each in resources)


async def finished(client, answer, status=200):
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(90):
        while (found := await client.get(answer.headers["content-location"])).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    assert found.status_code == status, found.text
    return found.json()


async def errors(client, manifest):
    found = []
    for file in manifest["error"]:
        answer = await client.get(file["url"])
        found += [json.loads(line)["issue"][0]["diagnostics"] for line in answer.text.splitlines()]
    return found


def parameters(*urls, **more):
    inputs = [
        {"name": "input", "part": [{"name": "url", "valueUrl": url}, *more.get("parts", [])]} for url in urls
    ]
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "inputFormat", "valueCode": more.get("format", "application/fhir+ndjson")},
            *inputs,
        ],
    }


@pytest.mark.usefixtures("work")
async def test_what_is_sent_is_there_when_it_says_done(client):
    body = lines(patient(id="a"), observation("Patient/a", id="oa"), patient("Olsen"))
    manifest = await finished(client, await client.post("/$import", content=body, headers=NDJSON))
    assert manifest["error"] == []
    assert manifest["output"] == [
        {"type": "Observation", "count": 1, "created": 1, "updated": 0, "unchanged": 0},
        {"type": "Patient", "count": 2, "created": 2, "updated": 0, "unchanged": 0},
    ]
    assert await matches(client, "Observation?subject=Patient/a&code=8310-5") == ["oa"]
    assert len(await matches(client, "Patient?name=olsen")) == 1


@pytest.mark.usefixtures("work")
async def test_a_second_run_changes_only_what_is_different(client):
    await finished(
        client, await client.post("/$import", content=lines(patient(id="a"), patient(id="b")), headers=NDJSON)
    )
    again = lines(patient(id="a"), patient("Berg", id="b"), patient("Dahl", id="c"))
    manifest = await finished(client, await client.post("/$import", content=again, headers=NDJSON))
    assert manifest["output"] == [{"type": "Patient", "count": 3, "created": 1, "updated": 1, "unchanged": 1}]
    assert (await client.get("/Patient/a")).json()["meta"]["versionId"] == "1"
    assert (await client.get("/Patient/b")).json()["meta"]["versionId"] == "2"
    assert await matches(client, "Patient?name=berg") == ["b"]


@pytest.mark.usefixtures("work")
async def test_every_fault_is_told_with_its_line_and_holds_up_nothing_else(client):
    body = (
        lines(patient(id="a"))
        + b"not json\n\n"
        + lines(patient(id="b", gender="x"), {"resourceType": "Pasient"}, ["list"], patient(id="no/id"))
        + lines(patient(id="a"), patient("Berg", id="a"))
        + b'{"resourceType": "Patient", "id": "last"}'
    )
    manifest = await finished(client, await client.post("/$import", content=body, headers=NDJSON))
    told = sorted(await errors(client, manifest))
    assert [each.partition(": ")[0] for each in told] == ["body:2", "body:4", "body:5", "body:6", "body:7"]
    assert "gender" in told[1]
    assert "no resource type" in told[2]
    assert manifest["error"][0]["count"] == 5
    assert (await client.get("/Patient/last")).status_code == 200
    assert (await client.get("/Patient/a")).json()["name"][0]["family"] == "Berg"


@pytest.mark.usefixtures("work")
async def test_definitions_take_effect_as_when_they_are_put(client):
    system = {
        "resourceType": "CodeSystem", "id": "cs", "url": "http://example.org/cs", "status": "active",
        "content": "complete", "concept": [{"code": "a", "display": "Apple"}],
    }  # fmt: skip
    await finished(client, await client.post("/$import", content=lines(system), headers=NDJSON))
    answer = await client.get("/CodeSystem/$lookup", params={"system": system["url"], "code": "a"})
    assert "Apple" in answer.text


@pytest.mark.usefixtures("work")
async def test_files_of_a_folder_that_was_named_and_of_no_other(client, tmp_path, monkeypatch):
    monkeypatch.setenv("AKSON_IMPORT_FROM", f"https://data.example,{tmp_path / 'open'}")
    (tmp_path / "open").mkdir()
    many = [patient(id=f"p{number}") for number in range(3000)]
    (tmp_path / "open" / "p.ndjson").write_bytes(lines(*many))
    (tmp_path / "shut.ndjson").write_bytes(lines(patient(id="shut")))
    (tmp_path / "open" / "link.ndjson").symlink_to(tmp_path / "shut.ndjson")
    monkeypatch.setattr(staging, "PART", 50_000)
    url = (tmp_path / "open" / "p.ndjson").as_uri()
    part = {"name": "type", "valueCode": "Patient"}
    manifest = await finished(
        client, await client.post("/$import", json=parameters(url, parts=[part]), headers=ASYNC)
    )
    assert manifest["output"][0]["count"] == 3000
    assert (await client.get("/Patient?_summary=count")).json()["total"] == 3000
    for refused in (
        (tmp_path / "shut.ndjson").as_uri(),
        f"file://{tmp_path}/open/../shut.ndjson",
        (tmp_path / "open" / "link.ndjson").as_uri(),
        "http://data.example/p.ndjson",
        "https://data.example.evil.example/p.ndjson",
        "https://data.example@evil.example/p.ndjson",
        "http://169.254.169.254/latest",
        "ftp://data.example/x",
    ):
        answer = await client.post("/$import", json=parameters(refused), headers=ASYNC)
        assert answer.status_code == 422, refused
        assert "AKSON_IMPORT_FROM" in issue(answer)["diagnostics"]
        assert issue(answer)["expression"] == ["Parameters.input[0].url"]


@pytest.mark.usefixtures("work")
async def test_a_line_of_another_type_than_announced_is_refused(client, tmp_path, monkeypatch):
    monkeypatch.setenv("AKSON_IMPORT_FROM", str(tmp_path))
    (tmp_path / "p.ndjson").write_bytes(lines(patient(id="a"), observation("Patient/a", id="o")))
    body = parameters((tmp_path / "p.ndjson").as_uri(), parts=[{"name": "type", "valueCode": "Patient"}])
    manifest = await finished(client, await client.post("/$import", json=body, headers=ASYNC))
    assert [each["type"] for each in manifest["output"]] == ["Patient"]
    assert "Patient was announced" in (await errors(client, manifest))[0]


@pytest.mark.usefixtures("work")
async def test_over_http_from_this_machine(client, tmp_path, unused_tcp_port):
    import subprocess
    import sys

    (tmp_path / "p.ndjson").write_bytes(lines(*[patient(id=f"p{number}") for number in range(500)]))
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(unused_tcp_port),
        "--bind",
        "127.0.0.1",
        "-d",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:  # noqa: ASYNC220
        try:
            base = f"http://127.0.0.1:{unused_tcp_port}"
            async with httpx.AsyncClient() as plain, asyncio.timeout(20):
                while True:
                    try:
                        await plain.get(base)
                        break
                    except httpx.HTTPError:
                        await asyncio.sleep(0.05)
            answer = await client.post("/$import", json=parameters(f"{base}/p.ndjson"), headers=ASYNC)
            manifest = await finished(client, answer)
            assert manifest["output"][0]["count"] == 500
            gone = await client.post("/$import", json=parameters(f"{base}/none.ndjson"), headers=ASYNC)
            failed = await finished(client, gone, 500)
            assert "the source answered 404" in failed["issue"][0]["diagnostics"]
        finally:
            server.terminate()


async def taken_in(client, source, count):
    manifest = await finished(
        client, await client.post("/$import", json=parameters(source.url), headers=ASYNC)
    )
    assert (manifest["output"], manifest["error"]) == (
        [{"type": "Patient", "count": count, "created": count, "updated": 0, "unchanged": 0}],
        [],
    )


MANY = lines(*[patient(id=f"p{number}") for number in range(300)])


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize("ranges", [True, False])
async def test_a_source_that_breaks_off_is_read_on_from_where_it_was(client, monkeypatch, ranges):
    monkeypatch.setattr(staging, "PART", 4000)
    monkeypatch.setattr(sources, "PIECE", 1000)
    async with Source(MANY, ranges=ranges, breaks=[len(MANY) // 2], statuses=[503]) as source:
        await taken_in(client, source, 300)
    assert source.asked[:2] == [0, 0]
    assert len(MANY) // 2 - 5000 <= source.asked[2] <= len(MANY) // 2
    assert (source.sent < len(MANY) + 5000) == ranges


@pytest.mark.usefixtures("work")
async def test_what_takes_long_to_fetch_is_fetched_in_several_steps(client, monkeypatch):
    monkeypatch.setattr(staging, "PART", 4000)
    monkeypatch.setattr(importer, "FETCH", 0.0)
    monkeypatch.setattr(sources, "PIECE", 5000)
    async with Source(MANY) as source:
        await taken_in(client, source, 300)
    assert len(source.asked) > 5
    assert source.asked == sorted(set(source.asked))


@pytest.mark.usefixtures("work")
async def test_a_source_that_stays_silent_fails_with_its_reason(client, monkeypatch):
    monkeypatch.setattr(steps, "GIVE_UP", 2)
    async with Source(MANY, statuses=[503] * 9) as source:
        answer = await client.post("/$import", json=parameters(source.url), headers=ASYNC)
        failed = await finished(client, answer, 500)
    assert failed["issue"][0]["diagnostics"] == "The import failed: the source answered 503"
    assert len(source.asked) == 2


@pytest.mark.usefixtures("work")
async def test_a_process_that_is_killed_at_its_work_is_followed_by_another(client, monkeypatch):
    do, killed = Workers.do, []

    async def killing(workers, task):
        doing = asyncio.create_task(do(workers, task))
        while not killed and not doing.done():
            await asyncio.sleep(0.01)
            for pid in list(workers._pool._processes or ()):
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
        return await doing

    monkeypatch.setattr(Workers, "do", killing)
    manifest = await finished(client, await client.post("/$import", content=MANY, headers=NDJSON))
    assert killed
    assert (manifest["output"][0]["created"], manifest["error"]) == (300, [])


@pytest.mark.usefixtures("work")
async def test_a_packed_body_is_taken_in(client):
    both = gzip.compress(MANY) + gzip.compress(lines(patient(id="last")))
    answer = await client.post("/$import", content=both, headers=NDJSON | {"content-encoding": "gzip"})
    manifest = await finished(client, answer)
    assert (manifest["output"][0]["created"], manifest["error"]) == (301, [])


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [("gzip", MANY, 400), ("gzip", gzip.compress(MANY)[:-9], 400), ("gzip", b"", 400), ("br", MANY, 415)],
)
async def test_a_body_that_is_not_rightly_packed_is_refused_and_leaves_nothing(
    client, database, coding, body, status
):
    answer = await client.post("/$import", content=body, headers=NDJSON | {"content-encoding": coding})
    assert answer.status_code == status
    assert await rows_left(database) == (0, 0, 0, 0)


async def test_what_was_being_sent_when_the_server_died_expires_and_counts_no_more(client, database):
    place = open_place(database, BASE)
    async with opened(place, ANYONE) as ctx:
        transfer = await imports.begin(ctx, "x", [{"type": "", "url": "body"}], is_staged=True)
    assert await expired(database) == 0
    async with database.transaction() as tx:
        await tx.execute("update transfer set expires = expires - interval '1 hour'")
        assert await transfers.is_any(tx, "import")
    assert await expired(database) == 1
    async with database.transaction() as tx:
        assert not await transfers.is_any(tx, "import")
    with pytest.raises(Gone):
        async with opened(place, ANYONE) as ctx:
            await own.queue(ctx, transfer)


async def expired(database):
    async with database.transaction() as tx:
        return await transfers.expire(tx, 30)


@pytest.mark.usefixtures("work")
async def test_what_has_come_as_a_whole_does_not_expire_while_it_waits(client, database):
    answer = await client.post("/$import", content=MANY, headers=NDJSON)
    async with database.transaction() as tx:
        assert await tx.fetch("select 1 from transfer where expires < now() + interval '2 hours'") == []
    await finished(client, answer)


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (parameters(), ASYNC, "From 1 to"),
        (parameters("http://127.0.0.1/x", format="text/csv"), ASYNC, "inputFormat"),
        (parameters("http://127.0.0.1/x"), {}, "Prefer: respond-async"),
        (
            parameters("http://127.0.0.1/x", parts=[{"name": "type", "valueCode": "Pasient"}]),
            ASYNC,
            "no resource type",
        ),
        (
            parameters("http://127.0.0.1/x", parts=[{"name": "kind", "valueCode": "a"}]),
            ASYNC,
            "the parts `url`",
        ),
    ],
)
async def test_what_cannot_be_done_is_refused_with_words(client, body, headers, words):
    answer = await client.post("/$import", json=body, headers=headers)
    assert answer.status_code == 400
    assert words in issue(answer)["diagnostics"]
    assert (await client.get("/$import", headers=ASYNC)).status_code == 405


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(database):
    app = standalone(open_place(database, BASE), limit=100)
    body = lines(patient(id="a")) * 30_000
    headers = {b"content-type": b"application/fhir+ndjson", b"prefer": b"respond-async"}
    told = await ask(app, "/fhir/$import", method="POST", headers=headers, body=body, leaves=True)
    assert told.status == 400
    assert await rows_left(database) == (0, 0, 0, 0)


async def test_an_import_that_is_cancelled_goes_no_further(client, database):
    answer = await client.post("/$import", content=lines(patient(id="a")), headers=NDJSON)
    assert answer.status_code == 202
    where = answer.headers["content-location"]
    assert (await client.delete(where)).status_code == 202
    assert (await client.get(where)).status_code == 404
    async with background.beside(open_place(database, BASE)):
        await nothing_left(database)
    assert (await client.get("/Patient/a")).status_code == 404


@pytest.mark.usefixtures("work")
async def test_one_that_is_cancelled_while_it_is_taken_in_leaves_nothing(client, database, monkeypatch):
    do = Workers.do

    async def cancelled_first(workers, task):
        await client.delete(f"/_bulk/{task.transfer}")
        return await do(workers, task)

    monkeypatch.setattr(Workers, "do", cancelled_first)
    answer = await client.post("/$import", content=lines(patient(id="a")), headers=NDJSON)
    assert answer.status_code == 202
    await nothing_left(database)
    assert (await client.get("/Patient/a")).status_code == 404


async def nothing_left(database):
    async with asyncio.timeout(20):
        while await rows_left(database) != (0, 0, 0, 0):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def rows_left(database):
    async with database.transaction() as tx:
        return await tx.one(
            "select (select count(*) from transfer), (select count(*) from transfer_part),"
            " (select count(*) from transfer_chunk), (select count(*) from job)"
        )


def test_parts_are_whole_lines_and_their_numbers_are_right(monkeypatch):
    monkeypatch.setattr(staging, "PART", 40)
    text = b"".join(f"line {number}\n".encode() for number in range(1, 60)) + b"end"
    for size in (1, 7, 1000):
        cutter = staging.Cutter()
        parts = [
            part for start in range(0, len(text), size) for part in cutter.add(text[start : start + size])
        ]
        parts += cutter.end()
        assert b"".join(part for part, _ in parts) == text
        assert all(part.endswith(b"\n") for part, _ in parts[:-1])
        for part, line in parts[:-1]:
            assert part.startswith(f"line {line}\n".encode())


async def test_processes_index_the_texts_that_the_node_looks_in(database, monkeypatch):
    monkeypatch.setattr(background, "IDLE", 0.05)
    monkeypatch.setenv("AKSON_IMPORT_PROCESSES", "1")
    place = open_place(database, BASE, content=Content.EVERYTHING)
    app = standalone(place, limit=200_000)
    async with (
        background.beside(place),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{BASE}/fhir") as client,
    ):
        note = observation("Patient/p", id="o1", note=[{"text": "Bandasjen ble skiftet"}])
        await finished(client, await client.post("/$import", content=lines(note), headers=NDJSON))
        assert await matches(client, "Observation?_content=bandasje") == ["o1"]


class _Here:
    """Does in this process what a process of an import does."""

    def __init__(self, place):
        self._place = place

    async def place(self, _setting):
        return self._place


@pytest.mark.parametrize(("size", "parts"), [(10**9, 1), (2000, 4)])
async def test_progress_goes_on_within_a_part_and_never_back(client, database, monkeypatch, size, parts):
    monkeypatch.setattr(staging, "PART", size)
    monkeypatch.setattr(loading, "NOTED", 0.0)
    monkeypatch.setattr(own, "POLLS", 10_000)
    place, told = open_place(database, BASE), []
    body = lines(*[patient(id=f"p{number}") for number in range(60)], {"resourceType": "Patient", "x": 1})
    where = (await client.post("/$import", content=body, headers=NDJSON)).headers["content-location"]
    noted, turn = transfers.read_on, asyncio.Lock()

    async def look():
        async with turn:
            answer = await client.get(where)
            told.append(answer.headers.get("x-progress", "done"))
        return answer

    async def ask_too(*wanted):
        await noted(*wanted)
        await look()

    async def here(_self, task):
        return await loading._work(_Here(place), task, task.setting)

    monkeypatch.setattr(transfers, "read_on", ask_too)
    monkeypatch.setattr("akson.rest.bulk.workers.Workers.do", here)
    async with background.beside(place), asyncio.timeout(60):
        while (answer := await look()).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert answer.json()["output"][0]["count"] == 60
    said = [re.fullmatch(r"(\d+) of 61 resources, (\d+) read \((\d+) %\)", each) for each in told]
    found = [tuple(map(int, each.groups())) for each in said if each]
    for column in zip(*found, strict=True):
        assert list(column) == sorted(column)
    assert len({read for _, read, _ in found}) > 30
    # A part stands as a whole.
    assert parts > 1 or all(done in {0, 61} for done, _, _ in found)
    assert all(done <= read and share == min(100 * (done + read) // 122, 99) for done, read, share in found)
    # What was read a second time, because the first try failed, is not taken back.
    async with database.transaction() as tx:
        await transfers.add_parts(tx, "x", 1, [("0", (0, 1, 1))])
        for number in (5, 3):
            await noted(tx, "x", 1, number)
        assert await tx.one("select taken from transfer_part where transfer = 'x'") == (5,)
