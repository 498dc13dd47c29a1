"""Conditional create, update and delete."""

import asyncio

import pytest

from tests.rest.making import issue, matches, patient, stored

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
