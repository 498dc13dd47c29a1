"""After $expunge nothing is left of a person beside the record either: in files, events, searches and messages."""

import asyncio
import json
import re
from contextlib import suppress
from datetime import timedelta

import pytest
import pytest_asyncio

from akson.kit.clock import now
from akson.kit.errors import Gone
from akson.kit.packing import unpack
from akson.record import erasing, gate
from akson.record.bulk import exporter, own, steps
from akson.record.context import NODE_ITSELF, opened
from akson.rest import background
from akson.rest.open import open_place
from akson.rest.subscriptions import worker
from akson.security.rules.own_subscriptions import OWNER
from akson.store.index.hashing import token
from akson.store.operations import leftovers
from akson.store.underway import jobs, keep, subscriptions, transfers
from tests.rest.making import bundle, issue, observation, patient, put
from tests.rest.operations.traces import places_of
from tests.rest.subscriptions.conftest import subscribed, until
from tests.rest.subscriptions.making import by_topic
from tests.rest.subscriptions.receiver import Got, Receiver

pytestmark = pytest.mark.store
BASE = "http://fhir.example"
ASYNC = {"prefer": "respond-async"}
NDJSON = {**ASYNC, "content-type": "application/fhir+ndjson"}
ID = "zq9w8"
"""Id of the patient who is erased; in nothing else."""
GONE = "This held something that was erased since, and its files are removed: start a new one"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(exporter, "SETTLE", timedelta(milliseconds=50))
    monkeypatch.setattr(own, "POLLS", 10_000)


async def erase(client, path=f"Patient/{ID}", what="compartment"):
    body = {"resourceType": "Parameters", "parameter": [{"name": "what", "valueCode": what}]}
    answer = await client.post(f"/{path}/$expunge", json=body)
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["valueInteger"] for each in answer.json()["parameter"]}


async def fill(client):
    entries = [
        put(patient(id=ID)), put(observation(f"Patient/{ID}", id=f"o-{ID}")),
        put(patient("Other", id="other")), put(observation("Patient/other", id="kept")),
    ]  # fmt: skip
    assert (await client.post("", json=bundle("transaction", *entries))).status_code == 200


class Work:
    """The queue of a server, a step at a time."""

    def __init__(self, database):
        self._database = database

    async def step(self, kind="export"):
        """What a worker does with a job that is due, once; whether there is more to do."""
        place = open_place(self._database, BASE)
        async with self._database.transaction() as tx:
            rows = await tx.fetch(jobs.CLAIM, [15.0, [kind], 1])
        for row in rows:
            job = jobs.Job(*row)
            later = await background.HANDLERS[kind](place, job)
            async with self._database.transaction() as tx:
                await tx.execute(
                    *((jobs.DONE, job.claim) if later is None else (jobs.ON, [None, 0.0, *job.claim]))
                )
        return bool(rows)

    async def all(self, kind="export"):
        async with asyncio.timeout(30):
            while await self.step(kind):
                pass


@pytest_asyncio.fixture
async def work(database):
    return Work(database)


async def begun(client, path, headers=ASYNC, **options):
    answer = await (client.post if options else client.get)(path, headers=headers, **options)
    assert answer.status_code == 202, answer.text
    return answer.headers["content-location"]


async def exported(client, work, path):
    where = await begun(client, path)
    await work.all()
    return where, (await client.get(where)).json()["output"]


async def lines(client, where):
    manifest = (await client.get(where)).json()
    texts = [(await client.get(file["url"])).text for file in manifest["output"]]
    counts = [file["count"] for file in manifest["output"]]
    assert [len(text.splitlines()) for text in texts] == counts
    return sorted(json.loads(line)["id"] for text in texts for line in text.splitlines())


# Exports


@pytest.mark.parametrize("path", ["/$export", f"/$export?_typeFilter=Observation?subject=Patient/{ID}"])
async def test_a_finished_export_that_holds_it_is_over_and_says_why(client, database, work, path):
    await fill(client)
    where, files = await exported(client, work, path)
    other, _ = await exported(client, work, "/$export?_typeFilter=Patient?family=Other&_type=Patient")
    assert files
    assert "a piece of a file" in places_of(database.uri, ID)
    assert (await erase(client))["transfers"] == 1
    answer = await client.get(where)
    assert (answer.status_code, issue(answer)["diagnostics"]) == (410, GONE)
    assert (await client.get(files[0]["url"])).status_code == 410
    assert places_of(database.uri, ID) == []
    assert await lines(client, other) == ["other"]


