"""The Synthea Bundles: reading them, and posting them as they were published."""

import asyncio
import tarfile
import time
from pathlib import Path

from akson.cli import hosting
from bench.client import Connection, connect, request
from bench.server import Served


def read_bundles(archive: Path) -> list[bytes]:
    """The Bundles of the archive, as they were published."""
    with tarfile.open(archive) as packed:
        files = [packed.extractfile(member) for member in packed if member.name.endswith(".json")]
        return [file.read() for file in files if file is not None]


async def import_bundles(port: int, bundles: list[bytes], clients: int) -> tuple[float, int]:
    """POST each Bundle as a transaction; seconds, and how many resources were made."""
    waiting = list(reversed(bundles))
    made = 0

    async def work(connection: Connection) -> None:
        nonlocal made
        while waiting:
            status, body = await connection.send(request("POST", "", waiting.pop()))
            if status != 200:
                raise RuntimeError(f"a Bundle was refused: {status} {body[:300]!r}")
            made += body.count(b'"status":"201')

    opened = [await connect(port) for _ in range(clients)]
    started = time.perf_counter()
    await asyncio.gather(*map(work, opened))
    seconds = time.perf_counter() - started
    for connection in opened:
        connection.close()
    return seconds, made


def filled(folder: Path, bundles: list[bytes]) -> Served:
    """A server that holds the Synthea people, its statistics up to date."""
    server = Served(folder / "data")
    hosting.run(import_bundles(server.port, bundles, 2))
    time.sleep(12)  # autovacuum looks every ten seconds
    return server
