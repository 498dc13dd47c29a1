"""$export over HTTP: what is asked for comes as files, whole and as it was at one moment; nobody else sees it."""

import asyncio
import gzip
import re
from datetime import timedelta

import pytest
import pytest_asyncio

from akson.record.bulk import exporter, own, steps
from akson.rest import background
from akson.rest.open import open_place
from akson.store.underway import jobs, transfers
from tests.rest.making import bundle, issue, patient, put, stored
from tests.rest.operations.exports import (
    ASYNC,
    BASE,
    begin,
    exported,
    fill,
    finished,
    ids,
    is_done,
    is_empty,
    lines,
    nothing_left,
)

pytestmark = pytest.mark.store


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(exporter, "SETTLE", timedelta(milliseconds=50))
    monkeypatch.setattr(background, "IDLE", 0.05)


@pytest_asyncio.fixture
async def work(database):
    """The work beside the requests, as the server has it."""
    async with background.beside(open_place(database, BASE)):
        yield


@pytest.mark.usefixtures("work")
async def test_the_whole_server_as_it_is_served(client):
    await fill(client)
    where = await begin(client, "/$export")
    manifest, told = await finished(client, where)
    assert manifest["requiresAccessToken"] is False
    assert manifest["request"] == f"{BASE}/fhir/$export"
    assert manifest["error"] == manifest["deleted"] == []
    found = await lines(client, manifest)
    assert ids(found) == [
        "Group/g", "Observation/oa", "Observation/ob", "Organization/org", "Patient/a", "Patient/b",
    ]  # fmt: skip
    assert (await client.get("/Patient/a")).json() in found
    assert all("100 %" not in each for each in told)


@pytest.mark.usefixtures("work")
@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [
        ("/Patient/$export", {}, ["Group/g", "Observation/oa", "Observation/ob", "Patient/a", "Patient/b"]),
        ("/Patient/$export", {"_type": "Observation"}, ["Observation/oa", "Observation/ob"]),
        ("/Group/g/$export", {}, ["Group/g", "Observation/oa", "Patient/a"]),
        ("/Group/g/$export", {"_type": "Patient"}, ["Patient/a"]),
        ("/$export", {"_type": "Organization,Group"}, ["Group/g", "Organization/org"]),
        (
            "/$export",
            {"_type": "Observation,Patient", "_typeFilter": "Observation?code=2339-0,Patient?name=hansen"},
            ["Observation/ob", "Patient/a"],
        ),
        ("/Group/g/$export", {"_typeFilter": "Observation?code=2339-0"}, ["Group/g", "Patient/a"]),
        (
            "/$export",
            {
                "_typeFilter": "Patient?gender:in=http://hl7.org/fhir/ValueSet/administrative-gender",
                "_type": "Patient",
            },
            [],
        ),
        ("/$export", {"_type": "Device"}, []),
        ("/$export", {"_type": "Patient", "_outputFormat": "ndjson"}, ["Patient/a", "Patient/b"]),
    ],
)
async def test_what_is_chosen_and_nothing_else(client, path, params, expected):
    await fill(client)
    assert ids(await exported(client, path, **params)) == expected


@pytest.mark.usefixtures("work")
async def test_some_patients_by_post(client):
    await fill(client)
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "patient", "valueReference": {"reference": "Patient/b"}},
            {"name": "_type", "valueString": "Observation"},
        ],
    }
    answer = await client.post("/Patient/$export", json=body, headers=ASYNC)
    manifest, _ = await finished(client, answer.headers["content-location"])
    assert ids(await lines(client, manifest)) == ["Observation/ob"]
    refused = await client.post("/Group/g/$export", json=body, headers=ASYNC)
    assert refused.status_code == 404
    assert "not in the group" in issue(refused)["diagnostics"]


@pytest.mark.usefixtures("work")
async def test_chosen_elements_are_marked_as_a_part(client):
    await fill(client)
    found = await exported(client, _type="Patient,Organization", _elements="Patient.id")
    assert {"name" in each for each in found if each["resourceType"] == "Patient"} == {False}
    assert all(
        each["meta"]["tag"][0]["code"] == "SUBSETTED" for each in found if each["resourceType"] == "Patient"
    )
    assert [each["name"] for each in found if each["resourceType"] == "Organization"] == ["Solvik"]


