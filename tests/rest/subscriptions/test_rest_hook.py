"""Notifications to a real HTTP server: greeted, in order, each once, whatever the server does meanwhile."""

import asyncio

import pytest

from akson.fhir import xml
from tests.rest.making import issue, observation, patient, put, stored
from tests.rest.subscriptions.conftest import status, subscribed, until
from tests.rest.subscriptions.making import by_topic, classic
from tests.rest.subscriptions.receiver import Receiver

pytestmark = pytest.mark.store


async def test_a_topic_greets_and_then_tells_each_change_in_order(client, receiver, working):
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url))
    (greeting,) = receiver.got
    assert greeting.kind == "handshake"
    assert greeting.headers["content-type"] == "application/fhir+json"
    made = await stored(client, patient())
    changed = await client.put(f"/Patient/{made['id']}", json={**made, "active": True})
    assert changed.status_code == 200
    await client.delete(f"/Patient/{made['id']}")
    await stored(client, observation(f"Patient/{made['id']}"))
    await until(lambda: receiver.numbers == [1, 2, 3])
    entries = [e for each in receiver.of("event-notification") for e in each.bundle["entry"][1:]]
    assert [e["request"]["method"] for e in entries] == ["POST", "PUT", "DELETE"]
    assert [e.get("resource", {}).get("active") for e in entries] == [None, True, None]
    assert entries[0]["resource"] == made
    last = receiver.of("event-notification")[-1]
    assert last.bundle["type"] == "history"
    assert last.parameters["subscription"] == f"Subscription/{id_}"
    assert last.parameters["topic"] == "urn:akson:topic:Patient"
    assert last.parameters["events-since-subscription-start"] == "3"


async def test_criteria_of_r4_send_the_resource_as_an_update(client, receiver, working):
    secret = ["X-Key: abc 123"]
    await subscribed(
        client, classic("Observation?code=1-1", receiver.url, "application/fhir+json", header=secret)
    )
    await stored(client, observation("Patient/p", "2-2"))
    made = await stored(client, observation("Patient/p", "1-1"))
    await until(lambda: receiver.got)
    (got,) = receiver.got
    assert (got.method, got.path) == ("PUT", f"/hook/Observation/{made['id']}")
    assert (got.bundle, got.headers["x-key"], got.headers["akson-event-number"]) == (made, "abc 123", "1")


async def test_notifications_are_xml_for_those_who_ask(client, receiver, working):
    wish = by_topic("urn:akson:topic:Patient", receiver.url)
    wish["channel"]["payload"] = "application/fhir+xml"
    await subscribed(client, wish)
    made = await stored(client, patient())
    await until(lambda: len(receiver.got) == 2)
    got = receiver.got[-1]
    assert got.headers["content-type"] == "application/fhir+xml"
    bundle = xml.loads(got.body)
    assert (bundle["type"], bundle["entry"][1]["resource"]) == ("history", made)


async def test_without_payload_only_a_sign_is_sent(client, receiver, working):
    await subscribed(client, classic("Patient?family=Lie", receiver.url))
    await stored(client, patient("Lie"))
    await until(lambda: receiver.got)
    assert [(each.method, each.path, each.body) for each in receiver.got] == [("POST", "/hook", b"")]


@pytest.mark.parametrize("content", ["empty", "id-only"])
async def test_a_notification_holds_no_more_than_was_asked_for(client, receiver, working, content):
    await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url, content))
    made = await stored(client, patient("Hemmelig"))
    await until(lambda: receiver.numbers == [1])
    (got,) = receiver.of("event-notification")
    assert b"Hemmelig" not in got.body
    focus = got.parameters["events"][0].get("focus")
    if content == "empty":
        assert focus is None
        assert "topic" not in got.parameters
        assert len(got.bundle["entry"]) == 1
    else:
        assert focus == f"http://fhir.example/fhir/Patient/{made['id']}"
        assert "resource" not in got.bundle["entry"][1]


async def test_a_subscriber_that_fails_gets_everything_in_order_when_it_is_well(client, receiver, working):
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url, most=2))
    receiver.status = 503
    for number in range(5):
        await stored(client, patient(f"P{number}"))
    await until(lambda: len(receiver.of("event-notification")) >= 2)
    failed = len(receiver.got)
    receiver.status = 200
    await until(lambda: receiver.got[failed:] and receiver.got[-1].numbers[-1:] == [5])
    after = [number for each in receiver.got[failed:] for number in each.numbers]
    assert after == [1, 2, 3, 4, 5]
    assert await status(client, id_) == "active"
    assert receiver.most_at_once == 1


async def test_repeated_failure_is_said_in_the_status_and_recovery_too(client, receiver, working, database):
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url, "empty"))
    await receiver.stop()
    await stored(client, patient())

    async def hurry():
        """As if the waits between tries were over."""
        async with database.transaction() as tx:
            await tx.execute("update subscription set due = now() where id = %s", [id_])
        return await status(client, id_) == "error"

    await until(hurry)
    read = (await client.get(f"/Subscription/{id_}")).json()
    assert read["error"] == "no connection"
    back = await Receiver(receiver.port).start()
    try:
        async with database.transaction() as tx:
            await tx.execute("update subscription set due = now() where id = %s", [id_])
        await until(lambda: back.numbers == [1])

        async def active():
            return await status(client, id_) == "active"

        await until(active)
        assert "error" not in (await client.get(f"/Subscription/{id_}")).json()
    finally:
        await back.stop()
        await receiver.start()


