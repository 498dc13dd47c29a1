"""The plain FHIR server in one process: embedded PostgreSQL, migrations, HTTP on loopback, a clean end."""

import asyncio
import signal
import socket
import time
from pathlib import Path

from akson.kit import log
from akson.kit.errors import Unavailable
from akson.kit.settings import Settings

HOST = "127.0.0.1"
DATABASE = "fhir"


def serve(port: int, data: Path) -> int:
    """Serve until Ctrl-C or SIGTERM; 0 after a clean end."""
    from akson.store.embedded import Embedded

    started = time.monotonic()
    _check_free(port)
    log.configure()
    postgres = Embedded(data)
    print(f"Starting the database in {data} ...", flush=True)
    postgres.start()
    try:
        asyncio.run(_run(port, postgres.uri(DATABASE), started))
    finally:
        postgres.stop()
    print("Stopped.", flush=True)
    return 0


async def _run(port: int, uri: str, started: float) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    from akson.rest.open import open_place, standalone
    from akson.store.migrate import migrate
    from akson.store.pool import Database

    settings = Settings.load()
    database = Database(uri, settings.pool)
    await database.open()
    try:
        await migrate(database)
        place = open_place(database, f"http://{HOST}:{port}")
        server = Server(
            standalone(place, limit=settings.body_limit),
            address=HOST,
            port=port,
            interface=Interfaces.ASGINL,
            websockets=False,
            log_enabled=False,
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, server.stop)
        ready = loop.create_task(_announce(port, place.node.fhir, started))
        await server.serve()
        ready.cancel()
    finally:
        await database.close()


async def _announce(port: int, base: str, started: float) -> None:
    """Say that the server is ready once it takes connections."""
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        break
    print(f"Ready after {time.monotonic() - started:.1f} s: {base} (Ctrl-C stops)", flush=True)


def _check_free(port: int) -> None:
    """Unavailable, before anything is started, when somebody else listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Unavailable(f"port {port} of {HOST} cannot be used: {error.strerror}") from error
