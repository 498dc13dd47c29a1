"""Streams of open pages, read as they come."""

import asyncio
import secrets

from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import OWNER
from tests.exchange.asking import PIDS, side

SOON = 20.0
CHANGED, BEAT = b"register-changed", b"still here"


class Stream:
    """A page's stream, read as it comes."""

    def __init__(self, world, browser, path):
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("localhost", 8000),
            "headers": [(b"host", b"localhost:8000"), (b"cookie", cookies.encode())],
        }  # fmt: skip
        self.status, self.headers, self.told = 0, [], b""
        self.task = asyncio.create_task(world.app(self.scope, self._receive, self._send))

    async def _receive(self):
        await asyncio.sleep(3600)

    async def _send(self, message):
        self.status = message.get("status", self.status)
        self.headers = message.get("headers", self.headers)
        self.told += message.get("body", b"")

    @property
    def beats(self):
        return self.told.count(BEAT)

    @property
    def changes(self):
        return self.told.count(CHANGED)

    async def leave(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def until(holds):
    async with asyncio.timeout(SOON):
        while not holds():  # noqa: ASYNC110  what it waits for is no event
            await asyncio.sleep(0.05)


async def change(world, reference="", whose="ingrid"):
    """What is critical of somebody in the shared register changes: what a reference names, or something new. Gives the reference."""
    hub = side(world, "samhandling")
    async with hub.place.database.transaction(read_only=True, reader=OWNER) as tx:
        patient = await hub.people.patient(tx, PIDS[whose])
    async with opened(hub.place, NODE_ITSELF) as ctx:
        what = {"code": {"text": secrets.token_hex(4)}, "patient": {"reference": f"Patient/{patient['id']}"}}
        made = {"resourceType": "AllergyIntolerance", **what}
        if reference:
            await gate.update(ctx, made | {"id": reference.partition("/")[2]})
            return reference
        return f"AllergyIntolerance/{(await gate.create(ctx, made)).stored.id}"