@pytest.mark.usefixtures("work")
async def test_what_changed_since_the_last_export_and_what_was_deleted(client):
    await fill(client)
    first, _ = await finished(client, await begin(client, "/$export"))
    await client.put("/Patient/b", json=patient("Berg", id="b"))
    for key in ("oa", "ob"):
        assert (await client.delete(f"/Observation/{key}")).status_code in {200, 204}
    second, _ = await finished(client, await begin(client, "/$export", _since=first["transactionTime"]))
    assert [(each["id"], each["name"][0]["family"]) for each in await lines(client, second)] == [
        ("b", "Berg")
    ]
    (gone,) = await lines(client, second, "deleted")
    assert gone["type"] == "transaction"
    assert [entry["request"] for entry in gone["entry"]] == [
        {"method": "DELETE", "url": "Observation/oa"},
        {"method": "DELETE", "url": "Observation/ob"},
    ]
    early = await exported(client, _type="Patient", _until=first["transactionTime"])
    assert ids(early) == ["Patient/a"]


async def test_an_export_holds_what_was_there_when_it_was_asked_for(client, database):
    """What is changed, deleted or made while it is under way is in it as it was, once, or not at all."""
    await fill(client)
    where = await begin(client, "/$export")
    await asyncio.sleep(0.01)
    await client.put("/Patient/a", json=patient("Later", id="a"))
    await client.put("/Patient/a", json=patient("Later still", id="a"))
    await client.delete("/Observation/oa")
    await client.put("/Patient/new", json=patient(id="new"))
    async with background.beside(open_place(database, BASE)):
        manifest, _ = await finished(client, where)
    found = await lines(client, manifest)
    assert ids(found) == [
        "Group/g", "Observation/oa", "Observation/ob", "Organization/org", "Patient/a", "Patient/b",
    ]  # fmt: skip
    assert next(each for each in found if each["id"] == "a")["name"][0]["family"] == "Hansen"


async def test_a_write_that_was_under_way_when_it_was_asked_for_is_in_it(client, database):
    place = open_place(database, BASE)
    made = await stored(client, patient())
    async with database.transaction() as tx:
        await tx.execute("update resource set version = 2, updated = now() where id = %s", [made["id"]])
        where = await begin(client, "/$export")
        async with background.beside(place):
            await asyncio.sleep(1)
            assert (await client.get(where)).headers["x-progress"] == "waiting"
    async with background.beside(place):
        manifest, _ = await finished(client, where)
    assert [file["count"] for file in manifest["output"]] == [1]


