"""One AMQP 1.0 connection with one session: messages put on queues, and taken from them, each settled by hand.

Only what a client of queues needs (part 2 of the standard): PLAIN over TLS, one session, unsettled transfers. A broker that
answers otherwise, or no longer, ends the connection; what was not settled comes again on the next.
"""

import asyncio
import ssl
import struct
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import unquote, urlsplit

from akson.kit.errors import Malformed, NotAllowed, NotFound, PeerFailed, PeerSilent
from akson.messaging.amqp.types import Described, NotAmqp, Reader, Symbol, UByte, UInt, UShort, encode

OPEN, BEGIN, ATTACH, FLOW, TRANSFER, DISPOSITION, DETACH, END, CLOSE = range(0x10, 0x19)
MECHANISMS, INIT, OUTCOME = 0x40, 0x41, 0x44
SOURCE, TARGET = 0x28, 0x29
ACCEPTED, REJECTED, RELEASED = 0x24, 0x25, 0x26
PORTS = {"amqps": 5671, "amqp": 5672}
FRAME, LARGEST = 65_536, 60_000_000
"""Bytes of one frame, and of one message."""
WINDOW = 2_000
CREDIT = 50
"""Messages that the broker may have under way to us on one queue."""
WAIT = 10.0
"""Seconds for any answer of the broker."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and who we are there."""

    host: str
    port: int = 5671
    user: str = "guest"
    password: str = field(default="guest", repr=False)
    tls: ssl.SSLContext | None = None
    prefix: str = "/amq/queue/"
    """How an address names a queue: RabbitMQ's way. Others take the bare name."""

    @classmethod
    def of(cls, address: str) -> "Broker":
        """From amqps://user:password@host:port, with TLS checked by the machine's own certificates; amqp is without.

        Malformed when it is something else.
        """
        found = urlsplit(address)
        if found.scheme not in PORTS or not found.hostname:
            raise Malformed("the service bus is given as amqps://user:password@host")
        tls = ssl.create_default_context() if found.scheme == "amqps" else None
        return cls(
            found.hostname,
            found.port or PORTS[found.scheme],
            unquote(found.username or "guest"),
            unquote(found.password or "guest"),
            tls,
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that came and has not been settled."""

    number: int
    queue: str
    sections: bytes


@dataclass(slots=True)
class _Link:
    handle: int
    queue: str
    is_receiver: bool
    attached: asyncio.Future[None]
    credit: int = 0
    count: int = 0
    """Deliveries sent, or credit given so far."""
    parts: list[bytes] = field(default_factory=list)
    number: int = 0
    came: deque[Delivery] = field(default_factory=deque)


class Connection:
    """Open it with `connected`."""

    def __init__(self, broker: Broker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._broker = broker
        self._reader, self._writer = reader, writer
        self._links: dict[tuple[str, bool], _Link] = {}
        self._by_theirs: dict[int, _Link] = {}
        self._outcomes: dict[int, asyncio.Future[Any]] = {}
        self._sent = 0
        """Transfer frames sent in this session: also the id of the next delivery."""
        self._came_frames = 0
        self._room = 0
        self._frame = FRAME
        self._moved = asyncio.Event()
        self._sending = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._out: list[bytes] = []
        self._written: asyncio.Handle | None = None
        self.broken: BaseException | None = None

    async def put(self, queue: str, message: bytes) -> None:
        """Put a message (its sections) on a queue; returns when the broker has it. NotFound, PeerFailed, PeerSilent."""
        link = await self._link(queue, is_receiver=False)
        # Frames of two messages must not mix, and each takes the next number.
        async with self._sending:
            number, outcome = await self._transfer(link, message)
        try:
            state = await asyncio.wait_for(outcome, WAIT)
        except TimeoutError as error:
            raise PeerSilent("the broker did not say that it has the message") from error
        finally:
            self._outcomes.pop(number, None)
        if not isinstance(state, Described) or state.code != ACCEPTED:
            raise PeerFailed("the broker did not take the message")

    async def _transfer(self, link: _Link, message: bytes) -> tuple[int, asyncio.Future[Any]]:
        await self._until(lambda: link.credit > 0)
        link.credit -= 1
        number = self._sent
        outcome = self._outcomes[number] = asyncio.get_running_loop().create_future()
        size = self._frame - 512
        parts = [message[at : at + size] for at in range(0, len(message), size)] or [b""]
        tag = struct.pack(">I", number)
        for place, part in enumerate(parts):
            await self._until(lambda: self._room > 0)
            self._room -= 1
            self._sent += 1
            more = place < len(parts) - 1
            self._send(TRANSFER, [UInt(link.handle), UInt(number), tag, UInt(0), False, more], part)
        link.count += 1
        return number, outcome

    async def take(self, queue: str, limit: int, patience: float) -> list[Delivery]:
        """Messages that wait on a queue, each to be settled; waits a little when there is none yet."""
        link = await self._link(queue, is_receiver=True)
        if not link.came:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._until(lambda: bool(link.came), None), patience)
        self._check()
        return [link.came.popleft() for _ in range(min(limit, len(link.came)))]

    async def offered(self, queues: Sequence[str], patience: float) -> None:
        """Wait until a message has come from one of the queues, no longer than told."""
        links = [await self._link(queue, is_receiver=True) for queue in queues]
        if not any(link.came for link in links):
            with suppress(PeerSilent):
                await self._until(lambda: any(link.came for link in links), patience)
        self._check()

    def settle(self, delivery: Delivery, outcome: int = ACCEPTED) -> None:
        """Say what became of a message: taken, or to be put aside (REJECTED), or to be given to another (RELEASED)."""
        self.settle_all([delivery], outcome)

    def settle_all(self, deliveries: Sequence[Delivery], outcome: int = ACCEPTED) -> None:
        """As `settle`: those that came one after the other are told of in one frame, and no others with them."""
        self._check()
        for first, last in _runs(sorted(each.number for each in deliveries)):
            self._send(DISPOSITION, [True, UInt(first), UInt(last), True, Described(outcome, [])])
        for queue, number in Counter(each.queue for each in deliveries).items():
            link = self._links[queue, True]
            link.count += number
            self._flow(link)

    # --- how it is done

    async def start(self) -> None:
        """Sign in and open the session."""
        await self._sign_in()
        await self._hello(b"AMQP\x00\x01\x00\x00")
        self._send(OPEN, ["akson", self._broker.host, UInt(FRAME), UShort(0)])
        opened = await self._expect(OPEN)
        self._frame = min(FRAME, opened[2] if len(opened) > 2 and opened[2] else FRAME)
        self._send(BEGIN, [None, UInt(0), UInt(WINDOW), UInt(WINDOW), UInt(255)])
        begun = await self._expect(BEGIN)
        self._room = begun[2]
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._listen())]
        idle = opened[4] if len(opened) > 4 and opened[4] else 0
        if idle:
            self._tasks.append(loop.create_task(self._beat(idle / 2000)))

    async def _sign_in(self) -> None:
        await self._hello(b"AMQP\x03\x01\x00\x00")
        await self._expect(MECHANISMS)
        name = f"\0{self._broker.user}\0{self._broker.password}".encode()
        self._send(INIT, [Symbol("PLAIN"), name, self._broker.host], kind=1)
        outcome = await self._expect(OUTCOME)
        if outcome[0] != 0:
            raise NotAllowed("the broker does not let us in")

    async def _hello(self, header: bytes) -> None:
        self._writer.write(header)
        if await asyncio.wait_for(self._reader.readexactly(8), WAIT) != header:
            raise PeerFailed("the broker speaks another protocol")

    async def _expect(self, code: int) -> list[Any]:
        frame, _ = await asyncio.wait_for(self._read(), WAIT)
        if frame is None or frame.code != code:
            raise PeerFailed("the broker answered out of turn")
        return list(frame.value)

    async def _read(self) -> tuple[Described | None, bytes]:
        """The next frame: performative and what follows it; None for an empty one."""
        head = await self._reader.readexactly(8)
        size, offset = struct.unpack(">IB", head[:5])
        if not 8 <= size <= FRAME * 2 or offset < 2:
            raise NotAmqp("no frame")
        body = Reader((await self._reader.readexactly(size - 8))[offset * 4 - 8 :])
        if not body.rest:
            return None, b""
        found = body.value()
        if not isinstance(found, Described) or not isinstance(found.value, list):
            raise NotAmqp("no performative")
        return found, body.rest

    def _send(self, code: int, fields: Sequence[Any], payload: bytes = b"", *, kind: int = 0) -> None:
        body = encode(Described(code, fields)) + payload
        self._out += (struct.pack(">IBBH", len(body) + 8, 2, kind, 0), body)
        if self._written is None:
            self._written = asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        """Frames that were made at the same time leave together: each write by itself is a call of the system, here and there."""
        self._written = None
        out, self._out = b"".join(self._out), []
        if out and not self._writer.is_closing():
            self._writer.write(out)

    async def _listen(self) -> None:
        try:
            while True:
                frame, payload = await self._read()
                if frame is not None:
                    self._handle(frame.code, frame.value, payload)
                    self._moved.set()
        except (OSError, EOFError, IndexError, PeerFailed, NotFound, struct.error) as error:
            self._end(error)

    def _handle(self, code: int, fields: list[Any], payload: bytes) -> None:
        if code == ATTACH:
            link = self._links.get((fields[0].partition(":")[2], not fields[2]))
            if link:
                self._by_theirs[fields[1]] = link
                if not link.attached.done():
                    link.attached.set_result(None)
        elif code == FLOW:
            self._flowed(fields)
        elif code == TRANSFER:
            self._came(fields, payload)
        elif code == DISPOSITION:
            last = fields[2] if len(fields) > 2 and fields[2] is not None else fields[1]
            for number in range(fields[1], last + 1):
                waiting = self._outcomes.get(number)
                if waiting and not waiting.done():
                    waiting.set_result(fields[4] if len(fields) > 4 else None)
        elif code in (DETACH, END, CLOSE):
            raise (
                NotFound("the broker ended the link")
                if b"not-found" in repr(fields).encode()
                else PeerFailed("the broker ended the session")
            )

    def _flowed(self, fields: list[Any]) -> None:
        next_incoming = fields[0] if fields[0] is not None else 0
        self._room = next_incoming + fields[1] - self._sent
        link = self._by_theirs.get(fields[4]) if len(fields) > 6 and fields[4] is not None else None
        if link and not link.is_receiver and fields[6] is not None:
            counted = fields[5] or 0
            link.credit = counted + fields[6] - link.count

    def _came(self, fields: list[Any], payload: bytes) -> None:
        self._came_frames += 1
        link = self._by_theirs[fields[0]]
        if len(fields) > 1 and fields[1] is not None:
            link.number = fields[1]
        link.parts.append(payload)
        if sum(map(len, link.parts)) > LARGEST:
            raise PeerFailed("a message is too large")
        if not (len(fields) > 5 and fields[5]):
            link.came.append(Delivery(link.number, link.queue, b"".join(link.parts)))
            link.parts = []

    async def _link(self, queue: str, *, is_receiver: bool) -> _Link:
        self._check()
        link = self._links.get((queue, is_receiver))
        if link is None:
            link = _Link(len(self._links), queue, is_receiver, asyncio.get_running_loop().create_future())
            self._links[queue, is_receiver] = link
            address = f"{self._broker.prefix}{queue}"
            source = Described(SOURCE, [address if is_receiver else queue])
            target = Described(TARGET, [queue if is_receiver else address])
            name = f"{'in' if is_receiver else 'out'}:{queue}"
            fields = [name, UInt(link.handle), is_receiver, UByte(0), UByte(0), source, target]
            if not is_receiver:
                fields += [None, None, UInt(0)]
            self._send(ATTACH, fields)
            if is_receiver:
                self._flow(link)
        try:
            await asyncio.wait_for(asyncio.shield(link.attached), WAIT)
        except TimeoutError as error:
            raise PeerSilent("the broker does not answer") from error
        return link

    def _flow(self, link: _Link) -> None:
        """Let the broker send as many as CREDIT beyond what was settled."""
        fields = [
            UInt(self._came_frames), UInt(WINDOW), UInt(self._sent), UInt(WINDOW),
            UInt(link.handle), UInt(link.count), UInt(CREDIT),
        ]  # fmt: skip
        self._send(FLOW, fields)

    async def _beat(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self._writer.write(struct.pack(">IBBH", 8, 2, 0, 0))

    async def _until(self, is_so: Any, patience: float | None = WAIT) -> None:
        if is_so() and self.broken is None:
            return

        async def wait() -> None:
            while not is_so():
                self._check()
                self._moved.clear()
                await self._moved.wait()

        try:
            await asyncio.wait_for(wait(), patience)
        except TimeoutError as error:
            raise PeerSilent("the broker lets us send nothing") from error

    def _check(self) -> None:
        if isinstance(self.broken, NotFound):
            raise NotFound(self.broken.diagnostics)
        if self.broken is not None or self._writer.is_closing():
            raise PeerSilent("the connection to the broker is broken") from self.broken

    def _end(self, error: BaseException) -> None:
        self.broken = error
        for waiting in (*self._outcomes.values(), *(link.attached for link in self._links.values())):
            if not waiting.done():
                not_there = isinstance(error, NotFound)
                waiting.set_exception(
                    NotFound("no such queue") if not_there else PeerSilent("the connection is broken")
                )
                waiting.exception()  # nobody may be waiting any more
        self._moved.set()
        self._writer.close()

    async def close(self) -> None:
        """End it; what was not settled is given to whoever comes next."""
        for task in self._tasks:
            task.cancel()
        if self.broken is None:
            with suppress(OSError):
                self._send(CLOSE, [])
                self._write()
                await self._writer.drain()
        self._end(PeerSilent("closed"))
        with suppress(OSError, ssl.SSLError):
            await self._writer.wait_closed()


async def connect(broker: Broker) -> Connection:
    """A connection that is ready. PeerSilent when the broker does not answer, NotAllowed when it does not let us in."""
    try:
        streams = asyncio.open_connection(broker.host, broker.port, ssl=broker.tls)
        made = Connection(broker, *await asyncio.wait_for(streams, WAIT))
        await made.start()
    except (OSError, EOFError, TimeoutError) as error:
        raise PeerSilent("the broker does not answer") from error
    return made


@asynccontextmanager
async def connected(broker: Broker) -> AsyncIterator[Connection]:
    """A connection for as long as the block lasts."""
    made = await connect(broker)
    try:
        yield made
    finally:
        await made.close()


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each row of numbers that follow one another."""
    for _, row in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        found = [number for _, number in row]
        yield found[0], found[-1]


def sections(properties: Sequence[Any], application: Mapping[str, Any], body: bytes, ttl: int) -> bytes:
    """A durable message of header, properties (in the standard's order), application properties and one data section.

    `ttl` in milliseconds.
    """
    parts = [
        Described(0x70, [True, UByte(4), UInt(ttl)]),
        Described(0x73, properties),
        Described(0x74, application),
        Described(0x75, body),
    ]
    return b"".join(encode(part) for part in parts)


def read_sections(raw: bytes) -> tuple[list[Any], dict[str, Any], bytes]:
    """Properties, application properties and body of a message. NotAmqp when it is none."""
    reader = Reader(raw)
    properties: list[Any] = []
    application: dict[str, Any] = {}
    body = b""
    while reader.rest:
        section = reader.value()
        if not isinstance(section, Described):
            raise NotAmqp("no section")
        if section.code == 0x73 and isinstance(section.value, list):
            properties = section.value
        elif section.code == 0x74 and isinstance(section.value, dict):
            application = section.value
        elif section.code == 0x75 and isinstance(section.value, bytes):
            body += section.value
    return properties, application, body
