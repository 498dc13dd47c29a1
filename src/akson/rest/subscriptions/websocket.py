"""Websockets: `bind <id>` and `ping <id>` of R4, and `bind-with-token <token>` of the backport guide.

http://hl7.org/fhir/R4/subscription.html#2.46.7.2. On a node a token is the only way in: a websocket carries no other
proof of who opened it.
"""

import asyncio
from typing import Any

from akson.kit.errors import AksonError, NotFound
from akson.kit.settings import Role
from akson.record import trail
from akson.record.context import Place
from akson.record.subscriptions.actors import on_behalf
from akson.rest.subscriptions.listening import Listening, Message
from akson.rest.subscriptions.positions import Listener, Positions
from akson.rest.wire.http import Receive, Send
from akson.rest.wire.incoming import ID
from akson.security.door_log import Doing, DoorLog, Happened
from akson.store.underway import keep, subscriptions
from akson.store.underway.subscriptions import OFF

TOKEN = "subscription-token"  # noqa: S105  the kind it is kept under
PATH = "/websocket"
"""Below the FHIR base."""
MOST = 100
"""Subscriptions on one connection."""
LONGEST_MESSAGE = 1000
UNBOUND = 60.0
"""Seconds that a connection may stay without a subscription."""
LONGEST = 3600.0
"""Seconds after which a connection ends; the client binds anew, with a new token."""
STRANGERS = 200
"""Connections without a subscription that one process holds: anyone can open one."""
MISTAKES = 20
"""Refused words after which a connection without a subscription ends."""


def socket_url(base: str) -> str:
    """Where websockets are opened, by the FHIR base."""
    return f"ws{base.removeprefix('http')}{PATH}"


async def websocket(place: Place, positions: Positions, address: str, io: tuple[Receive, Send]) -> None:
    """One connection from beginning to end. `address` is from where it comes, empty where that is not known."""
    receive, send = io
    if (await receive())["type"] != "websocket.connect":
        return
    # Accepted in any case: to a client that is refused before, a browser does not tell why.
    await send({"type": "websocket.accept"})
    connection = _Connection(place, positions, send)
    try:
        async with positions.listening(address) as listener, asyncio.timeout(LONGEST):
            _check_room(place, positions, address)
            await connection.run(listener, receive)
    except _Full as error:
        await send({"type": "websocket.close", "code": 1013, "reason": str(error)})
    except TimeoutError:
        await send({"type": "websocket.close", "code": 1001, "reason": "bind anew"})
    except _Refused:
        await send({"type": "websocket.close", "code": 1008, "reason": "bind with a token"})
    except (_Left, OSError):
        return


def _check_room(place: Place, positions: Positions, address: str) -> None:
    """Anyone can open a connection; who leaves too many without a subscription must bind or close some first."""
    most = place.limits.sockets_unbound
    if address and positions.unbound(address) > most:
        raise _Full(f"bind or close first: {most} from one address wait (AKSON_SOCKETS_UNBOUND)")
    if positions.unbound() > STRANGERS:
        raise _Full("too many connections wait to be bound: try again later")


class _Full(Exception):
    """There are enough connections without a subscription; the text is told, in at most 123 bytes."""


class _Left(Exception):
    """The client has closed the connection."""


class _Refused(Exception):
    """The client has guessed often enough."""


