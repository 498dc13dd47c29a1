"""A small HTTP/1.1 client, so that the load generator takes little of the two cores it shares with the server."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

END = b"\r\n\r\n"
LAST_CHUNK = b"\r\n0\r\n\r\n"
"""Ends an answer in chunks."""


class Connection(asyncio.Protocol):
    """One kept-alive connection; one request at a time. Opened anew when the server closed it after an answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._buffer = b""
        self._need = -1
        self._start = 0
        self._chunked = False
        self._closing = False
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if self._need < 0:
            end = self._buffer.find(END)
            if end < 0:
                return
            self._start = end + 4
            head = self._buffer[:end].lower()
            self._chunked = b"transfer-encoding: chunked" in head
            self._closing = b"connection: close" in head
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            self._need = self._start + length
        if self._chunked:
            if not self._buffer.endswith(LAST_CHUNK):
                return
            self._need = len(self._buffer)
        if len(self._buffer) >= self._need and self._waiting is not None:
            status, body = int(self._buffer[9:12]), self._buffer[self._start : self._need]
            if self._chunked:
                body = _joined(body)
            self._buffer, self._need = b"", -1
            waiting, self._waiting = self._waiting, None
            waiting.set_result((status, body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error or ConnectionResetError("the server closed the connection"))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._closing:
            self.close()
            self._closing = False
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def connect(port: int) -> Connection:
    _, protocol = await asyncio.get_running_loop().create_connection(
        lambda: Connection(port), "127.0.0.1", port
    )
    return protocol


def _joined(chunks: bytes) -> bytes:
    """A body without the marks of its chunks."""
    parts, place = [], 0
    while place < len(chunks):
        end = chunks.index(b"\r\n", place)
        size = int(chunks[place:end].partition(b";")[0], 16)
        parts.append(chunks[end + 2 : end + 2 + size])
        place = end + size + 4
    return b"".join(parts)


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of a request below /fhir."""
    head = f"{method} /fhir/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/fhir+json\r\n"
    if body:
        head += f"Content-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@dataclass(slots=True)
class Result:
    """What a load gave: seconds of each request, how long it took in all, answers that were not as expected."""

    name: str
    connections: int
    seconds: float = 0
    times: list[float] = field(default_factory=list)
    bad: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    """The statuses of those answers."""
    worker_cpu: float = 0
    database_cpu: float = 0
    """Processor seconds of the whole load."""

    def count(self, status: int) -> None:
        """One more answer that was not as expected."""
        self.bad += 1
        self.refused[status] += 1

    def cpu(self, seconds: float) -> float:
        """Milliseconds a request."""
        return seconds / len(self.times) * 1000 if self.times else 0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds if self.seconds else 0

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 if ordered else 0


async def load(
    name: str,
    port: int,
    make: Callable[[random.Random], bytes],
    *,
    connections: int,
    seconds: float,
    expected: int,
) -> Result:
    """Send requests for some seconds on some connections, as fast as the answers come."""
    result = Result(name, connections)
    opened = [await connect(port) for _ in range(connections)]
    stop = time.perf_counter() + seconds

    async def work(connection: Connection, chance: random.Random) -> None:
        while (started := time.perf_counter()) < stop:
            status, _ = await connection.send(make(chance))
            result.times.append(time.perf_counter() - started)
            if status != expected:
                result.count(status)

    began = time.perf_counter()
    await asyncio.gather(*[work(c, random.Random(i)) for i, c in enumerate(opened)])
    result.seconds = time.perf_counter() - began
    for connection in opened:
        connection.close()
    return result
