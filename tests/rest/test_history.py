"""history of one resource, of a type and of all."""

import asyncio
from datetime import UTC, datetime

import httpx
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


async def versions(client, url):
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    return [entry["response"]["etag"] for entry in answer.json().get("entry", ())]


async def test_at_gives_what_was_the_present_version_then(client):
    moments = []
    made = await stored(client, patient("A"))
    place = f"/Patient/{made['id']}"
    for family in ("B", "C"):
        moments.append(datetime.now(UTC).isoformat())
        await asyncio.sleep(0.01)
        await client.put(place, json=made | patient(family))
    moments.append(datetime.now(UTC).isoformat())
    await asyncio.sleep(0.01)
    await client.delete(place)
    for number, moment in enumerate(moments, 1):
        for url in (f"{place}/_history", "/Patient/_history", "/_history"):
            params = httpx.QueryParams({"_at": moment})
            assert await versions(client, f"{url}?{params}") == [f'W/"{number}"']
    assert await versions(client, f"{place}/_history?_at={datetime.now(UTC).year}") == [
        f'W/"{n}"' for n in (4, 3, 2, 1)
    ]
    assert await versions(client, f"{place}/_history?_at=2001") == []
    now = httpx.QueryParams({"_at": datetime.now(UTC).isoformat()})
    assert await versions(client, f"{place}/_history?{now}") == ['W/"4"']


async def test_pages_stay_whole_while_others_write(client):
    made = [await stored(client, patient(f"P{number}")) for number in range(4)]
    for each in made[:3]:
        await client.put(f"/Patient/{each['id']}", json=each | patient("Changed"))
    for url in ("/Patient/_history?_count=2", "/_history?_count=2"):
        found, again = [], url
        while again:
            body = (await client.get(again)).json()
            found += [(e["resource"]["id"], e["response"]["etag"]) for e in body["entry"]]
            await stored(client, patient("New"))
            await client.put(f"/Patient/{made[3]['id']}", json=made[3] | patient(f"N{len(found)}"))
            again = next((link["url"] for link in body["link"] if link["relation"] == "next"), None)
        told = [each for each in found if each[0] in {p["id"] for p in made}]
        assert len(told) == len(set(told))
        assert {(p["id"], 'W/"1"') for p in made} <= set(told)
        assert {(p["id"], 'W/"2"') for p in made[:3]} <= set(told)


async def test_history_can_be_shortened_and_counted(client):
    made = await lived(client)
    place = f"/Patient/{made['id']}/_history"
    body = (await client.get(f"{place}?_elements=gender")).json()
    assert set(body["entry"][1]["resource"]) == {"resourceType", "id", "meta"}
    for query in ("_summary=count", "_count=0"):
        counted = (await client.get(f"{place}?{query}")).json()
        assert (counted["total"], "entry" in counted) == (3, False)
    head = await client.head(place)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "query", ["_since=yesterday", "_at=x", "_count=x", "_cursor=x", "_sort=name", "nonsense=1"]
)
async def test_what_history_does_not_know_is_refused(client, query):
    await lived(client)
    for url in ("/Patient/_history", "/_history"):
        assert (await client.get(f"{url}?{query}")).status_code == 400
