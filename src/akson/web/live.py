"""Live pages: a stream of events (SSE) that tells an open page what to ask for again.

Only the name of what changed goes over the stream; the page fetches the fragment itself, so that every look is decided
and audited as any other.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from starlette.responses import StreamingResponse

from akson.exchange.edge.watch import MISSED, Watcher
from akson.exchange.hub.watch import changes
from akson.record.context import Place

BEAT = 15
"""Seconds between signs of life, so that neither browser nor proxy gives up."""
CHANGED = "event: register-changed\ndata: critical\n\n"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Reader(Protocol):
    """Whoever has the page open, asked anew each time: a stream outlasts the request that opened it."""

    async def stays(self) -> bool:
        """Whether they are still signed in, and somebody here."""
        ...

    async def sees(self, reference: str) -> bool:
        """Whether they may see what a reference of the platform names, which is the page's person's."""
        ...


def stream(watcher: Watcher, pid: str, reader: Reader) -> StreamingResponse:
    """The stream of one open page about the person with this identity number; silent of what is closed to its reader."""
    return StreamingResponse(_events(watcher, pid, reader), media_type="text/event-stream", headers=HEADERS)


def own_stream(place: Place, pid: str, reader: Reader) -> StreamingResponse:
    """The stream of a page of the platform itself."""
    return StreamingResponse(_own_events(place, pid, reader), media_type="text/event-stream", headers=HEADERS)


async def _own_events(place: Place, pid: str, reader: Reader) -> AsyncIterator[str]:
    mark = (await changes(place, [pid], None, 0)).mark
    while await reader.stays():
        yield ": still here\n\n"
        found = await changes(place, [pid], mark, BEAT)
        if not await reader.stays():
            return
        mark = found.mark
        if found.changes:
            yield CHANGED


async def _events(watcher: Watcher, pid: str, reader: Reader) -> AsyncIterator[str]:
    yield ": open\n\n"
    async with watcher.page(pid) as waking:
        while await reader.stays():
            try:
                changed = {await asyncio.wait_for(waking.get(), BEAT)}
            except TimeoutError:
                yield ": still here\n\n"
                continue
            await asyncio.sleep(0.05)
            while not waking.empty():
                changed.add(waking.get_nowait())
            # What may have been missed tells nothing.
            if MISSED in changed or any([await reader.sees(each) for each in changed]):
                yield CHANGED