async def test_so_is_one_that_holds_an_older_version_or_names_the_patient(client, database, work):
    await fill(client)
    old, _ = await exported(client, work, "/$export?_type=Patient")
    await client.put(f"/Patient/{ID}", json=patient("New", id=ID))
    new, _ = await exported(client, work, "/$export?_type=Patient")
    named = {"resourceType": "Parameters", "parameter": [
        {"name": "patient", "valueReference": {"reference": f"Patient/{ID}"}}, {"name": "_type", "valueString": "Flag"},
    ]}  # fmt: skip
    about = await begun(client, "/Patient/$export", json=named)
    await erase(client, what="versions")
    assert [(await client.get(each)).status_code for each in (old, new, about)] == [410, 410, 202]
    await work.all()
    assert (await client.get(about)).json()["output"] == []
    await erase(client)
    assert (await client.get(about)).status_code == 410
    assert places_of(database.uri, ID) == []


async def test_an_export_under_way_makes_anew_what_held_it(client, database, work, monkeypatch):
    monkeypatch.setattr(steps, "STEP", 0.0001)
    await fill(client)
    where = await begun(client, "/$export?_type=Observation,Patient")
    async with asyncio.timeout(30):
        while f"o-{ID}" not in await _held(database):
            assert await work.step()
    assert await erase(client) == {
        "resources": 2, "versions": 0, "drafts": 0, "messages": 0, "events": 0, "transfers": 0,
    }  # fmt: skip
    assert places_of(database.uri, ID) == []
    said = (await client.get(where)).headers["x-progress"]
    assert re.fullmatch(r"0 of \d resources \(0 %\)", said)
    await work.all()
    assert await lines(client, where) == ["kept", "other"]


async def _held(database):
    async with database.transaction() as tx:
        rows = await tx.fetch("select body from transfer_chunk")
    return b"".join(unpack(bytes(row[0])) for row in rows).decode()


async def test_an_export_does_not_copy_what_is_just_being_erased(client, database, work):
    await fill(client)
    where = await begun(client, "/$export?_type=Observation,Patient")
    async with opened(open_place(database, BASE), NODE_ITSELF) as ctx:
        await erasing.erase(ctx, erasing.What.COMPARTMENT, "Patient", ID)
        copying = asyncio.create_task(work.all())
        await asyncio.sleep(0.5)
        assert not copying.done()
    await copying
    assert await lines(client, where) == ["kept", "other"]
    assert places_of(database.uri, ID) == []


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_file_that_goes_while_it_is_sent_does_not_seem_whole(client, work, monkeypatch, coding):
    monkeypatch.setattr(exporter, "SLICE", 1)
    await fill(client)
    where, (file,) = await exported(client, work, "/$export?_type=Patient")
    bodies = transfers.bodies

    async def interrupted(*asked):
        async for piece in bodies(*asked):
            yield piece
            if (await client.get(where)).status_code == 200:
                await erase(client, "Patient/other", "instance")

    monkeypatch.setattr(transfers, "bodies", interrupted)
    with pytest.raises(Gone):
        await client.get(file["url"], headers={"accept-encoding": coding})


# Imports


async def test_an_upload_that_waits_to_be_taken_in_is_over_when_it_names_it(client, database, work):
    await fill(client)
    mine = json.dumps(observation(f"Patient/{ID}", id="later")).encode()
    theirs = json.dumps(observation("Patient/other", id="later")).encode()
    where = await begun(client, "/$import", NDJSON, content=mine)
    other = await begun(client, "/$import", NDJSON, content=theirs)
    assert "a piece of a file" in places_of(database.uri, ID)
    assert (await erase(client))["transfers"] == 1
    assert (await client.get(where)).status_code == 410
    assert places_of(database.uri, ID) == []
    assert (await client.get(other)).status_code == 202
    await work.all("import")
    assert (await client.get("/Observation/later")).json()["subject"]["reference"] == "Patient/other"


