"""$expunge: what is erased is nowhere any more."""

import asyncio

import pytest

from tests.rest.making import bundle, issue, matches, observation, patient, put, stored
from tests.rest.operations.traces import places_of

pytestmark = pytest.mark.store

WORD = "Zyxwvut"
"""A word that only the erased resources have."""


def what(value):
    return {"resourceType": "Parameters", "parameter": [{"name": "what", "valueCode": value}]}


def counts(answer):
    assert answer.status_code == 200, answer.text
    return {each["name"]: each["valueInteger"] for each in answer.json()["parameter"]}


async def lived(client):
    """A patient and an observation with several versions, all of them with the word."""
    entries = [
        put(patient(WORD, id="z", address=[{"line": [WORD]}], text=narrative())),
        put(observation("Patient/z", id="o", note=[{"text": WORD}], text=narrative())),
        put(observation("Patient/z", id="gone", note=[{"text": WORD}])),
        put(patient("Other", id="other")),
        put(observation("Patient/other", id="kept")),
    ]
    assert (await client.post("/", json=bundle("transaction", *entries))).status_code == 200
    await client.put("/Patient/z", json=patient(f"{WORD}2", id="z", text=narrative()))
    await client.put("/Observation/o", json=observation("Patient/z", "1-8", id="o", text=narrative()))
    await client.delete("/Observation/gone")


def narrative():
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{WORD}</div>'}


async def test_nothing_of_a_patients_record_is_left_in_any_table(client, database):
    await lived(client)
    # What was of the patient once, and is of another now.
    await client.put("/Observation/kept", json=observation("Patient/z", id="kept", note=[{"text": WORD}]))
    await client.put("/Observation/kept", json=observation("Patient/other", id="kept"))
    async with database.transaction() as tx:
        await tx.execute(
            "insert into draft (owner, kind, subject, content) select 'p', n::text, 'z', %s::text::jsonb"
            " from generate_series(1, 2) n",
            [f'{{"text": "{WORD}"}}'],
        )
        await tx.execute(
            "insert into message (id, direction, msg_id, type, state, from_her, to_her, pat, patient, detail,"
            " content_type, payload) select 'm', 'in', 'm', 't', 's', '1', '2', pat, 'z', %s, 'text/plain', %s::text::bytea"
            " from resource where type = 'Patient' and id = 'z'",
            [WORD, WORD],
        )
        await tx.execute("insert into message_event (message, state, detail) values ('m', 's', %s)", [WORD])
        await tx.execute("analyze")
    held = places_of(database.uri, WORD)
    assert {
        "resource.body",
        "history.body",
        "idx_string.exact",
        "idx_text.words",
        "draft.content",
        "sample of resource.body",
        "sample of history.body",
        "sample of idx_string.norm",
        "sample of idx_text.words",
        "sample of draft.content",
    } <= set(held)
    done = counts(await client.post("/Patient/z/$expunge", json=what("compartment")))
    assert done == {
        "resources": 3, "versions": 4, "drafts": 2, "messages": 1, "events": 0, "transfers": 0,
    }  # fmt: skip
    assert places_of(database.uri, WORD) == []
    for url in (
        "Patient/z",
        "Patient/z/_history",
        "Patient/z/_history/1",
        "Observation/o",
        "Observation/gone",
    ):
        assert (await client.get(f"/{url}")).status_code == 404, url
    assert await matches(client, "Patient?_sort=family") == ["other"]
    assert await matches(client, "Observation") == ["kept"]
    assert "entry" not in (await client.get(f"/Patient?_content={WORD}")).json()
    again = await stored(client, patient("New"))
    assert again["meta"]["versionId"] == "1"
    assert (await client.put("/Patient/z", json=patient("New", id="z"))).headers["etag"] == 'W/"1"'


