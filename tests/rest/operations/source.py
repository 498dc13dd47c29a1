"""A server of one file on this machine: whole or from a byte on, sometimes broken off, sometimes out of order."""

import asyncio
import re
from dataclasses import dataclass, field


@dataclass
class Source:
    """`breaks`: after how many bytes each answer breaks off, one after the other; then none does."""

    content: bytes
    ranges: bool = True
    breaks: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """What is answered before anything else, once each."""
    asked: list[int] = field(default_factory=list)
    """From which byte on each request asked."""
    sent: int = 0
    """Bytes of all answers."""

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/p.ndjson"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        found = re.search(r"(?i)^range: bytes=(\d+)-", head, re.MULTILINE)
        start = int(found[1]) if found else 0
        self.asked.append(start)
        writer.write(self._made(start))
        await writer.drain()
        writer.close()

    def _made(self, start):
        if self.statuses:
            return b"HTTP/1.1 %d x\r\ncontent-length: 0\r\n\r\n" % self.statuses.pop(0)
        status = 200
        if not self.ranges:
            start = 0
        elif start:
            status = 206
        if start >= len(self.content):
            return b"HTTP/1.1 416 x\r\ncontent-length: 0\r\n\r\n"
        body = self.content[start:]
        last = len(self.content) - 1
        part = b"content-range: bytes %d-%d/%d\r\n" % (start, last, last + 1) if status == 206 else b""
        header = b"HTTP/1.1 %d x\r\n%scontent-length: %d\r\n\r\n" % (status, part, len(body))
        body = body[: self.breaks.pop(0)] if self.breaks else body
        self.sent += len(body)
        return header + body
