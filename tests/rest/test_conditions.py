"""Conditional create, update and delete."""

import asyncio

import httpx
import pytest
import pytest_asyncio

from akson.kit.limits import Limits
from akson.rest.open import open_place, standalone
from tests.rest.conftest import BASE, JSON, LIMIT
from tests.rest.making import ask, bundle, issue, matches, patient, put, stored

pytestmark = pytest.mark.store

SYSTEM = "http://example.org/ids"


def known(value: str, **more):
    return patient(identifier=[{"system": SYSTEM, "value": value}], **more)


async def test_conditional_create_finds_what_is_there(client):
    condition = {"if-none-exist": f"identifier={SYSTEM}|1"}
    first = await client.post("/Patient", json=known("1"), headers=condition)
    second = await client.post("/Patient", json=known("1", gender="male"), headers=condition)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.content == first.content
    await stored(client, known("1"))
    third = await client.post("/Patient", json=known("1"), headers=condition)
    assert (third.status_code, issue(third)["code"]) == (412, "multiple-matches")


async def test_many_conditional_creates_at_once_make_one(client):
    condition = {"if-none-exist": f"identifier={SYSTEM}|7"}
    answers = await asyncio.gather(
        *[client.post("/Patient", json=known("7"), headers=condition) for _ in range(20)]
    )
    assert sorted(a.status_code for a in answers) == [200] * 19 + [201]
    assert len({a.json()["id"] for a in answers}) == 1


async def test_a_condition_must_say_something(client):
    for condition in ("", "_count=1", "Patient?"):
        answer = await client.post("/Patient", json=patient(), headers={"if-none-exist": condition})
        assert answer.status_code == 422
    unknown = await client.post("/Patient", json=patient(), headers={"if-none-exist": "nonsense=1"})
    assert unknown.status_code == 400
    assert await matches(client, "Patient") == []


async def test_conditional_update_creates_updates_and_refuses(client):
    url = f"/Patient?identifier={SYSTEM}|1"
    first = await client.put(url, json=known("1"))
    assert first.status_code == 201
    second = await client.put(url, json=known("1", gender="male"))
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    other = await client.put(url, json=known("1", id="other"))
    assert other.status_code == 400
    await stored(client, known("1"))
    many = await client.put(url, json=known("1"))
    assert (many.status_code, issue(many)["code"]) == (412, "multiple-matches")


async def test_conditional_delete_takes_one_and_never_several(client):
    url = f"/Patient?identifier={SYSTEM}|1"
    assert (await client.delete(url)).status_code == 204
    await stored(client, known("1"))
    assert (await client.delete(url)).status_code == 204
    assert await matches(client, f"Patient?identifier={SYSTEM}|1") == []
    await stored(client, known("1"))
    await stored(client, known("1"))
    assert (await client.delete(url)).status_code == 412
    assert (await client.delete("/Patient")).status_code == 422
    assert len(await matches(client, "Patient")) == 2


async def test_a_conditional_update_settles_on_the_id(client):
    url = f"/Patient?identifier={SYSTEM}|9"
    made = await client.put(url, json=known("9", id="mine"))
    assert (made.status_code, made.json()["id"]) == (201, "mine")
    same = await client.put(url, json=known("9", id="mine", gender="male"))
    assert (same.status_code, same.headers["etag"]) == (200, 'W/"2"')
    await client.put("/Patient/taken", json=patient(id="taken"))
    used = await client.put(f"/Patient?identifier={SYSTEM}|10", json=known("10", id="taken"))
    assert (used.status_code, issue(used)["expression"]) == (409, ["Patient.id"])
    await client.delete("/Patient/taken")
    back = await client.put(f"/Patient?identifier={SYSTEM}|10", json=known("10", id="taken"))
    assert (back.status_code, back.json()["id"]) == (201, "taken")