async def test_what_is_told_of_errors_goes_when_it_names_it(client, database, monkeypatch):
    monkeypatch.setenv("AKSON_IMPORT_PROCESSES", "1")
    monkeypatch.setattr(background, "IDLE", 0.05)
    await fill(client)
    where = await begun(
        client, "/$import", NDJSON, content=b'{"resourceType": "Patient", "%b": 1}' % ID.encode()
    )
    async with background.beside(open_place(database, BASE)), asyncio.timeout(60):
        while (answer := await client.get(where)).status_code == 202:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert len(answer.json()["error"]) == 1
    assert "a piece of a file" in places_of(database.uri, ID)
    assert (await erase(client))["transfers"] == 1
    assert (await client.get(where)).status_code == 410
    assert places_of(database.uri, ID) == []


async def test_an_import_that_fails_keeps_nothing_of_what_was_sent(client, database, work, monkeypatch):
    monkeypatch.setattr(steps, "GIVE_UP", 1)
    monkeypatch.setattr("akson.rest.bulk.workers.Workers.do", _broken)
    where = await begun(client, "/$import", NDJSON, content=json.dumps(patient(id=ID)).encode())
    assert "a piece of a file" in places_of(database.uri, ID)
    await work.all("import")
    assert (await client.get(where)).status_code == 500
    assert places_of(database.uri, ID) == []


async def _broken(*_):
    raise RuntimeError


# Subscriptions


@pytest_asyncio.fixture
async def receiver():
    made = await Receiver().start()
    yield made
    await made.stop()


async def test_numbered_events_keep_number_and_time_and_nothing_else(
    place_working, client, database, receiver
):
    hooked = await subscribed(client, by_topic("urn:akson:topic:Patient", content="id-only"))
    waiting = await _subscribed_in_vain(client, receiver)
    for each in (patient("Before", id="b"), patient(id=ID), patient("After", id="a")):
        await client.put(f"/Patient/{each['id']}", json=each)

    async def told():
        found = await client.get(f"/Subscription/{hooked}/$events")
        return Got("", "", {}, found.content).numbers == [1, 2, 3]

    await until(told)
    assert "subscription_event.id" in places_of(database.uri, ID)
    assert (await erase(client))["events"] == 2
    assert places_of(database.uri, ID) == []
    await client.put("/Patient/c", json=patient("Later", id="c"))
    receiver.status, receiver.got = 200, []
    await until(lambda: receiver.numbers == [1, 2, 3, 4])
    events = [event for each in receiver.of("event-notification") for event in each.parameters["events"]]
    assert [each.get("focus", "") for each in events] == [
        f"{BASE}/fhir/Patient/{id_}" if id_ else "" for id_ in ("b", "", "a", "c")
    ]
    assert all(each["timestamp"] for each in events)
    caught = Got(
        "", "", {}, (await client.get(f"/Subscription/{hooked}/$events?eventsSinceNumber=2")).content
    )
    assert caught.numbers == [2, 3, 4]
    assert waiting != hooked


async def _subscribed_in_vain(client, receiver):
    """A subscription whose receiver answers the greeting and nothing after it."""
    receiver.status = 200
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url, content="id-only"))
    receiver.status = 500
    return id_


@pytest_asyncio.fixture
async def place_working(database):
    task = asyncio.create_task(worker.run(open_place(database, BASE)))
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_has_no_number_yet_is_told_to_nobody(client, database):
    id_ = (await client.post("/Subscription", json=by_topic("urn:akson:topic:Patient"))).json()["id"]
    await fill(client)
    async with database.transaction() as tx:
        assert (await tx.one("select count(*) from event where reference = %s", [f"Patient/{ID}"]))[0] == 1
    await erase(client)
    assert places_of(database.uri, ID) == []
    async with database.transaction() as tx:
        assert (await subscriptions.find(tx, [id_]))[id_].latest == 0


@pytest.mark.parametrize("whose", [f"citizen/{ID}", f"attest/client/9000001/{ID}"])
@pytest.mark.parametrize("deleted", [False, True])
async def test_the_patients_own_subscriptions_go_too(client, database, whose, deleted):
    await fill(client)
    own_one = by_topic("urn:akson:topic:Patient") | {"id": "mine"}
    others = [f"citizen/{ID}1", "attest/client/9000001/other", "system/client"]
    for number, owner in enumerate([whose, *others]):
        label = {"meta": {"security": [{"system": OWNER, "code": owner}]}}
        made = own_one | label | {"id": "mine" if not number else f"other{number}"}
        await _as_stored(database, made)
    if deleted:
        await client.delete("/Subscription/mine")
    assert (await erase(client))["resources"] == 3
    assert (await client.get("/Subscription/mine")).status_code == 404
    assert [(await client.get(f"/Subscription/other{n}")).status_code for n in (1, 2, 3)] == [200] * 3


