"""Live pages: a stream of events (SSE) that tells an open page what to ask for again.

Only the name of what changed goes over the stream; the page fetches the fragment itself, so that every look is decided
and audited as any other.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import StreamingResponse

from akson.exchange.edge.watch import Watcher
from akson.exchange.hub.watch import changes
from akson.record.context import Place

BEAT = 15
"""Seconds between signs of life, so that neither browser nor proxy gives up."""
CHANGED = "event: register-changed\ndata: critical\n\n"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


IsOpen = Callable[[str], Awaitable[bool]]
"""Whether the reader may see resources of a type of this person now."""


def stream(watcher: Watcher, pid: str, is_open: IsOpen) -> StreamingResponse:
    """The stream of one open page about the person with this identity number; silent of what is closed to its reader."""
    return StreamingResponse(_events(watcher, pid, is_open), media_type="text/event-stream", headers=HEADERS)


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


async def _events(watcher: Watcher, pid: str, is_open: IsOpen) -> AsyncIterator[str]:
    yield ": open\n\n"
    async with watcher.page(pid) as waking:
        while True:
            try:
                changed = {await asyncio.wait_for(waking.get(), BEAT)}
            except TimeoutError:
                yield ": still here\n\n"
                continue
            await asyncio.sleep(0.05)
            while not waking.empty():
                changed.add(waking.get_nowait())
            # "*" stands for what may have been missed, and tells nothing.
            if "*" in changed or any([await is_open(each) for each in changed]):
                yield CHANGED