@pytest.mark.usefixtures("work")
async def test_files_come_packed_where_the_client_takes_that(client):
    await fill(client)
    manifest, _ = await finished(client, await begin(client, "/$export", _type="Patient"))
    url = manifest["output"][0]["url"]
    plain = await client.get(url, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with client.stream("GET", url, headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert gzip.decompress(raw) == plain.content
    assert int(packed.headers["content-length"]) == len(raw)
    assert "expires" in plain.headers
    head = await client.head(url, headers={"accept-encoding": "identity"})
    assert head.headers["content-length"] == str(len(plain.content))


@pytest.mark.usefixtures("work")
async def test_much_of_a_type_comes_in_several_files_each_resource_once(client, monkeypatch):
    monkeypatch.setenv("AKSON_BULK_FILE", "4000")
    monkeypatch.setattr(exporting(), "PART", 10)
    many = [put(patient(id=f"p{number}")) for number in range(95)]
    assert (await client.post("", json=bundle("transaction", *many))).status_code == 200
    manifest, _ = await finished(client, await begin(client, "/$export"))
    assert len(manifest["output"]) > 3
    assert ids(await lines(client, manifest)) == sorted(f"Patient/p{number}" for number in range(95))


def exporting():
    from akson.store.operations import exporting as module

    return module


async def one_step(database, handler):
    """What a worker does with a job that is due, once."""
    async with database.transaction() as tx:
        rows = await tx.fetch(jobs.CLAIM, [15.0, ["export"], 1])
    for row in rows:
        job = jobs.Job(*row)
        later = await handler(database, job)
        async with database.transaction() as tx:
            if later is None:
                await tx.execute(jobs.DONE, job.claim)
            else:
                await tx.execute(jobs.ON, [None, 0.0, *job.claim])


async def progress_of(client, where):
    answer = await client.get(where)
    if answer.status_code == 200:
        return None
    return answer.headers["x-progress"]


async def test_progress_only_grows_and_is_never_whole_before_the_end(client, database, monkeypatch):
    """Pain 5: a false 100 %, and an export that is stuck at its end."""
    monkeypatch.setattr(exporting(), "PART", 5)
    monkeypatch.setattr(steps, "STEP", 0.0001)
    many = [put(patient(id=f"p{number}")) for number in range(100)]
    await client.post("", json=bundle("transaction", *many))
    where = await begin(client, "/$export", _type="Patient")
    told = []
    handlers = {"export": lambda base, job: background.HANDLERS["export"](open_place(base, BASE), job)}
    monkeypatch.setattr(own, "POLLS", 10_000)
    async with asyncio.timeout(60):
        while (said := await progress_of(client, where)) is not None:
            told.append(said)
            await one_step(database, handlers["export"])
    done = [
        tuple(map(int, found.groups())) for each in told if (found := re.match(r"(\d+) of (\d+) res", each))
    ]
    assert done == sorted(done)
    assert {total for _, total in done} == {100}
    assert len({number for number, _ in done}) > 10
    assert all("100 %" not in each for each in told)


@pytest.mark.parametrize(
    ("path", "params", "headers", "status", "words"),
    [
        ("/$export", {}, {}, 400, "Prefer: respond-async"),
        ("/$export", {"_outputFormat": "parquet"}, ASYNC, 400, "_outputFormat"),
        ("/$export", {"_since": "yesterday"}, ASYNC, 400, "_since is an instant"),
        ("/$export", {"_since": "2026-13-45T00:00:00Z"}, ASYNC, 400, "_since is an instant"),
        ("/$export", {"_type": "Patients"}, ASYNC, 400, "no resource type"),
        ("/$export", {"_typeFilter": "Patient"}, ASYNC, 400, "_typeFilter is Type?parameters"),
        ("/$export", {"_typeFilter": "Patient?colour=red"}, ASYNC, 400, "colour"),
        ("/$export", {"_typeFilter": "Patient?_count=5"}, ASYNC, 400, "chooses resources"),
        ("/$export", {"_type": "Device", "_typeFilter": "Patient?name=a"}, ASYNC, 400, "leaves out"),
        ("/$export", {"_elements": "Patient.name.family"}, ASYNC, 400, "top-level elements"),
        ("/$export", {"_elements": "Patient"}, ASYNC, 400, "top-level elements"),
        ("/$export", {"_elements": "Patient.colour"}, ASYNC, 400, "'Patient.colour', which is no element"),
        ("/$export", {"includeAssociatedData": "LatestProvenanceResources"}, ASYNC, 400, "not supported"),
        ("/$export", {"organizeOutputBy": "Patient"}, ASYNC, 400, "organizeOutputBy"),
        ("/$export", {"patient": "Patient/1"}, ASYNC, 400, "POST"),
        ("/Patient/$export", {"_type": "Organization"}, ASYNC, 400, "about no patient"),
        ("/Group/none/$export", {}, ASYNC, 404, "No such Group"),
        ("/Device/$export", {}, ASYNC, 404, "no such operation"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_words(client, path, params, headers, status, words):
    answer = await client.get(path, params=params, headers=headers)
    assert answer.status_code == status
    assert words in issue(answer)["diagnostics"]


async def test_a_patient_of_another_server_is_none_of_ours(client):
    parameters = [
        {"name": "patient", "valueReference": {"reference": "http://elsewhere.example/fhir/Patient/a"}}
    ]
    body = {"resourceType": "Parameters", "parameter": parameters}
    answer = await client.post("/Patient/$export", json=body, headers=ASYNC)
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Parameters.patient"])


LENIENT = {"prefer": "respond-async, handling=lenient"}


@pytest.mark.usefixtures("work")
async def test_lenient_handling_leaves_out_what_it_does_not_know_and_says_so(client):
    await fill(client)
    params = {
        "organizeOutputBy": "Patient",
        "_type": "Patient,Unheard,Organization",
        "includeAssociatedData": "x",
    }
    begun = await client.get("/Patient/$export", params=params, headers=LENIENT)
    assert begun.status_code == 202
    manifest, _ = await finished(client, begun.headers["content-location"])
    assert ids(await lines(client, manifest)) == ["Patient/a", "Patient/b"]
    (told,) = manifest["error"]
    assert (told["type"], told["count"]) == ("OperationOutcome", 4)
    issues = [each["issue"][0] for each in await lines(client, manifest, "error")]
    assert {each["severity"] for each in issues} == {"warning"}
    said = " ".join(each["diagnostics"] for each in issues)
    for words in ("organizeOutputBy", "Unheard", "Organization is about no patient", "includeAssociatedData"):
        assert words in said


async def test_lenient_handling_does_not_turn_a_wish_for_nothing_into_everything(client):
    answer = await client.get("/$export", params={"_type": "Unheard"}, headers=LENIENT)
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Parameters._type"])


@pytest.mark.usefixtures("work")
async def test_a_member_of_a_group_is_one_now_and_here(client):
    await fill(client)
    members = [
        {"entity": {"reference": "http://elsewhere.example/fhir/Patient/a"}},
        {"entity": {"reference": f"{BASE}/fhir/Patient/b"}, "period": {"start": "2020", "end": "2999-01"}},
        {"entity": {"reference": "Patient/c"}, "period": {"start": "2999"}},
        {"entity": {"reference": "Patient/d"}, "period": {"end": "2020-05-01T12:00:00Z"}},
    ]
    entries = [put(patient(id=key)) for key in "cd"]
    entries.append(
        put({"resourceType": "Group", "id": "h", "type": "person", "actual": True, "member": members})
    )
    assert (await client.post("", json=bundle("transaction", *entries))).status_code == 200
    assert ids(await exported(client, "/Group/h/$export", _type="Patient")) == ["Patient/b"]


@pytest.mark.usefixtures("work")
async def test_addresses_that_lead_nowhere(client):
    where = await begin(client, "/$export")
    await finished(client, where)
    for path in (f"{where}x", f"{where}/Patient-1.ndjson", f"{where}/../{where}", f"{where}/a/b", "/_bulk"):
        assert (await client.get(path)).status_code == 404, path
    assert (await client.post(where)).status_code == 405


@pytest.mark.usefixtures("work")
async def test_it_can_be_cancelled_and_leaves_nothing(client, database):
    await fill(client)
    where = await begin(client, "/$export")
    manifest, _ = await finished(client, where)
    assert (await client.delete(where)).status_code == 202
    assert (await client.get(where)).status_code == 404
    assert (await client.get(manifest["output"][0]["url"])).status_code == 404
    assert (await client.delete(where)).status_code == 404
    await nothing_left(database)


@pytest.mark.usefixtures("work")
async def test_one_that_ends_while_it_is_being_cancelled_leaves_nothing(client, database, monkeypatch):
    await fill(client)
    where = await begin(client, "/$export")
    find = own.find

    async def found_before_its_end(ctx, id_):
        found = await find(ctx, id_)
        async with asyncio.timeout(20):
            while not await is_done(database):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    monkeypatch.setattr(own, "find", found_before_its_end)
    assert (await client.delete(where)).status_code == 202
    await nothing_left(database)


async def test_it_can_be_cancelled_before_it_is_done(client, database):
    await fill(client)
    where = await begin(client, "/$export")
    assert (await client.get(f"{where}/Patient-1.ndjson")).status_code == 409
    assert (await client.delete(where)).status_code == 202
    assert (await client.get(where)).status_code == 404
    async with background.beside(open_place(database, BASE)), asyncio.timeout(20):
        while not await is_empty(database):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("work")
async def test_files_expire_and_it_is_said_so(client, database):
    await fill(client)
    where = await begin(client, "/$export")
    manifest, _ = await finished(client, where)
    async with database.transaction() as tx:
        await tx.execute("update transfer set expires = now() - interval '1 minute'")
    for url in (where, manifest["output"][0]["url"]):
        answer = await client.get(url)
        assert answer.status_code == 410
        assert "expired" in issue(answer)["diagnostics"]
    async with database.transaction() as tx:
        assert await transfers.expire(tx, 30) == 1
        assert (await tx.one("select count(*) from transfer_chunk"))[0] == 0
    assert (await client.get(where)).status_code == 410


async def test_who_asks_too_often_is_told_to_wait(client, monkeypatch):
    monkeypatch.setattr(own, "POLLS", 3)
    where = await begin(client, "/$export")
    statuses = [(await client.get(where)).status_code for _ in range(4)]
    assert statuses == [202, 202, 202, 429]
    for _ in range(own.AT_ONCE - 1):
        await begin(client, "/$export")
    answer = await client.get("/$export", headers=ASYNC)
    assert answer.status_code == 429
    assert "under way" in issue(answer)["diagnostics"]


async def test_an_export_that_cannot_be_done_ends_as_failed(client, database, monkeypatch):
    monkeypatch.setattr(steps, "GIVE_UP", 1)
    await fill(client)
    where = await begin(client, "/$export")
    async with database.transaction() as tx:
        await tx.execute("update transfer set wanted = wanted - 'types'")
    async with background.beside(open_place(database, BASE)), asyncio.timeout(20):
        while (answer := await client.get(where)).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    assert answer.status_code == 500
    assert "could not be done (KeyError)" in issue(answer)["diagnostics"]


async def test_one_whose_tries_were_all_cut_off_ends_as_failed(client, database):
    """What takes too long, or more memory than there is, must not begin anew without end."""
    where = await begin(client, "/$export")
    async with database.transaction() as tx:
        await tx.execute("update job set attempts = %s", [steps.GIVE_UP])
    async with background.beside(open_place(database, BASE)), asyncio.timeout(20):
        while (answer := await client.get(where)).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.3)
    assert answer.status_code == 500
    assert "could not be done in 5 tries" in issue(answer)["diagnostics"]
