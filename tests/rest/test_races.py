"""Fifty clients at once, on two processes' worth of the server: no duplicate, no lost change, no unusable resource."""

import asyncio
from collections import Counter

import httpx
import pytest

from akson.rest.open import open_place, standalone
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.rest.conftest import BASE, JSON, LIMIT
from tests.rest.making import matches, patient, post

pytestmark = pytest.mark.store

CLIENTS = 50
SYSTEM = "urn:oid:2.16.578.1.12.4.1.4.1"


@pytest.fixture
async def clients(new_database):
    """Fifty clients; every other one is served from connections of its own, as by another process."""
    uri = new_database()
    databases = [Database(uri, 6, reader=OWNER), Database(uri, 6, reader=OWNER)]
    for database in databases:
        await database.open()
    apps = [standalone(open_place(database, BASE), limit=LIMIT) for database in databases]
    opened = [
        httpx.AsyncClient(
            transport=httpx.ASGITransport(apps[number % 2]), base_url=f"{BASE}/fhir", headers=JSON
        )
        for number in range(CLIENTS)
    ]
    yield opened
    for client in opened:
        await client.aclose()
    for database in databases:
        await database.close()


def known(value):
    return patient(identifier=[{"system": SYSTEM, "value": value}])


async def test_fifty_conditional_creates_make_one_resource(clients):
    condition = {"if-none-exist": f"identifier={SYSTEM}|1"}
    answers = await asyncio.gather(*[c.post("/Patient", json=known("1"), headers=condition) for c in clients])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: CLIENTS - 1}
    assert len(await matches(clients[0], f"Patient?identifier={SYSTEM}|1")) == 1


async def test_fifty_conditional_updates_make_one_resource_with_all_versions(clients):
    url = f"/Patient?identifier={SYSTEM}|2"
    answers = await asyncio.gather(
        *[c.put(url, json=known("2") | {"active": True, "language": f"x-{n}"}) for n, c in enumerate(clients)]
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: CLIENTS - 1}
    (only,) = await matches(clients[0], url[1:])
    history = (await clients[0].get(f"/Patient/{only}/_history?_count=100")).json()["entry"]
    versions = [int(entry["resource"]["meta"]["versionId"]) for entry in history]
    assert versions == list(range(CLIENTS, 0, -1))
    assert len({entry["resource"]["language"] for entry in history}) == CLIENTS


async def test_fifty_transactions_that_bring_the_same_patient_make_one(clients):
    entry = post(
        known("3"), "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a", ifNoneExist=f"identifier={SYSTEM}|3"
    )
    visit = post(
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": {"reference": "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a"},
        }
    )
    body = {"resourceType": "Bundle", "type": "transaction", "entry": [entry, visit]}
    answers = await asyncio.gather(*[c.post("/", json=body) for c in clients])
    assert {answer.status_code for answer in answers} == {200}
    (only,) = await matches(clients[0], f"Patient?identifier={SYSTEM}|3")
    assert len(await matches(clients[0], f"Encounter?patient={only}&_count=100")) == CLIENTS


async def test_fifty_updates_of_one_version_let_one_win_and_leave_it_whole(clients):
    await clients[0].put("/Patient/a", json=patient(id="a"))
    answers = await asyncio.gather(
        *[
            c.put("/Patient/a", json=patient(f"F{n}", id="a"), headers={"if-match": 'W/"1"'})
            for n, c in enumerate(clients)
        ]
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 412: CLIENTS - 1}
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    now = (await clients[1].get("/Patient/a")).json()
    assert (now["meta"]["versionId"], now["name"]) == ("2", won["name"])
    assert await matches(clients[0], f"Patient?family={won['name'][0]['family']}") == ["a"]