async def test_conditions_on_the_version_hold_for_conditional_updates_too(client):
    url = f"/Patient?identifier={SYSTEM}|1"
    nothing = await client.put(url, json=known("1"), headers={"if-match": 'W/"1"'})
    assert nothing.status_code == 412
    assert (await client.put(url, json=known("1"), headers={"if-match": "*"})).status_code == 412
    assert (await client.put(url, json=known("1"), headers={"if-none-match": "*"})).status_code == 201
    assert (
        await client.put(url, json=known("1", gender="male"), headers={"if-none-match": "*"})
    ).status_code == 412
    stale = await client.put(url, json=known("1", gender="male"), headers={"if-match": 'W/"2"'})
    assert stale.status_code == 412
    right = await client.put(url, json=known("1", gender="male"), headers={"if-match": 'W/"1"'})
    assert (right.status_code, right.headers["etag"]) == (200, 'W/"2"')


async def test_if_match_any_wants_something_to_be_there(client):
    star = {"if-match": "*"}
    assert (await client.put("/Patient/a", json=patient(id="a"), headers=star)).status_code == 412
    await client.put("/Patient/a", json=patient(id="a"))
    assert (await client.put("/Patient/a", json=patient("B", id="a"), headers=star)).status_code == 200
    await client.delete("/Patient/a")
    assert (await client.put("/Patient/a", json=patient(id="a"), headers=star)).status_code == 412


async def test_many_conditional_updates_at_once_make_one_resource(client):
    url = f"/Patient?identifier={SYSTEM}|8"
    answers = await asyncio.gather(
        *[client.put(url, json=known("8", birthDate=f"20{number:02}-01-01")) for number in range(10, 20)]
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len(await matches(client, url[1:])) == 1


async def test_conditional_reads(client):
    made = await client.post("/Patient", json=patient())
    place, etag = f"/Patient/{made.json()['id']}", made.headers["etag"]
    fresh = await client.get(place, headers={"if-none-match": etag})
    assert (fresh.status_code, fresh.content, fresh.headers["etag"]) == (304, b"", etag)
    assert (await client.get(place, headers={"if-none-match": 'W/"9", ' + etag})).status_code == 304
    assert (await client.get(place, headers={"if-none-match": 'W/"9"'})).status_code == 200
    assert (await client.head(place, headers={"if-none-match": etag})).status_code == 304
    since = {"if-modified-since": made.headers["last-modified"]}
    assert (await client.get(place, headers=since)).status_code == 304
    assert (await client.get(place, headers=since | {"if-none-match": 'W/"9"'})).status_code == 200
    old = {"if-modified-since": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert (await client.get(place, headers=old)).status_code == 200
    assert (await client.get(place, headers={"if-modified-since": "nonsense"})).status_code == 200


@pytest_asyncio.fixture
async def several(database):
    place = open_place(database, BASE, limits=Limits(conditional_deletes=3))
    transport = httpx.ASGITransport(standalone(place, limit=LIMIT))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/fhir", headers=JSON) as opened:
        yield opened


async def test_a_node_may_let_one_delete_take_several_and_no_more(several):
    for _ in range(3):
        await stored(several, known("1"))
    one = await stored(several, known("2"))
    url = f"/Patient?identifier={SYSTEM}|1"
    assert (await several.delete(url, headers={"if-match": 'W/"1"'})).status_code == 412
    said = await several.delete(url, headers={"prefer": "return=OperationOutcome"})
    assert (said.status_code, issue(said)["diagnostics"]) == (200, "Deleted 3 resources")
    assert await matches(several, "Patient") == [one["id"]]
    for _ in range(4):
        await stored(several, known("1"))
    refused = await several.delete(url)
    assert (refused.status_code, issue(refused)["code"]) == (412, "multiple-matches")
    assert len(await matches(several, "Patient")) == 5
    statement = (await several.get("/metadata")).json()
    assert {
        each["conditionalDelete"] for each in statement["rest"][0]["resource"] if "conditionalDelete" in each
    } == {"multiple"}


async def test_a_transaction_deletes_several_too(several):
    for _ in range(3):
        await stored(several, known("1"))
    entry = ask("DELETE", f"Patient?identifier={SYSTEM}|1")
    answer = await several.post("/", json=bundle("transaction", entry, put(patient(id="a"))))
    assert [e["response"]["status"] for e in answer.json()["entry"]] == ["204 No Content", "201 Created"]
    assert await matches(several, "Patient") == ["a"]
