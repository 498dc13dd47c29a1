"""A server that is killed, and one whose subscriber is slow: nothing is lost, little is repeated, memory stays."""

import asyncio

import httpx
import pytest

from tests.rest.conftest import JSON
from tests.rest.making import bundle, observation, patient, post, stored
from tests.rest.subscriptions.conftest import subscribed, until
from tests.rest.subscriptions.making import by_topic
from tests.rest.subscriptions.process import Server

pytestmark = [pytest.mark.store, pytest.mark.slow]


async def test_a_killed_server_loses_nothing_and_repeats_only_what_was_under_way(server, remote, receiver):
    await subscribed(remote, by_topic("urn:akson:topic:Patient", receiver.url, "id-only", most=3))
    receiver.delay = 0.15
    many = bundle("transaction", *[post(patient(f"P{number}")) for number in range(40)])
    assert (await remote.post("", json=many)).status_code == 200
    await until(lambda: len(receiver.of("event-notification")) >= 4)
    server.kill()
    await asyncio.sleep(0.4)
    before = list(receiver.numbers)
    await server.start()
    # The claim of the dead process runs out after half a minute.
    await until(lambda: receiver.numbers[-1:] == [40], 60)
    after = receiver.numbers[len(before) :]
    assert after == list(range(after[0], 41))
    assert before == list(range(1, before[-1] + 1))
    assert before[-1] - 3 < after[0] <= before[-1] + 1


async def test_two_servers_deliver_once_and_in_order(server, remote, receiver):
    other = await Server(server.uri).start()
    try:
        ids = [
            await subscribed(
                remote, by_topic("urn:akson:topic:Patient", f"{receiver.url}/{name}", "id-only", most=1)
            )
            for name in "abc"
        ]
        async with httpx.AsyncClient(base_url=other.base, headers=JSON, timeout=30) as second:
            clients = [remote, second]
            await asyncio.gather(
                *[clients[number % 2].post("/Patient", json=patient(f"P{number}")) for number in range(30)]
            )
            await until(lambda: len(receiver.of("event-notification")) >= 30 * len(ids), 60)
            await asyncio.sleep(0.5)
        for name in "abc":
            mine = [each for each in receiver.of("event-notification") if each.path == f"/hook/{name}"]
            assert [number for each in mine for number in each.numbers] == list(range(1, 31))
    finally:
        other.stop()


async def test_ten_thousand_events_for_a_slow_subscriber_stay_out_of_memory(server, remote, receiver):
    await subscribed(remote, by_topic("urn:akson:topic:Observation", receiver.url))
    receiver.keeps = False
    receiver.delay = 0.05
    subject = f"Patient/{(await stored(remote, patient()))['id']}"
    text = [{"text": "x" * 4000}]
    some = bundle("transaction", *[post(observation(subject, note=text)) for _ in range(500)])
    assert (await remote.post("", json=some)).status_code == 200
    highest = before = server.memory  # by now it has taken in one such body
    for _ in range(19):
        assert (await remote.post("", json=some)).status_code == 200
        highest = max(highest, server.memory)

    async def done():
        nonlocal highest
        highest = max(highest, server.memory)
        return receiver.numbers_seen[-1:] == [10_000]

    await until(done, 180)
    assert receiver.numbers_seen == list(range(1, 10_001))
    assert highest - before < 60_000_000
