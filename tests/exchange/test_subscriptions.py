"""A system subscribes at another node with its token: through the one door, and to what is open to it."""

import asyncio

import pytest
from tests.exchange.asking import side
from tests.rest.subscriptions.conftest import until
from tests.rest.subscriptions.making import by_topic, classic
from tests.rest.subscriptions.receiver import Got

from akson.fhir.strict_json import loads
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store
SCOPE = "akson:samhandling/fhir"
JSON = {"content-type": "application/fhir+json"}


async def ask(world, who, method, path, body=None):
    peer, url = side(world, who).peer, f"{world.base}/samhandling/fhir/{path}"
    return await peer.request(method, url, scope=SCOPE, json=body, headers=JSON)


async def test_a_system_is_told_of_open_information_and_of_no_patient(world):
    made = await ask(world, "journal", "POST", "Subscription", by_topic("urn:akson:topic:Organization"))
    assert made.status_code == 201, made.text
    id_ = made.json()["id"]
    other = (await ask(world, "journal", "POST", "Subscription", classic("Flag"))).json()["id"]

    async def active():
        found = [(await ask(world, "journal", "GET", f"Subscription/{each}")).json() for each in (id_, other)]
        return {each["status"] for each in found} == {"active"}

    await until(active)
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        stored = await gate.create(ctx, {"resourceType": "Organization", "name": "Ny enhet"})
        flag = {"resourceType": "Flag", "status": "active", "code": {"text": "x"}}
        await gate.create(ctx, {**flag, "subject": {"reference": "Patient/p"}})

    async def told():
        answer = await ask(world, "journal", "GET", f"Subscription/{id_}/$events")
        return Got("", "", {}, answer.content).numbers == [1] and answer

    entries = (await until(told)).json()["entry"]
    assert entries[1]["resource"] == loads(stored.stored.body)
    await asyncio.sleep(0.3)
    found = await ask(world, "journal", "GET", f"Subscription/{other}/$events")
    assert Got("", "", {}, found.content).numbers == []
    assert (await ask(world, "sykehus", "GET", f"Subscription/{id_}")).status_code == 404
    assert (await ask(world, "sykehus", "GET", "Subscription/$status")).json()["total"] == 0
    assert (await ask(world, "sykehus", "GET", f"Subscription/{id_}/$events")).status_code == 404


async def test_without_a_token_nobody_subscribes(world):
    async with world.browser() as browser:
        answer = await browser.post(
            "/samhandling/fhir/Subscription", json=classic("Organization"), headers=JSON
        )
        assert answer.status_code == 401


class Socket:
    """A websocket into the application, without a wire."""

    def __init__(self, app, path):
        self._in, self._out = asyncio.Queue(), asyncio.Queue()
        self._in.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": path, "root_path": "", "query_string": b"", "headers": []}
        self.task = asyncio.create_task(app(scope, self._in.get, self._out.put))

    async def say(self, text):
        await self.send(text)
        return await self.hear()

    async def send(self, text):
        await self._in.put({"type": "websocket.receive", "text": text})

    async def hear(self):
        return (await self.next()).get("text")

    async def next(self):
        async with asyncio.timeout(10):
            return await self._out.get()

    async def leave(self):
        await self._in.put({"type": "websocket.disconnect", "code": 1000})
        await self.task


async def test_a_websocket_of_a_node_is_bound_by_token_alone(world):
    made = await ask(world, "journal", "POST", "Subscription", by_topic("urn:akson:topic:Organization"))
    id_ = made.json()["id"]

    async def token():
        path = f"Subscription/{id_}/$get-ws-binding-token"
        answer = await ask(world, "journal", "POST", path, {"resourceType": "Parameters"})
        return {p["name"]: next(v for k, v in p.items() if k != "name") for p in answer.json()["parameter"]}

    found = await token()
    assert found["websocket-url"] == "ws://localhost:8000/samhandling/fhir/websocket"
    refused = await ask(
        world, "sykehus", "POST", f"Subscription/{id_}/$get-ws-binding-token", {"resourceType": "Parameters"}
    )
    assert refused.status_code == 404
    socket = Socket(world.app, "/samhandling/fhir/websocket")
    assert await socket.hear() is None
    assert (await socket.say(f"bind {id_}")).startswith("error")
    assert (await socket.say("bind-with-token nonsense")).startswith("error")
    greeting = await socket.say(f"bind-with-token {found['token']}")
    assert Got("", "", {}, greeting.encode()).kind == "handshake"
    async with side(world, "samhandling").place.database.transaction(read_only=True, reader=OWNER) as tx:
        bound = await tx.fetch("select client_id, action, granted from audit where type = 'Subscription' and id = %s"
                               " and reason = 'reason.own_subscription' order by number desc limit 1", [id_])  # fmt: skip
        guessed = await tx.one(
            "select query from audit where reason = 'reason.bad_token' order by number desc limit 1"
        )
    assert bound == [(side(world, "journal").node.client_id, "read", True)]
    assert guessed == ("WEBSOCKET /websocket",)

    async def active():
        return (await ask(world, "journal", "GET", f"Subscription/{id_}")).json()["status"] == "active"

    await until(active)
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        await gate.create(ctx, {"resourceType": "Organization", "name": "Ny enhet"})
    assert Got("", "", {}, (await socket.hear()).encode()).numbers == [1]
    await socket.leave()
