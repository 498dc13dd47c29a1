"""$meta, $meta-add and $meta-delete."""

import asyncio
import json

import httpx
import pytest

from akson.fhir import strict_json
from akson.record import reindexing
from akson.rest.open import open_place, standalone
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from akson.store.index.hashing import resource_key
from akson.store.underway import jobs
from tests.rest.conftest import BASE
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


async def test_the_meta_of_a_version_is_what_it_was_then(client):
    first = await stored(client, patient(meta={"tag": [TAG]}))
    place = f"/Patient/{first['id']}"
    await client.post(f"{place}/$meta-delete", json=given(tag=[TAG]))
    await client.post(f"{place}/$meta-add", json=given(security=[LABEL]))
    then = returned(await client.get(f"{place}/_history/1/$meta"))
    assert (then["versionId"], then["tag"], "security" in then) == ("1", [TAG], False)
    answer = await client.post(f"{place}/_history/3/$meta", json={"resourceType": "Parameters"})
    assert (returned(answer)["security"], answer.headers["etag"]) == ([LABEL], 'W/"3"')
    assert (await client.get(f"{place}/_history/4/$meta")).status_code == 404
    assert (await client.get(f"{place}/_history/x/$meta")).status_code == 404
    assert (await client.get(f"{place}/_history/1/$meta-add")).status_code == 404
    await client.delete(place)
    assert (await client.get(f"{place}/_history/4/$meta")).status_code == 410
    assert returned(await client.get(f"{place}/_history/1/$meta"))["tag"] == [TAG]


async def test_each_value_is_told_once_however_it_was_written(client):
    """By a single write, an update, a transaction and a change; without code or system too."""
    bare, more = {"code": "bare"}, {"system": "http://example.org/tags", "code": "b"}
    made = await stored(client, patient())
    await client.put(f"/Patient/{made['id']}", json=patient(id=made["id"], meta={"tag": [bare]}))
    again = {**TAG, "display": "Another word for it"}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": patient(meta={"tag": [each]}), "request": {"method": "POST", "url": "Patient"}}
            for each in (TAG, again, more)
        ],
    }
    assert (await client.post("", json=bundle)).status_code == 200
    found = returned(await client.get("/Patient/$meta"))["tag"]
    assert [(each.get("system"), each["code"]) for each in found] == [
        (more["system"], "a"),
        (more["system"], "b"),
        (None, "bare"),
    ]
    await client.post(f"/Patient/{made['id']}/$meta-delete", json=given(tag=[bare]))
    found = returned(await client.get("/Patient/$meta"))["tag"]
    assert [each["code"] for each in found] == ["a", "b"]
    await client.post(f"/Patient/{made['id']}/$meta-add", json=given(tag=[bare]))
    assert len(returned(await client.get("/Patient/$meta"))["tag"]) == 3


OLD = """
insert into resource (pat, rid, key, type, id, version, updated, tok, body)
select 0, n, %s, 'Patient', 'old', 1, now(), '{}', %s from nextval('resource_rid') n"""


async def test_what_was_stored_before_values_were_listed_is_told_when_it_is_indexed(
    bare_database, monkeypatch
):
    for name in ("WAIT", "AGAIN"):
        monkeypatch.setattr(reindexing, name, 0.0)
    database = Database(bare_database, 4, reader=OWNER)
    await database.open()
    await migrate(database, until=15)
    body = strict_json.dumps(patient(id="old", meta={"tag": [TAG], "versionId": "1"}))
    async with database.transaction() as tx:
        await tx.execute(OLD, [resource_key("Patient", "old"), body])
    await migrate(database)
    place = open_place(database, BASE)
    transport = httpx.ASGITransport(standalone(place, limit=200_000))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/fhir") as client:
        early = await client.get("/Patient/$meta")
        assert (early.status_code, issue(early)["code"]) == (503, "transient")
        assert "0 of 1 resources are indexed" in issue(early)["diagnostics"]
        while await jobs.run_due(database, {reindexing.JOB: lambda _, job: reindexing.work(place, job)}):
            pass
        assert returned(await client.get("/Patient/$meta")) == {"tag": [TAG]}
    await database.close()


async def test_the_digits_of_decimals_stay(client):
    extension = [{"url": "http://example.org/weight", "valueDecimal": 0.10}]
    raw = json.dumps(patient(id="d", meta={"extension": extension})).replace("0.1}", "0.10}")
    assert (await client.put("/Patient/d", content=raw)).status_code == 201
    answer = await client.get("/Patient/d/$meta")
    assert returned(answer)["extension"] == extension
    assert '"valueDecimal":0.10}' in answer.text
