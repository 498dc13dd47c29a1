"""Requests to a node that keeps a log: what each leaves in it, also entry by entry, and what the caller is told."""

from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio

from akson.record.context import opened
from akson.rest.routes import app
from akson.store.access import audit
from akson.store.access.audit import Wanted
from akson.store.index.hashing import patient_number
from tests.record.making import BASE, NURSE, condition, with_two_patients
from tests.rest.conftest import JSON
from tests.rest.making import ask, bundle, put

pytestmark = pytest.mark.store
HERS, HIS = patient_number("ingrid"), patient_number("per")


@pytest_asyncio.fixture
async def place(database):
    return await with_two_patients(database)


@pytest_asyncio.fixture
async def nurse(place):
    @asynccontextmanager
    async def door(_request):
        async with opened(place, NURSE) as ctx:
            yield ctx

    made = httpx.ASGITransport(app(place, door, limit=200_000), root_path="/journal")
    async with httpx.AsyncClient(transport=made, base_url=BASE, headers=JSON) as client:
        yield client


async def rows(place):
    """(action, granted, patient, id, count) of what the nurse did, the oldest first."""
    async with place.database.transaction() as tx:
        found = [entry.row for entry in reversed(await audit.page(tx, Wanted(count=1000)))]
    return [(r.action, r.granted, r.pat, r.id, r.count) for r in found if r.actor_kind == "personnel"]


async def test_hidden_and_absent_are_told_alike_and_logged_apart(nurse, place):
    answers = [await nurse.get(f"/Condition/{name}") for name in ("c-per", "c-not")]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert [sorted(answer.headers) for answer in answers] == [sorted(answers[0].headers)] * 2
    assert await rows(place) == [("read", False, HIS, "c-per", 0), ("read", True, 0, "c-not", 0)]


async def test_each_entry_of_a_batch_has_its_rows_whatever_became_of_it(nurse, place):
    entries = [
        ask("GET", "Condition/c-per"), ask("GET", "Condition/c-ingrid"), put(condition("c-per", "ingrid")),
        put({"resourceType": "Condition", "id": "bad"}), ask("DELETE", "Condition/c-per"),
    ]  # fmt: skip
    answer = await nurse.post("", json=bundle("batch", *entries))
    assert [each["response"]["status"][:3] for each in answer.json()["entry"]] == [
        "404",
        "200",
        "404",
        "400",
        "204",
    ]
    assert await rows(place) == [
        ("read", False, HIS, "c-per", 0), ("read", True, HERS, "c-ingrid", 1),
        ("update", False, HIS, "c-per", 0), ("delete", False, HIS, "c-per", 0),
    ]  # fmt: skip


async def test_a_batch_of_writes_that_fails_as_a_block_is_logged_once_for_each(nurse, place):
    entries = [
        put(condition("c-ingrid", "ingrid")),
        put(condition("c-per", "ingrid")),
        put(condition("new", "ingrid")),
        {"resource": condition("any", "ingrid"), "request": {"method": "POST", "url": "Condition"}},
    ]
    answer = await nurse.post("", json=bundle("batch", *entries))
    assert [each["response"]["status"][:3] for each in answer.json()["entry"]] == ["200", "404", "404", "201"]
    told = await rows(place)
    assert told[:-1] == [
        ("update", True, HERS, "c-ingrid", 0), ("update", False, HIS, "c-per", 0), ("update", True, 0, "new", 0),
    ]  # fmt: skip
    assert told[-1][:3] == ("create", True, HERS)


async def test_a_transaction_that_is_undone_leaves_what_it_saw(nurse, place):
    entries = [
        put(condition("c-ingrid", "ingrid", code={"text": "Annet"})),
        ask("GET", "Condition/c-ingrid"),
        ask("GET", "Condition/c-per"),
    ]
    answer = await nurse.post("", json=bundle("transaction", *entries))
    assert answer.status_code == 404
    assert await rows(place) == [("read", True, HERS, "c-ingrid", 1), ("read", False, HIS, "c-per", 0)]
    assert (await nurse.get("/Condition/c-ingrid")).json()["meta"]["versionId"] == "1"


async def test_the_number_of_versions_is_a_look(nurse, place):
    assert (await nurse.get("/Condition/c-ingrid/_history?_count=0")).json()["total"] == 1
    assert await rows(place) == [("history", True, HERS, "c-ingrid", 1)]