class _Connection:
    def __init__(self, place: Place, positions: Positions, send: Send) -> None:
        self._place = place
        self._positions = positions
        self._send = send
        self._bound: dict[str, Listening] = {}
        self._mistakes = 0
        self._until = _now() + UNBOUND
        """Until when it may be without a subscription."""

    async def run(self, listener: Listener, receive: Receive) -> None:
        """Answer what the client says, and tell what happens, one after the other."""
        heard: asyncio.Task[Any] = asyncio.ensure_future(receive())
        news: asyncio.Task[Any] = asyncio.create_task(listener.changed.wait())
        try:
            while True:
                await asyncio.wait({heard, news}, timeout=self._wait(), return_when=asyncio.FIRST_COMPLETED)
                if heard.done():
                    await self._answer(heard.result(), listener)
                    heard = asyncio.ensure_future(receive())
                if not self._bound and _now() >= self._until:
                    raise TimeoutError
                if news.done():
                    listener.changed.clear()
                    await self._tell(listener)
                    news = asyncio.create_task(listener.changed.wait())
                await self._beat()
        finally:
            heard.cancel()
            news.cancel()

    def _wait(self) -> float | None:
        beats = [each.until_beat for each in self._bound.values()]
        alone = None if self._bound else max(0.0, self._until - _now())
        return min((beat for beat in beats if beat is not None), default=alone)

    async def _answer(self, message: dict[str, Any], listener: Listener) -> None:
        if message["type"] == "websocket.disconnect":
            raise _Left
        text = (message.get("text") or "")[:LONGEST_MESSAGE].strip()
        word, _, rest = text.partition(" ")
        try:
            if word == "bind":
                ids = [await self._open(rest.strip())]
            elif word == "bind-with-token":
                ids = await self._with_token(rest.strip())
            else:
                raise NotFound("write bind-with-token <token>, or on an open server bind <id>")
            for id_ in ids:
                await self._bind(id_, listener)
        except AksonError as error:
            await self._text(f"error {error.diagnostics}")
            self._mistakes += 1
            if not self._bound and self._mistakes >= MISTAKES:
                raise _Refused from error

    async def _open(self, id_: str) -> str:
        if Role.FHIR not in self._place.node.roles:
            raise NotFound("this node binds with a token: $get-ws-binding-token")
        if not ID.fullmatch(id_):
            raise NotFound("that is no id")
        return id_

    async def _with_token(self, token: str) -> list[str]:
        async with self._place.database.transaction() as tx:
            found = await keep.take(tx, TOKEN, token)
        if found is None:
            if self._logs:
                detail = "a token to bind a websocket that is not known, was used, or is too old"
                await DoorLog(self._place.node, self._place.database).note(
                    Happened(Doing.TOKEN, "reason.bad_token", detail=detail, asked=f"WEBSOCKET {PATH}")
                )
            raise NotFound("the token is not known, was used, or is too old")
        return [str(each) for each in found["ids"]]

    @property
    def _logs(self) -> bool:
        """Whether this node keeps a log of accesses; the plain FHIR server keeps none."""
        return Role.FHIR not in self._place.node.roles

    async def _bind(self, id_: str, listener: Listener) -> None:
        async with self._place.database.transaction() as tx:
            of = (await subscriptions.find(tx, [id_])).get(id_)
            if of is not None and of.status != OFF and self._logs:
                await trail.bound(on_behalf(self._place, tx, of), id_)
        if of is None or of.status == OFF:
            raise NotFound(f"there is no such subscription, or it is off: {id_}")
        if id_ not in self._bound and len(self._bound) >= MOST:
            raise NotFound(f"one connection has at most {MOST} subscriptions")
        if id_ not in self._bound:
            self._positions.check_room(id_)
        listening = self._bound[id_] = Listening(self._place, of)
        listener.ids.add(id_)
        if listening.is_bundled:
            await self._message(listening.greeting())
        else:
            await self._text(f"bound {id_}")

    async def _tell(self, listener: Listener) -> None:
        for id_, listening in list(self._bound.items()):
            position = listener.at.get(id_)
            if position is not None and position.latest > listening.sent:
                await self._news(listening)
            if id_ in listener.looked and (position is None or position.status == OFF):
                if listening.is_bundled:
                    await self._message(listening.over())
                del self._bound[id_]
                listener.ids.discard(id_)
                self._until = _now() + UNBOUND

    async def _news(self, listening: Listening) -> None:
        async for message in listening.news():
            if listening.is_bundled:
                await self._message(message)
        if not listening.is_bundled:
            await self._text(f"ping {listening.id}")

    async def _beat(self) -> None:
        for listening in list(self._bound.values()):
            if listening.is_bundled and (message := await listening.beats()):
                await self._message(message)

    async def _message(self, message: Message) -> None:
        await self._text(message.body.decode())

    async def _text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})


def _now() -> float:
    return asyncio.get_running_loop().time()
