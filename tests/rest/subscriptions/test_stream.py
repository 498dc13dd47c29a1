"""Server-sent events of a real server: numbers as ids, and nothing missed or repeated by who comes back."""

import asyncio
import json
from contextlib import suppress

import pytest

from tests.rest.making import issue, patient, stored
from tests.rest.subscriptions.conftest import status, subscribed
from tests.rest.subscriptions.making import by_topic
from tests.rest.subscriptions.receiver import Got

pytestmark = pytest.mark.store


class Stream:
    """One open stream."""

    def __init__(self, response):
        self._lines = response.aiter_lines()

    async def next(self):
        """(event, id, notification) of the next event."""
        found = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if not line and "data" in found:
                    return found["event"], int(found["id"]), Got("", "", {}, found["data"].encode())
                name, _, value = line.partition(": ")
                if line and name:
                    found[name] = value
        raise EOFError


def opened(remote, id_, last=None, **params):
    headers = {"accept": "text/event-stream"} | ({"last-event-id": str(last)} if last is not None else {})
    return remote.stream("GET", f"/Subscription/{id_}/$events", headers=headers, params=params)


async def test_a_stream_greets_and_tells_what_happens(remote):
    id_ = await subscribed(remote, by_topic("urn:akson:topic:Patient"))
    async with opened(remote, id_) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = Stream(response)
        kind, number, _ = await stream.next()
        assert (kind, number) == ("handshake", 0)
        made = await stored(remote, patient())
        kind, number, told = await stream.next()
        assert (kind, number, told.numbers) == ("event-notification", 1, [1])
        assert told.bundle["entry"][1]["resource"] == made


async def test_who_comes_back_goes_on_after_the_last_number(remote):
    id_ = await subscribed(remote, by_topic("urn:akson:topic:Patient", content="id-only", most=2))
    last, seen = None, []
    for turn in range(3):
        async with opened(remote, id_, last) as response:
            stream = Stream(response)
            await stream.next()
            for _ in range(3):
                await stored(remote, patient())
            while last != 6 * turn + 3:
                _, last, told = await stream.next()
                seen += told.numbers
        for _ in range(3):  # while nobody listens
            await stored(remote, patient())
    assert seen == list(range(1, 16))
    async with opened(remote, id_, eventsSinceNumber=17) as response:
        stream = Stream(response)
        await stream.next()
        seen = []
        while seen[-1:] != [18]:
            seen += (await stream.next())[2].numbers
        assert seen == [17, 18]


async def test_signs_of_life_and_the_end_are_told(remote):
    id_ = await subscribed(remote, by_topic("urn:akson:topic:Patient", content="empty", heartbeat=1))
    async with opened(remote, id_) as response:
        stream = Stream(response)
        assert [(await stream.next())[0] for _ in range(3)] == ["handshake", "heartbeat", "heartbeat"]
        await remote.delete(f"/Subscription/{id_}")
        kind = told = None
        with suppress(EOFError):
            while True:
                kind, _, told = await stream.next()
        assert (kind, told.parameters["status"]) == ("heartbeat", "off")


async def test_what_cannot_be_streamed_is_refused_before_it_begins(remote):
    for path, code in (("none", 404), ("a_b", 400)):
        async with opened(remote, path) as response:
            assert response.status_code == code
            assert json.loads(await response.aread())["resourceType"] == "OperationOutcome"
    id_ = await subscribed(remote, by_topic("urn:akson:topic:Patient"))
    async with opened(remote, id_, "x") as response:
        await response.aread()
        assert (response.status_code, issue(response)["expression"]) == (400, ["Last-Event-ID"])
    assert await status(remote, id_) == "active"