async def test_one_resource_goes_and_leaves_the_others(client, database):
    await lived(client)
    done = counts(await client.post("/Observation/o/$expunge", json=what("instance")))
    assert done["resources"] == 1
    assert done["versions"] >= 1
    assert (await client.get("/Observation/o")).status_code == 404
    assert await matches(client, "Observation?subject=Patient/z") == []
    assert (await client.get("/Patient/z")).status_code == 200
    assert counts(await client.post("/Observation/gone/$expunge", json=what("instance")))["versions"] == 1
    assert (await client.get("/Observation/gone")).status_code == 404
    missing = await client.post("/Observation/none/$expunge", json=what("instance"))
    assert missing.status_code == 404
    async with database.transaction() as tx:
        for table in (
            "idx_token",
            "idx_ref",
            "idx_date",
            "idx_qty",
            "idx_string",
            "idx_text",
            "idx_composite",
        ):
            left = await tx.one(
                f"select count(*) from {table} i where not exists (select 1 from resource r where r.rid = i.rid)"
            )
            assert left == (0,), table


async def test_old_versions_go_and_the_present_one_stays(client):
    await lived(client)
    assert counts(await client.post("/Patient/z/$expunge", json=what("versions")))["versions"] == 1
    assert (await client.get("/Patient/z")).headers["etag"] == 'W/"2"'
    assert (await client.get("/Patient/z/_history/1")).status_code == 404
    assert len((await client.get("/Patient/z/_history")).json()["entry"]) == 1
    assert counts(await client.post("/Observation/$expunge", json=what("versions")))["versions"] == 2
    assert counts(await client.post("/$expunge", json=what("versions")))["versions"] == 0


async def test_what_was_deleted_of_a_type_goes(client):
    await lived(client)
    await client.delete("/Patient/other")
    done = counts(await client.post("/Observation/$expunge", json=what("deleted")))
    assert (done["resources"], done["versions"]) == (1, 1)
    assert (await client.get("/Observation/gone")).status_code == 404
    assert (await client.get("/Patient/other")).status_code == 410
    assert counts(await client.post("/$expunge", json=what("deleted")))["resources"] == 1
    assert (await client.get("/Patient/other")).status_code == 404
    assert (await client.get("/Observation/o")).status_code == 200


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("Patient/z", None),
        ("Patient/z", "deleted"),
        ("Patient/z", "everything"),
        ("Observation/o", "compartment"),
        ("Observation", "instance"),
        ("Observation", "compartment"),
    ],
)
async def test_it_must_be_said_what_is_erased(client, url, value):
    await lived(client)
    body = what(value) if value else {"resourceType": "Parameters"}
    answer = await client.post(f"/{url}/$expunge", json=body)
    assert (answer.status_code, issue(answer)["expression"]) == (400, ["Parameters.what"])
    assert (await client.get(f"/{url}/$expunge")).status_code == 405
    assert sorted(await matches(client, "Observation")) == ["kept", "o"]


async def test_writers_at_the_same_time_are_not_in_the_way(client):
    await lived(client)
    answers = await asyncio.gather(
        client.post("/Patient/z/$expunge", json=what("compartment")),
        *[client.post("/Observation", json=observation("Patient/other")) for _ in range(10)],
        *[client.put("/Observation/o", json=observation("Patient/z", f"{n}-1", id="o")) for n in range(4)],
    )
    assert answers[0].status_code == 200
    assert {answer.status_code for answer in answers[1:]} <= {200, 201}


async def test_what_an_erased_resource_brought_to_the_server_goes_with_it(client):
    system = {
        "resourceType": "CodeSystem", "id": "cs", "url": "http://x.example/cs", "status": "active", "content": "complete",
        "concept": [{"code": "a", "display": "A"}],
    }  # fmt: skip
    assert (await client.put("/CodeSystem/cs", json=system)).status_code == 201
    lookup = "/CodeSystem/$lookup?system=http://x.example/cs&code=a"
    assert (await client.get(lookup)).status_code == 200
    counts(await client.post("/CodeSystem/cs/$expunge", json=what("instance")))
    assert (await client.get(lookup)).status_code >= 400
