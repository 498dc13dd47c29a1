"""Live pages: a stream of events (SSE) that tells an open page what to ask for again.

Only the name of what changed goes over the stream; the page fetches the fragment itself, so that every look is decided
and audited as any other.
"""

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from akson.exchange.edge.watch import Watcher
from akson.exchange.hub.watch import changes
from akson.record.context import Place

BEAT = 15
"""Seconds between signs of life, so that neither browser nor proxy gives up."""
CHANGED = "event: register-changed\ndata: critical\n\n"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


def stream(watcher: Watcher, pid: str) -> StreamingResponse:
    """The stream of one open page about the person with this identity number."""
    return StreamingResponse(_events(watcher, pid), media_type="text/event-stream", headers=HEADERS)


def own_stream(place: Place, pid: str) -> StreamingResponse:
    """The stream of a page of the platform itself."""
    return StreamingResponse(_own_events(place, pid), media_type="text/event-stream", headers=HEADERS)


async def _own_events(place: Place, pid: str) -> AsyncIterator[str]:
    mark = (await changes(place, [pid], None, 0)).mark
    while True:
        yield ": still here\n\n"
        found = await changes(place, [pid], mark, BEAT)
        mark = found.mark
        if found.changes:
            yield CHANGED


async def _events(watcher: Watcher, pid: str) -> AsyncIterator[str]:
    yield ": open\n\n"
    async with watcher.page(pid) as waking:
        while True:
            try:
                await asyncio.wait_for(waking.get(), BEAT)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            await asyncio.sleep(0.05)
            while not waking.empty():
                waking.get_nowait()
            yield CHANGED
