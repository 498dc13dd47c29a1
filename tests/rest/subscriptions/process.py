"""A real server process on a database of the tests: granian, HTTP, websockets, and the work beside the requests."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx

PROGRAM = """
import asyncio, contextlib, sys
from akson.cli.hosting import serve, terminable
from akson.rest import background
from akson.rest.open import open_place, standalone
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

async def main(uri, port):
    place = open_place(Database(uri, 4, reader=OWNER), f"http://127.0.0.1:{port}")

    @contextlib.asynccontextmanager
    async def lifespan():
        await place.database.open()
        async with background.beside(place):
            yield
        await place.database.close()

    async def ready():
        pass

    await serve(standalone(place, limit=10_000_000), lifespan(), ("127.0.0.1", port), ready)

with terminable():
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process, which can be killed and begun again at the same address."""

    def __init__(self, uri):
        self.uri = uri
        self.port = free_port()
        self.process = None

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/fhir"

    async def start(self):
        self.process = subprocess.Popen(  # noqa: ASYNC220  it goes on by itself
            [sys.executable, "-c", PROGRAM, self.uri, str(self.port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        end = time.monotonic() + 60
        async with httpx.AsyncClient() as client:
            while time.monotonic() < end:
                with suppress(httpx.HTTPError):
                    await client.get(f"http://127.0.0.1:{self.port}/health")
                    return self
                await asyncio.sleep(0.05)
        raise TimeoutError("the server does not answer")

    @property
    def memory(self):
        """Bytes of memory it holds now."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def kill(self):
        """As a power cut would: nothing is tidied up."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
