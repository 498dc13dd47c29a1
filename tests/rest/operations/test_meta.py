"""$meta, $meta-add and $meta-delete."""

import asyncio

import pytest

from tests.rest.making import issue, observation, patient, stored

pytestmark = pytest.mark.store
TAG = {"system": "http://example.org/tags", "code": "a", "display": "A"}
LABEL = {"system": "http://example.org/labels", "code": "secret"}


def given(**meta):
    return {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": meta}]}


def returned(answer):
    assert answer.status_code == 200, answer.text
    assert answer.json()["parameter"][0]["name"] == "return"
    return answer.json()["parameter"][0]["valueMeta"]


async def test_tags_and_labels_are_added_once_and_taken_away(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}"
    meta = returned(await client.post(f"{place}/$meta-add", json=given(tag=[TAG], security=[LABEL])))
    assert (meta["tag"], meta["security"]) == ([TAG], [LABEL])
    meta = returned(await client.post(f"{place}/$meta-add", json=given(tag=[TAG])))
    assert meta["tag"] == [TAG]
    assert returned(await client.get(f"{place}/$meta")) == meta
    found = await client.get("/Patient?_tag=http://example.org/tags|a")
    assert [entry["resource"]["id"] for entry in found.json()["entry"]] == [made["id"]]
    meta = returned(await client.post(f"{place}/$meta-delete", json=given(tag=[{**TAG, "display": "B"}])))
    assert "tag" not in meta
    assert meta["security"] == [LABEL]
    assert "entry" not in (await client.get("/Patient?_tag=http://example.org/tags|a")).json()


async def test_two_who_add_at_once_both_succeed(client):
    made = await stored(client, patient())
    place = f"/Patient/{made['id']}/$meta-add"
    tags = [{"system": "http://example.org/tags", "code": str(number)} for number in range(6)]
    answers = await asyncio.gather(*[client.post(place, json=given(tag=[tag])) for tag in tags])
    assert {answer.status_code for answer in answers} == {200}
    meta = returned(await client.get(f"/Patient/{made['id']}/$meta"))
    assert {tag["code"] for tag in meta["tag"]} == {tag["code"] for tag in tags}


async def test_what_is_no_meta_is_refused_by_name(client):
    made = await stored(client, patient())
    answer = await client.post(f"/Patient/{made['id']}/$meta-add", json={"resourceType": "Parameters"})
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Parameters.meta"])
    answer = await client.get(f"/Patient/{made['id']}/$meta-add")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    answer = await client.get("/Patient/$nonsense")
    assert answer.status_code == 404


async def test_the_meta_of_a_type_and_of_all_holds_what_is_in_use(client):
    profile = "http://example.org/profile"
    await stored(client, patient(meta={"tag": [TAG], "profile": [profile]}))
    await stored(client, patient(meta={"tag": [TAG]}))
    await stored(client, observation("Patient/x", meta={"security": [LABEL]}))
    gone = await stored(client, patient(meta={"tag": [{"code": "gone"}]}))
    await client.delete(f"/Patient/{gone['id']}")
    assert returned(await client.get("/Patient/$meta")) == {"profile": [profile], "tag": [TAG]}
    assert returned(await client.get("/$meta")) == {"profile": [profile], "security": [LABEL], "tag": [TAG]}
    assert (await client.get("/Group/$meta")).json() == {"resourceType": "Parameters"}