async def _as_stored(database, resource):
    """Written as the server itself writes it, with the label that it sets."""
    async with opened(open_place(database, BASE), NODE_ITSELF) as ctx:
        await gate.update(ctx, resource)


# What else is kept


async def test_posted_searches_and_closure_tables_and_unmatched_messages_go(client, database):
    number = "01817012345"  # no such person: the month is 81
    named = patient(id=ID, identifier=[{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": number}])
    await client.put(f"/Patient/{ID}", json=named)
    await client.put("/Patient/other", json=named | {"id": "other"})
    form = {"content-type": "application/x-www-form-urlencoded"}
    content = f"identifier={number}&_count=1&_sort=-_lastUpdated"
    page = (await client.post("/Patient/_search", content=content, headers=form)).json()
    (more,) = [each["url"] for each in page["link"] if each["relation"] == "next"]
    assert (await client.get(more)).status_code == 200
    assert "keep.value" in places_of(database.uri, number)
    async with database.transaction() as tx:
        for owner in (f"citizen|client|{ID}", "citizen|client|other"):
            await tx.execute("insert into term_closure values (%s, 'mine', 1)", [owner])
            await tx.execute("insert into term_closure_code values (%s, 'mine', 's', 'c', 1)", [owner])
            await tx.execute("insert into term_closure_pair values (%s, 'mine', 's', 'c', 'd', 1)", [owner])
        for id_, direction, state in (
            ("in", "in", ""),
            ("done", "relay", "read"),
            ("waits", "relay", "waiting"),
        ):
            await tx.execute(
                "insert into message (id, direction, msg_id, type, state, from_her, to_her, pat, patient, detail,"
                " content_type, payload) values (%s, %s, %s, 't', 's', '1', '2', 0, '', '', 'x', %s::text::bytea)",
                [id_, direction, id_, f"<Id>{number}</Id>"],
            )
            if state:
                await tx.execute(
                    "insert into message_receiver (message, her_id, state) values (%s, '2', %s)", [id_, state]
                )
    await client.put(f"/Patient/{ID}", json=patient(id=ID))
    await client.put("/Patient/other", json=patient(id="other"))
    await erase(client, "Patient/other", "versions")
    assert (await erase(client))["messages"] == 2
    assert places_of(database.uri, ID) == []
    assert places_of(database.uri, number) == ["message.payload"]
    assert (await client.get(more)).status_code == 404
    async with database.transaction() as tx:
        assert await tx.fetch("select id from message where payload <> ''") == [("waits",)]
        for table in ("term_closure", "term_closure_code", "term_closure_pair"):
            assert await tx.fetch(f"select owner from {table}") == [("citizen|client|other",)]


async def test_a_posted_search_does_not_outlive_its_hour(client, database):
    for lasts in (timedelta(hours=-1), timedelta(hours=1)):
        async with database.transaction() as tx:
            await keep.put(
                tx, keep.SEARCH, str(lasts), {"type": "Patient", "pairs": [["name", ID]]}, now() + lasts
            )
    async with background.beside(open_place(database, BASE)):

        async def swept():
            async with database.transaction() as tx:
                return len(await tx.fetch("select 1 from keep")) == 1

        await until(swept)
    async with database.transaction() as tx:
        assert await tx.fetch("select key from keep") == [(str(timedelta(hours=1)),)]


async def test_the_samples_of_tokens_hold_none_of_it(client, database):
    """A hash of an identity number is soon found out."""
    system = "urn:oid:2.16.578.1.12.4.1.4.1"
    await client.put(f"/Patient/{ID}", json=patient(id=ID, identifier=[{"system": system, "value": "x"}]))
    await client.put("/Patient/other", json=patient(id="other"))
    mark = str(token("Patient", "identifier", system, "x"))
    async with database.transaction() as tx:
        await tx.execute("analyze")
    assert "sample of idx_token.hash" in places_of(database.uri, mark)
    await erase(client)
    assert "sample of idx_token.hash" not in places_of(database.uri, mark)


async def test_an_erasure_may_take_longer_than_other_requests(database):
    async with database.transaction() as tx:
        await tx.script("set local statement_timeout = '1s'")
        await leftovers.hold(tx)
        assert await tx.one("select pg_sleep(1.5) is not null") == (True,)
