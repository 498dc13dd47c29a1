"""Subscriptions and topics as resources: written by every interaction, checked by the same rules."""

import pytest

from tests.fhir.subscriptions.test_topic import basic, part, query, trigger
from tests.rest.making import bundle, issue, post, stored
from tests.rest.subscriptions.conftest import status, subscribed, until
from tests.rest.subscriptions.making import by_topic, classic
from tests.rest.subscriptions.test_matching import encounter, settled

pytestmark = pytest.mark.store
URL = "http://topics.example/t"
FINISHED = trigger(
    part("fhirPathCriteria", valueString="%previous.exists() and %current.status = 'finished'")
)


async def test_an_uploaded_topic_can_be_subscribed_to_until_it_is_deleted(client, working):
    assert (await client.post("/Subscription", json=by_topic(URL))).status_code == 422
    topic = await stored(client, basic(FINISHED))
    id_ = await subscribed(client, by_topic(URL, content="id-only"))
    made = await stored(client, encounter("finished"))
    at = f"/Encounter/{made['id']}"
    made = (await client.put(at, json={**made, "status": "planned"})).json()
    await client.put(at, json={**made, "status": "finished"})
    assert await settled(client, id_, 1) == [("PUT", made["id"])]
    await client.delete(f"/Basic/{topic['id']}")
    assert (await client.post("/Subscription", json=by_topic(URL))).status_code == 422
    await client.put(at, json={**made, "status": "finished", "length": {"value": 2}})
    assert len(await settled(client, id_, 2)) == 2


async def test_two_topics_of_one_url_are_refused(client):
    first = await stored(client, basic(trigger()))
    answer = await client.post("/Basic", json=basic(trigger()))
    assert (answer.status_code, issue(answer)["expression"]) == (422, ["Basic.extension"])
    again = {**basic(trigger(kind="Patient")), "id": first["id"]}
    assert (await client.put(f"/Basic/{first['id']}", json=again)).status_code == 200
    own = basic(trigger())
    own["extension"][0]["valueUri"] = "urn:akson:topic:Patient"
    assert (await client.post("/Basic", json=own)).status_code == 422


async def test_a_topic_that_is_not_understood_is_not_stored(client):
    answer = await client.post("/Basic", json=basic(trigger(query(part("current", valueString="x=1")))))
    assert (answer.status_code, issue(answer)["expression"]) == (422, ["Basic.extension[1]"])
    assert "entry" not in (await client.get("/Basic")).json()


async def test_what_cannot_be_subscribed_to_is_not_stored_by_any_way(client):
    bad = classic("Patient?nonsense=1")
    answers = [
        await client.post("/Subscription", json=bad),
        await client.put("/Subscription/s", json={**bad, "id": "s"}),
        await client.post("/", json=bundle("transaction", post(bad))),
    ]
    for answer in answers:
        assert answer.status_code == 422, answer.text
        assert issue(answer)["expression"] == ["Subscription.criteria"]
    answer = await client.post("/", json=bundle("batch", post(bad), post(classic("Patient?active=true"))))
    assert [e["response"]["status"][:3] for e in answer.json()["entry"]] == ["422", "201"]
    assert len((await client.get("/Subscription")).json()["entry"]) == 1


async def test_the_server_alone_says_active_and_error(client, working):
    id_ = await subscribed(client, {**classic("Patient"), "status": "active", "error": "mine"})
    read = (await client.get(f"/Subscription/{id_}")).json()
    assert "error" not in read
    answer = await client.put(f"/Subscription/{id_}", json={**read, "status": "error"})
    assert (answer.status_code, issue(answer)["expression"]) == (422, ["Subscription.status"])
    answer = await client.put(f"/Subscription/{id_}", json={**read, "end": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, issue(answer)["expression"]) == (422, ["Subscription.end"])


async def test_one_that_comes_back_goes_on_with_the_next_number(client, working):
    id_ = await subscribed(client, classic("Encounter"))
    first = await stored(client, encounter("planned"))
    await settled(client, id_, 1)
    read = (await client.get(f"/Subscription/{id_}")).json()
    off = (await client.put(f"/Subscription/{id_}", json={**read, "status": "off"})).json()
    await stored(client, encounter("planned"))
    await client.put(f"/Subscription/{id_}", json={**off, "status": "requested"})

    async def active():
        return await status(client, id_) == "active"

    await until(active)
    last = await stored(client, encounter("planned"))
    assert await settled(client, id_, 2) == [("POST", first["id"]), ("POST", last["id"])]
