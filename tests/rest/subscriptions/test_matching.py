"""Which changes become events: asked by number, so that nothing is missed and nothing told twice."""

import asyncio

import pytest

from akson.rest.operations import subscription
from akson.rest.subscriptions import worker
from tests.rest.making import issue, observation, patient, stored
from tests.rest.subscriptions.conftest import subscribed, until
from tests.rest.subscriptions.making import by_topic, classic
from tests.rest.subscriptions.receiver import Got

pytestmark = pytest.mark.store


async def events(client, id_, **params):
    answer = await client.get(f"/Subscription/{id_}/$events", params=params)
    assert answer.status_code == 200, answer.text
    return Got("", "", {}, answer.content)


async def told(client, id_):
    """(method, id) of each event."""
    found = await events(client, id_)
    return [(e["request"]["method"], e["fullUrl"].split("/")[-1]) for e in found.bundle["entry"][1:]]


async def settled(client, id_, number):
    """Wait until there are so many events, and a little longer for those that must not come."""

    async def there():
        return (await events(client, id_)).parameters["events-since-subscription-start"] == str(number)

    await until(there)
    await asyncio.sleep(0.3)
    return await told(client, id_)


def encounter(status, **more):
    return {
        "resourceType": "Encounter",
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        **more,
    }


async def test_a_change_into_the_criteria_is_told_once(client, working):
    id_ = await subscribed(client, by_topic("urn:akson:topic:encounter-end"))
    made = await stored(client, encounter("planned"))
    at = f"/Encounter/{made['id']}"
    for status in ("in-progress", "finished"):
        made = (await client.put(at, json={**made, "status": status})).json()
    await client.put(at, json={**made, "length": {"value": 1}})
    other = await stored(client, encounter("finished"))
    assert await settled(client, id_, 2) == [("PUT", made["id"]), ("POST", other["id"])]


async def test_versions_that_are_past_are_judged_as_they_were(client, place):
    """Nobody looks while it all happens: the events are numbered afterwards, from older versions."""
    task = asyncio.create_task(worker.run(place))
    id_ = await subscribed(client, classic("Patient?family=Lie"))
    ended = await subscribed(client, by_topic("urn:akson:topic:encounter-end"))
    gone = await subscribed(client, by_topic("urn:akson:topic:Patient", filters=["Patient?family=Lie"]))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    made = await stored(client, patient("Lie"))
    at = f"/Patient/{made['id']}"
    made = (await client.put(at, json={**made, "name": [{"family": "Berg"}]})).json()
    made = (await client.put(at, json={**made, "name": [{"family": "Lie"}]})).json()
    await client.delete(at)
    visit = await stored(client, encounter("in-progress"))
    visit = (await client.put(f"/Encounter/{visit['id']}", json={**visit, "status": "finished"})).json()
    await client.delete(f"/Encounter/{visit['id']}")
    task = asyncio.create_task(worker.run(place))
    try:
        assert await settled(client, id_, 2) == [("POST", made["id"]), ("PUT", made["id"])]
        assert await settled(client, ended, 1) == [("PUT", visit["id"])]
        assert [method for method, _ in await settled(client, gone, 3)] == ["POST", "PUT", "DELETE"]
        versions = [
            e["resource"]["meta"]["versionId"] for e in (await events(client, id_)).bundle["entry"][1:]
        ]
        assert versions == ["1", "3"]
        # And what was looked at is as it was: deleted, and found by nothing.
        assert (await client.get(at)).status_code == 410
        assert "entry" not in (await client.get("/Patient?family=Lie")).json()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_criteria_reach_over_references(client, working):
    id_ = await subscribed(client, classic("Observation?subject:Patient.name=Lie"))
    lie, berg = await stored(client, patient("Lie")), await stored(client, patient("Berg"))
    await stored(client, observation(f"Patient/{berg['id']}"))
    made = await stored(client, observation(f"Patient/{lie['id']}"))
    assert await settled(client, id_, 1) == [("POST", made["id"])]


async def test_filters_narrow_a_topic_and_all_of_them_count(client, working):
    filters = ["Observation?code=1-1", "status=final"]
    id_ = await subscribed(client, by_topic("urn:akson:topic:Observation", filters=filters))
    await stored(client, observation("Patient/p", "2-2"))
    await stored(client, observation("Patient/p", "1-1", status="preliminary"))
    made = await stored(client, observation("Patient/p", "1-1"))
    assert await settled(client, id_, 1) == [("POST", made["id"])]


async def test_events_are_asked_for_by_number(client, working):
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", content="id-only"))
    made = [await stored(client, patient(f"P{number}")) for number in range(5)]
    await settled(client, id_, 5)
    some = await events(client, id_, eventsSinceNumber=2, eventsUntilNumber=4)
    assert (some.kind, some.numbers) == ("query-event", [2, 3, 4])
    assert (await events(client, id_, eventsSinceNumber=6)).numbers == []
    whole = await events(client, id_, eventsSinceNumber=5, content="full-resource")
    assert whole.bundle["entry"][1]["resource"] == made[4]
    answer = await client.get(f"/Subscription/{id_}/$events", params={"content": "all"})
    assert answer.status_code == 400


async def test_status_is_told_of_one_and_of_several(client, working, monkeypatch):
    first = await subscribed(client, by_topic("urn:akson:topic:Patient"))
    second = await subscribed(client, classic("Patient"))
    one = (await client.get(f"/Subscription/{first}/$status")).json()
    assert (one["type"], one["total"]) == ("searchset", 1)
    assert (await client.get("/Subscription/$status")).json()["total"] == 2
    assert (await client.get(f"/Subscription/$status?id={second}")).json()["total"] == 1
    assert (await client.get("/Subscription/$status?status=error")).json()["total"] == 0
    assert (await client.get("/Subscription/none/$status")).status_code == 404
    monkeypatch.setattr(subscription, "AT_ONCE", 1)
    many = await client.get("/Subscription/$status")
    assert (many.status_code, issue(many)["code"]) == (422, "too-costly")
    assert (await client.get(f"/Subscription/$status?id={second}")).json()["total"] == 1


async def test_numbers_have_no_gap_when_several_processes_work(client, place, database):
    tasks = [asyncio.create_task(worker.run(place)) for _ in range(3)]
    try:
        ids = [await subscribed(client, by_topic("urn:akson:topic:Patient", content="id-only")) for _ in "ab"]
        made = await asyncio.gather(*[stored(client, patient(f"P{number}")) for number in range(40)])
        for id_ in ids:
            await settled(client, id_, 40)
            found = await events(client, id_)
            assert found.numbers == list(range(1, 41))
            told = [e["fullUrl"].split("/")[-1] for e in found.bundle["entry"][1:]]
            assert sorted(told) == sorted(each["id"] for each in made)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_slow_transaction_is_not_overtaken(client, working, database):
    """An event of a transaction that began earlier and ends later comes in its turn, and none is lost."""
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", content="id-only"))
    async with database.transaction() as tx:
        await tx.execute(
            "insert into event (pat, topic, reference, version) values (0, 'Patient.create', 'Patient/slow', 1)"
        )
        quick = await stored(client, patient())
        await asyncio.sleep(0.5)
        assert (await events(client, id_)).numbers == []
    assert await settled(client, id_, 1) == [("POST", quick["id"])]


async def test_without_subscribers_an_open_server_logs_no_events(client, database):
    made = await stored(client, patient())
    await client.put(f"/Patient/{made['id']}", json={**made, "active": True})
    async with database.transaction() as tx:
        assert (await tx.fetch("select count(*) from event")) == [(0,)]
