"""The database that terminology is loaded into: of a server that runs, of a folder at rest, or by its URI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from akson.cli.serving import DATABASE
from akson.store.database.pool import Database

SECONDS = 1800
"""A statement of a large load may take longer than one of a request."""


@dataclass(frozen=True, slots=True)
class Where:
    """A data folder and the node in it (empty: that of `akson fhir serve`), or the URI of a database."""

    data: Path
    node: str = ""
    uri: str = ""


@asynccontextmanager
async def opened(where: Where) -> AsyncIterator[Database]:
    """The database, open and with the schema of this version. Unavailable, NotFound."""
    if where.uri:
        async with _open(where.uri) as database:
            yield database
        return
    from akson.store.database.beside import running
    from akson.store.database.embedded import Embedded

    name = f"akson_{where.node}" if where.node else DATABASE
    uri = await asyncio.to_thread(running, where.data, name)
    if uri is not None:
        async with _open(uri) as database:
            yield database
        return
    postgres = Embedded(where.data)
    await asyncio.to_thread(postgres.start)
    try:
        # The database of a node is made by the node; a name that was mistyped makes none.
        uri = running(where.data, name) if where.node else postgres.uri(name)
        async with _open(uri or postgres.uri(name)) as database:
            yield database
    finally:
        await asyncio.to_thread(postgres.stop)


@asynccontextmanager
async def _open(uri: str) -> AsyncIterator[Database]:
    from akson.store.database.migrate import migrate

    database = Database(uri, 2, statement_timeout=SECONDS)
    await database.open()
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()
