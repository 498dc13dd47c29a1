"""Websockets of a real server, opened by a real client."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from tests.rest.making import issue, observation, patient, stored
from tests.rest.subscriptions.conftest import subscribed
from tests.rest.subscriptions.making import by_topic, classic
from tests.rest.subscriptions.receiver import Got

pytestmark = pytest.mark.store


async def token_of(remote, id_):
    answer = await remote.post(
        f"/Subscription/{id_}/$get-ws-binding-token", json={"resourceType": "Parameters"}
    )
    assert answer.status_code == 200, answer.text
    return {p["name"]: next(v for k, v in p.items() if k != "name") for p in answer.json()["parameter"]}


async def heard(socket):
    async with asyncio.timeout(10):
        return await socket.recv()


async def told(socket):
    return Got("", "", {}, (await heard(socket)).encode())


async def test_r4_binds_by_id_and_pings(remote, server):
    id_ = await subscribed(remote, classic("Observation?code=1-1"))
    statement = (await remote.get("/metadata")).json()
    url = statement["rest"][0]["extension"][0]["valueUri"]
    assert url == f"ws://127.0.0.1:{server.port}/fhir/websocket"
    async with websockets.connect(url) as socket:
        await socket.send(f"bind {id_}")
        assert await heard(socket) == f"bound {id_}"
        await stored(remote, observation("Patient/p", "2-2"))
        await stored(remote, observation("Patient/p", "1-1"))
        assert await heard(socket) == f"ping {id_}"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await socket.recv()


async def test_a_token_binds_once_and_bundles_come_in_order(remote):
    ids = [
        await subscribed(remote, by_topic(f"urn:akson:topic:{kind}")) for kind in ("Patient", "Observation")
    ]
    answer = await remote.post("/Subscription/$get-ws-binding-token", json={"resourceType": "Parameters"})
    token = next(p["valueString"] for p in answer.json()["parameter"] if p["name"] == "token")
    url = next(p["valueUrl"] for p in answer.json()["parameter"] if p["name"] == "websocket-url")
    async with websockets.connect(url) as socket:
        await socket.send(f"bind-with-token {token}")
        greetings = [await told(socket) for _ in ids]
        assert {each.kind for each in greetings} == {"handshake"}
        assert {each.parameters["subscription"] for each in greetings} == {
            f"Subscription/{id_}" for id_ in ids
        }
        made = [await stored(remote, patient(f"P{number}")) for number in range(3)]
        seen, bodies = [], []
        while len(seen) < 3:
            each = await told(socket)
            seen += each.numbers
            bodies += [e["resource"] for e in each.bundle["entry"][1:]]
        assert (seen, bodies) == ([1, 2, 3], made)
        await socket.send(f"bind-with-token {token}")
        assert (await heard(socket)).startswith("error")


async def test_what_was_missed_is_asked_for_by_number(remote):
    """Away while two things happen: the greeting says how many there are, $events which."""
    id_ = await subscribed(remote, by_topic("urn:akson:topic:Patient", content="id-only"))
    for seen in (0, 2):
        token = await token_of(remote, id_)
        async with websockets.connect(token["websocket-url"]) as socket:
            await socket.send(f"bind-with-token {token['token']}")
            greeting = await told(socket)
            assert greeting.parameters["events-since-subscription-start"] == str(seen)
        if seen == 0:
            for name in ("A", "B"):
                await stored(remote, patient(name))
            await asyncio.sleep(1)
    missed = await remote.get(f"/Subscription/{id_}/$events", params={"eventsSinceNumber": 1})
    assert Got("", "", {}, missed.content).numbers == [1, 2]


async def test_signs_of_life_and_the_end_are_told(remote):
    id_ = await subscribed(remote, by_topic("urn:akson:topic:Patient", content="empty", heartbeat=1))
    token = await token_of(remote, id_)
    async with websockets.connect(token["websocket-url"]) as socket:
        await socket.send(f"bind-with-token {token['token']}")
        assert [(await told(socket)).kind for _ in range(3)] == ["handshake", "heartbeat", "heartbeat"]
        read = (await remote.get(f"/Subscription/{id_}")).json()
        await remote.put(f"/Subscription/{id_}", json={**read, "status": "off"})
        while (last := await told(socket)).parameters["status"] != "off":
            assert last.kind == "heartbeat"


async def refusal(url, **headers):
    """The code and the reason with which a connection is closed at once; None when it stays open."""
    async with websockets.connect(url, additional_headers=headers) as socket:
        try:
            async with asyncio.timeout(0.5):
                await socket.recv()
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            return error.rcvd.code, error.rcvd.reason


async def test_one_address_holds_some_connections_without_a_subscription_and_no_more(remote, server):
    url = f"ws://127.0.0.1:{server.port}/fhir/websocket"
    id_ = await subscribed(remote, classic("Observation?code=1-1"))
    full = (1013, "bind or close first: 20 from one address wait (AKSON_SOCKETS_UNBOUND)")
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(websockets.connect(url)) for _ in range(20)]
        assert await refusal(url) == full
        assert await refusal(url, **{"x-forwarded-for": "198.51.100.1"}) is None
        await sockets[0].send(f"bind {id_}")
        assert await heard(sockets[0]) == f"bound {id_}"
        last = await stack.enter_async_context(websockets.connect(url))
        assert await refusal(url) == full
        await last.close()
        await asyncio.sleep(0.2)
        assert await refusal(url) is None


async def test_nonsense_is_answered_and_the_connection_stays(remote, server):
    url = f"ws://127.0.0.1:{server.port}/fhir/websocket"
    async with websockets.connect(url) as socket:
        for said in (
            "",
            "hello",
            "bind ../x",
            "bind none",
            "bind-with-token x",
            "x" * 5000,
            json.dumps({"a": 1}),
        ):
            await socket.send(said)
            assert (await heard(socket)).startswith("error")
    with pytest.raises((ConnectionClosed, websockets.exceptions.InvalidStatus)):
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/fhir/Patient") as socket:
            await socket.recv()


async def test_only_websockets_are_bound_with_tokens(remote, receiver):
    id_ = await subscribed(remote, by_topic("urn:akson:topic:Patient", receiver.url))
    answer = await remote.post(
        f"/Subscription/{id_}/$get-ws-binding-token", json={"resourceType": "Parameters"}
    )
    assert (answer.status_code, issue(answer)["code"]) == (422, "processing")