async def test_an_endpoint_that_refuses_the_greeting_is_not_active(client, receiver, working):
    receiver.status = 404
    answer = await client.post("/Subscription", json=by_topic("urn:akson:topic:Patient", receiver.url))
    id_ = answer.json()["id"]

    async def failed():
        return await status(client, id_) == "error"

    await until(failed)
    assert (await client.get(f"/Subscription/{id_}")).json()["error"] == "HTTP 404"
    receiver.status = 200

    async def active():
        return await status(client, id_) == "active"

    await until(active)


async def test_redirects_are_not_followed(client, receiver, working):
    receiver.status, receiver.headers = 307, f"location: {receiver.url}/elsewhere\r\n"
    answer = await client.post("/Subscription", json=by_topic("urn:akson:topic:Patient", receiver.url))

    async def failed():
        return await status(client, answer.json()["id"]) == "error"

    await until(failed)
    assert {each.path for each in receiver.got} == {"/hook"}


async def test_a_slow_subscriber_is_given_up_waiting_for(client, receiver, working):
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url, "empty", timeout=1))
    receiver.delay = 1.5
    await stored(client, patient())

    async def noted():
        found = (await client.get(f"/Subscription/{id_}/$status")).json()
        names = {p["name"]: p for p in found["entry"][0]["resource"]["parameter"]}
        return names.get("error", {}).get("valueCodeableConcept", {}).get("text")

    assert await until(noted) == "no answer within 1 seconds"


async def test_signs_of_life_come_when_nothing_happens(client, receiver, working):
    await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url, "empty", heartbeat=1))
    await until(lambda: len(receiver.of("heartbeat")) >= 2)
    first, second = receiver.of("heartbeat")[:2]
    assert 0.8 < second.moment - first.moment < 2
    assert first.parameters["events-since-subscription-start"] == "0"


async def test_what_was_written_in_one_transaction_is_told_in_its_order(client, receiver, working):
    await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url, most=1000))
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [put({**patient(), "id": f"p{number}"}) for number in range(30)],
    }
    assert (await client.post("/", json=bundle)).status_code == 200
    await until(lambda: receiver.numbers == list(range(1, 31)))
    told = [
        e["resource"]["id"] for each in receiver.of("event-notification") for e in each.bundle["entry"][1:]
    ]
    assert told == [f"p{number}" for number in range(30)]


async def test_off_and_deleted_subscriptions_are_quiet(client, receiver, working, database):
    kept = await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url))
    off = await subscribed(client, by_topic("urn:akson:topic:Patient", f"{receiver.url}/off"))
    gone = await subscribed(client, by_topic("urn:akson:topic:Patient", f"{receiver.url}/gone"))
    read = (await client.get(f"/Subscription/{off}")).json()
    assert (await client.put(f"/Subscription/{off}", json={**read, "status": "off"})).status_code == 200
    assert (await client.delete(f"/Subscription/{gone}")).status_code == 204
    await stored(client, patient())
    await until(lambda: receiver.numbers == [1])
    await asyncio.sleep(0.4)
    assert {each.path for each in receiver.of("event-notification")} == {"/hook"}
    async with database.transaction() as tx:
        rows = await tx.fetch("select id, latest from subscription order by latest")
    assert rows == [(off, 0), (kept, 1)]


async def test_a_subscription_ends_when_it_says(client, receiver, working, database):
    id_ = await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url))
    async with database.transaction() as tx:
        await tx.execute("update subscription set ends = now() where id = %s", [id_])

    async def ended():
        return await status(client, id_) == "off"

    await until(ended)
    told = len(receiver.of("event-notification"))
    await stored(client, patient("Lie"))
    await asyncio.sleep(0.4)
    assert len(receiver.of("event-notification")) == told == 0


async def test_one_that_cannot_be_evaluated_any_more_does_not_stop_the_others(
    client, receiver, working, database
):
    broken = await subscribed(client, classic("Patient?family=Lie"))
    await subscribed(client, by_topic("urn:akson:topic:Patient", receiver.url))
    async with database.transaction() as tx:
        change = """update subscription set plan = jsonb_set(plan, '{triggers,0,current}', '"gone=1"') where id = %s"""
        await tx.execute(change, [broken])
    await stored(client, patient("Lie"))
    await stored(client, patient("Lie"))
    await until(lambda: receiver.numbers == [1, 2])

    async def said():
        return (await client.get(f"/Subscription/{broken}")).json().get("error")

    assert await until(said) == "its criteria cannot be evaluated"


async def test_what_was_erased_is_not_told_any_more(client, receiver, working):
    topic = by_topic("urn:akson:topic:Patient", receiver.url)
    kept, erased = await subscribed(client, topic), await subscribed(client, topic)
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "what", "valueCode": "instance"}]}
    answer = await client.post(f"/Subscription/{erased}/$expunge", json=parameters)
    assert answer.status_code == 200, answer.text
    await stored(client, patient())
    await until(lambda: receiver.numbers == [1])
    await asyncio.sleep(0.4)
    told = {each.parameters["subscription"] for each in receiver.of("event-notification")}
    assert told == {f"Subscription/{kept}"}


async def test_nobody_is_sent_to_addresses_inside(client):
    for endpoint in (
        "http://10.0.0.1/x",
        "http://example.org/x",
        "ftp://127.0.0.1/x",
        "http://u:p@127.0.0.1/",
    ):
        answer = await client.post("/Subscription", json=by_topic("urn:akson:topic:Patient", endpoint))
        assert answer.status_code == 422
        assert issue(answer)["expression"] == ["Subscription.channel.endpoint"]
