"""Server-sent events: `GET Subscription/<id>/$events` with `Accept: text/event-stream`.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The id of each event is its number, so that a client that
comes back with Last-Event-ID misses nothing and gets nothing twice.
"""

import asyncio
from contextlib import suppress

from akson.kit.errors import Malformed, NotFound
from akson.record import gate
from akson.record.context import Place
from akson.rest.subscriptions.listening import Listening, Message
from akson.rest.subscriptions.positions import Listener, Positions
from akson.rest.wire.attempt import Door
from akson.rest.wire.http import Receive, Request, Send
from akson.rest.wire.incoming import check_id
from akson.store.underway import subscriptions

TYPE = "text/event-stream"
EVENTS = "/$events"
BEAT = 15.0
"""Seconds between comments that keep the connection open where nothing happens."""
LONGEST = 3600.0
"""Seconds after which a stream ends; the client comes back by itself, and is looked at anew."""
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def is_stream(request: Request) -> bool:
    """Whether a request asks for a stream."""
    return (
        request.method == "GET"
        and len(request.path) == 3
        and request.path[0] == "Subscription"
        and request.path[2] == "$events"
        and TYPE in request.headers.get("accept", "")
    )


async def stream(
    place: Place, positions: Positions, door: Door, request: Request, io: tuple[Receive, Send]
) -> None:
    """Tell of events until the client leaves, the subscription is over, or an hour has passed.

    Raises what a read of the Subscription raises, before anything is sent.
    """
    receive, send = io
    after = _after(request)
    async with door(request) as ctx:
        id_ = check_id(request.path[1])
        await gate.read(ctx, "Subscription", id_)
        of = (await subscriptions.find(ctx.tx, [id_])).get(id_)
    if of is None:
        raise NotFound("This Subscription was never at work here: write it again")
    positions.check_room(id_)
    listening = Listening(place, of, after)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    gone = asyncio.create_task(_gone(receive))
    try:
        async with positions.listening() as listener:
            listener.ids.add(id_)
            telling = asyncio.create_task(_tell(listening, listener, send))
            await asyncio.wait({telling, gone}, timeout=LONGEST, return_when=asyncio.FIRST_COMPLETED)
            await _ended(telling)
    finally:
        gone.cancel()
    with suppress(OSError):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _tell(listening: Listening, listener: Listener, send: Send) -> None:
    async def put(text: bytes) -> None:
        await send({"type": "http.response.body", "body": text, "more_body": True})

    await put(_event(listening.greeting()))
    while True:
        listener.changed.clear()
        async for message in listening.news():
            await put(_event(message))
        position = listener.at.get(listening.id)
        if listening.id in listener.looked and (position is None or position.status == "off"):
            await put(_event(listening.over()))
            return
        if beat := await listening.beats():
            await put(_event(beat))
        wait = BEAT if listening.until_beat is None else min(BEAT, listening.until_beat)
        try:
            async with asyncio.timeout(wait):
                await listener.changed.wait()
        except TimeoutError:
            if wait == BEAT:
                await put(b": still here\n\n")


def _event(message: Message) -> bytes:
    return b"event: %s\nid: %d\ndata: %s\n\n" % (message.kind.encode(), message.number, message.body)


def _after(request: Request) -> int | None:
    """The number to go on after: Last-Event-ID, else one before eventsSinceNumber; None: from now."""
    raw = request.headers.get("last-event-id")
    since = request.parameter("eventsSinceNumber")
    text = raw if raw is not None else since
    if text is None:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        name = "Last-Event-ID" if raw is not None else "eventsSinceNumber"
        raise Malformed(f"{name} is the number of an event", expression=(name,))
    return int(text) if raw is not None else max(int(text) - 1, 0)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(task: "asyncio.Task[None]") -> None:
    """End it, and raise what it ended with unless that is the end of the connection."""
    task.cancel()
    with suppress(asyncio.CancelledError, OSError):
        await task
