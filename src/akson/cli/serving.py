"""The plain FHIR server in one process: embedded PostgreSQL, migrations, HTTP on loopback, a clean end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from akson.cli import hosting
from akson.fhir.spec import folder
from akson.kit import log
from akson.kit.settings import Settings, listed
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

if TYPE_CHECKING:
    from akson.record.context import Place

HOST = "127.0.0.1"
DATABASE = "fhir"


def serve(port: int, data: Path) -> int:
    """Serve until Ctrl-C or SIGTERM; 0 after a clean end."""
    from akson.store.database.embedded import Embedded

    started = time.monotonic()
    folder.check()
    hosting.check_free(HOST, port)
    log.configure()
    postgres = Embedded(data)
    print(f"Starting the database in {data} ...", flush=True)
    with hosting.terminable():
        postgres.start()
        try:
            hosting.run(_run(port, postgres.uri(DATABASE), started))
        finally:
            with hosting.undisturbed():
                postgres.stop()
    print("Stopped.", flush=True)
    return 0


async def _run(port: int, uri: str, started: float) -> None:
    from akson.rest.open import open_place, standalone

    settings = Settings.load()
    database = Database(uri, settings.pool, reader=OWNER, statement_timeout=settings.statement_timeout)
    base = f"http://{HOST}:{port}"
    hooks = listed(settings.hooks)
    place = open_place(database, base, settings.validation, hooks, settings.limits, settings.content)

    async def announce() -> None:
        """Say that the server is ready once it takes connections."""
        while True:
            if await _answers(port):
                break
            await asyncio.sleep(0.02)
        print(f"Ready after {time.monotonic() - started:.1f} s: {place.node.fhir} (Ctrl-C stops)", flush=True)

    app = standalone(place, limit=settings.body_limit)
    await hosting.serve(app, _opened(place, settings.packages), (HOST, port), announce)


@asynccontextmanager
async def _opened(place: "Place", packages: str) -> AsyncIterator[None]:
    """The database, open and up to date, and the work beside the requests, while the server runs."""
    from akson.record.package_files import load_folder
    from akson.rest import background
    from akson.store.database.migrate import migrate

    await migrate(place.database)
    await place.database.open()
    try:
        await load_folder(place, packages)
        async with background.beside(place):
            yield
    finally:
        await place.database.close()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True
