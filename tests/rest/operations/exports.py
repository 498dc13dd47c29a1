"""What tests of exports do: begin one, follow it to its end, read its files, and see what it leaves."""

import asyncio
import json
import re

from tests.rest.making import bundle, observation, patient, put

ASYNC = {"prefer": "respond-async"}
BASE = "http://fhir.example"


async def begin(client, path, **params):
    answer = await client.get(path, params=params, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    assert re.fullmatch(rf"{BASE}/fhir/_bulk/[\w-]{{43}}", answer.headers["content-location"])
    return answer.headers["content-location"]


async def finished(client, where):
    """The manifest, and every progress that was told before it."""
    told = []
    async with asyncio.timeout(30):
        while True:
            answer = await client.get(where)
            if answer.status_code != 202:
                assert answer.status_code == 200, answer.text
                return answer.json(), told
            told.append(answer.headers["x-progress"])
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            await asyncio.sleep(0.1)


async def lines(client, manifest, kind="output"):
    found = []
    for file in manifest[kind]:
        answer = await client.get(file["url"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/fhir+ndjson"
        resources = [json.loads(line) for line in answer.text.splitlines()]
        assert len(resources) == file["count"]
        assert {each["resourceType"] for each in resources} == {file["type"]}
        found += resources
    return found


async def exported(client, path="/$export", **params):
    manifest, _ = await finished(client, await begin(client, path, **params))
    return await lines(client, manifest)


def ids(resources):
    return sorted(f"{each['resourceType']}/{each['id']}" for each in resources)


async def fill(client):
    """Two patients with an observation each, and what is about nobody."""
    entries = [
        put(patient(id="a")), put(patient("Olsen", id="b")), put(observation("Patient/a", id="oa")),
        put(observation("Patient/b", code="2339-0", id="ob")),
        put({"resourceType": "Organization", "id": "org", "name": "Solvik"}),
        put({"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": [
            {"entity": {"reference": "Patient/a"}},
            {"entity": {"reference": "Patient/b"}, "inactive": True},
        ]}),
    ]  # fmt: skip
    answer = await client.post("", json=bundle("transaction", *entries))
    assert answer.status_code == 200, answer.text


async def is_done(database):
    async with database.transaction() as tx:
        states = await tx.fetch("select state from transfer")
        left = await tx.one("select count(*) from job")
    return states == [("done",)] and left == (0,)


async def is_empty(database):
    async with database.transaction() as tx:
        (row,) = await tx.fetch(
            "select (select count(*) from transfer), (select count(*) from transfer_part),"
            " (select count(*) from transfer_chunk), (select count(*) from job)"
        )
    return row == (0, 0, 0, 0)


async def nothing_left(database):
    assert await is_empty(database)
