"""history of one resource, of a type and of all."""

import pytest

from tests.rest.making import observation, patient, stored

pytestmark = pytest.mark.store


async def lived(client):
    made = await stored(client, patient("A"))
    await client.put(f"/Patient/{made['id']}", json=made | patient("B"))
    await client.delete(f"/Patient/{made['id']}")
    return made


async def test_every_version_is_told_newest_first(client):
    made = await lived(client)
    body = (await client.get(f"/Patient/{made['id']}/_history")).json()
    assert body["type"] == "history"
    told = [(e["request"]["method"], e["response"]["status"], e["response"]["etag"]) for e in body["entry"]]
    assert told == [("DELETE", "204", 'W/"3"'), ("PUT", "200", 'W/"2"'), ("POST", "201", 'W/"1"')]
    assert "resource" not in body["entry"][0]
    assert body["entry"][2]["resource"] == made
    assert body["entry"][1]["fullUrl"] == f"http://fhir.example/fhir/Patient/{made['id']}"


async def test_type_and_system_history_hold_the_others_too(client):
    made = await lived(client)
    seen = await stored(client, observation(f"Patient/{made['id']}"))
    of_type = (await client.get("/Patient/_history")).json()["entry"]
    assert len(of_type) == 3
    everything = (await client.get("/_history")).json()["entry"]
    assert len(everything) == 4
    assert everything[0]["resource"] == seen


async def test_history_has_pages_and_a_beginning(client):
    made = await lived(client)
    found, url = [], f"/Patient/{made['id']}/_history?_count=2"
    while url:
        body = (await client.get(url)).json()
        found += [entry["response"]["etag"] for entry in body["entry"]]
        url = next((link["url"] for link in body["link"] if link["relation"] == "next"), None)
    assert found == ['W/"3"', 'W/"2"', 'W/"1"']
    since = "2999-01-01T00:00:00Z"
    assert "entry" not in (await client.get(f"/Patient/_history?_since={since}")).json()
    assert len((await client.get("/Patient/_history?_since=2020-01-01")).json()["entry"]) == 3


async def test_history_of_what_never_was_is_not_found(client):
    assert (await client.get("/Patient/never/_history")).status_code == 404
