"""An open server with its worker, and a subscriber that is a real HTTP server."""

import asyncio
from contextlib import suppress

import httpx
import pytest_asyncio

from akson.rest.open import open_place, standalone
from akson.rest.subscriptions import worker
from tests.rest.conftest import BASE, JSON, LIMIT
from tests.rest.subscriptions.process import Server
from tests.rest.subscriptions.receiver import Receiver


@pytest_asyncio.fixture
async def place(database):
    return open_place(database, BASE)


@pytest_asyncio.fixture
async def client(place):
    transport = httpx.ASGITransport(standalone(place, limit=LIMIT))
    async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/fhir", headers=JSON) as opened:
        yield opened


@pytest_asyncio.fixture
async def receiver():
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest_asyncio.fixture
async def working(place):
    """The work beside the requests, running."""
    task = asyncio.create_task(worker.run(place))
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest_asyncio.fixture
async def server(new_database):
    """A server process of its own."""
    made = await Server(new_database()).start()
    yield made
    made.stop()


@pytest_asyncio.fixture
async def remote(server):
    """A client of the server process."""
    async with httpx.AsyncClient(base_url=server.base, headers=JSON, timeout=30) as opened:
        yield opened


async def until(condition, seconds=20):
    """Wait for a condition that may be a coroutine function."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


async def status(client, id_):
    return (await client.get(f"/Subscription/{id_}")).json()["status"]


async def subscribed(client, subscription):
    """The id of a subscription that has become active."""
    answer = await client.post("/Subscription", json=subscription)
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "requested"
    id_ = answer.json()["id"]

    async def active():
        return await status(client, id_) == "active"

    await until(active)
    return id_
