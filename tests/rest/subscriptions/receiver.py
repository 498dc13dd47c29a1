"""A subscriber on this machine: a real HTTP server that can be slow, fail, go away and come back."""

import asyncio
import json
import time
from dataclasses import dataclass, field


@dataclass
class Got:
    method: str
    path: str
    headers: dict
    body: bytes
    moment: float = field(default_factory=time.monotonic)

    @property
    def bundle(self):
        return json.loads(self.body)

    @property
    def parameters(self):
        """The status: plain values by name, and its events."""
        found = {"events": []}
        for each in self.bundle["entry"][0]["resource"]["parameter"]:
            if each["name"] == "notification-event":
                part = {p["name"]: value_of(p) for p in each["part"]}
                found["events"].append(part)
            else:
                found[each["name"]] = value_of(each)
        return found

    @property
    def kind(self):
        return self.parameters["type"]

    @property
    def numbers(self):
        return [int(each["event-number"]) for each in self.parameters["events"]]


def value_of(parameter):
    value = next(value for key, value in parameter.items() if key.startswith("value"))
    return value.get("reference", value.get("text")) if isinstance(value, dict) else value


class Receiver:
    """`status` is what it answers, `delay` how long it takes to."""

    def __init__(self, port=0, tls=None):
        self._tls = tls
        self.port = port
        self.status = 200
        self.delay = 0.0
        self.headers = ""
        self.got = []
        self.keeps = True
        """Whether bodies are kept, or only the numbers in them."""
        self.numbers_seen = []
        self.most_at_once = 0
        self._now = 0
        self._server = None
        self._writers = set()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    def of(self, kind):
        return [each for each in self.got if each.kind == kind]

    @property
    def numbers(self):
        """Numbers of events in the order they came."""
        return [number for each in self.of("event-notification") for number in each.numbers]

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode().strip().split("\r\n")
                headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self._now += 1
                self.most_at_once = max(self.most_at_once, self._now)
                await asyncio.sleep(self.delay)
                self._now -= 1
                method, path, _ = first.split(" ")
                got = Got(method, path, headers, body)
                if self.keeps:
                    self.got.append(got)
                else:
                    self.numbers_seen += got.numbers
                writer.write(f"HTTP/1.1 {self.status} X\r\n{self.headers}content-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()
