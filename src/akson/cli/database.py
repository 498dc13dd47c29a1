"""The database that a command works on: of a server that runs, of a folder at rest, or named by its URI."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from akson.store.database.embedded import Embedded
    from akson.store.database.pool import Database

PATIENT = 1800
"""Seconds that a statement of a large load may take: more than one of a request."""


@dataclass(frozen=True, slots=True)
class Where:
    """A data folder and the node in it (empty: that of `akson fhir serve`), or the URI of a database."""

    data: Path
    node: str = ""
    uri: str = ""


def arguments(command: argparse.ArgumentParser) -> None:
    """The arguments that say which database it is."""
    place = command.add_mutually_exclusive_group()
    place.add_argument(
        "--data",
        type=Path,
        default=Path("data"),
        help="data folder of a server, running or not (default data)",
    )
    place.add_argument("--database", default="", metavar="URI", help="connection URI of a database instead")
    command.add_argument(
        "--node",
        default="",
        help="with --data: node whose database it is, e.g. journal (default: that of akson fhir serve)",
    )


def where(chosen: argparse.Namespace) -> Where:
    """What `arguments` brought."""
    return Where(chosen.data, chosen.node, chosen.database)


@asynccontextmanager
async def opened(place: Where) -> AsyncIterator["Database"]:
    """The database, open and with the schema of this version. Unavailable; NotFound for a node that is not there."""
    async with _uri(place) as uri, ready(uri) as database:
        yield database


@asynccontextmanager
async def as_it_is(place: Where) -> AsyncIterator["Database"]:
    """The database, open, its schema left as it is. Unavailable; NotFound for a node that is not there."""
    from akson.store.database.pool import Database
    from akson.store.database.reader import OWNER

    async with _uri(place) as uri:
        database = Database(uri, 2, reader=OWNER, statement_timeout=PATIENT)
        await database.open()
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def _uri(place: Where) -> AsyncIterator[str]:
    from akson.cli.serving import DATABASE
    from akson.store.database.beside import running

    if place.uri:
        yield place.uri
        return
    name = f"akson_{place.node}" if place.node else DATABASE
    served = await asyncio.to_thread(running, place.data, name)
    if served is not None:
        yield served
        return
    async with embedded(place.data) as postgres:
        # The database of a node is made by the node; a name that was mistyped makes none.
        found = running(place.data, name) if place.node else None
        yield found or postgres.uri(name)


@asynccontextmanager
async def embedded(data: Path) -> AsyncIterator["Embedded"]:
    """The database server of a data folder, running for as long as the block lasts. Unavailable when it is in use."""
    from akson.store.database.embedded import Embedded

    postgres = Embedded(data)
    await asyncio.to_thread(postgres.start)
    try:
        yield postgres
    finally:
        await asyncio.to_thread(postgres.stop)


@asynccontextmanager
async def ready(uri: str) -> AsyncIterator["Database"]:
    """A database, open and with the schema of this version."""
    from akson.store.database.migrate import migrate
    from akson.store.database.pool import Database
    from akson.store.database.reader import OWNER

    database = Database(uri, 2, reader=OWNER, statement_timeout=PATIENT)
    await migrate(database)
    await database.open()
    try:
        yield database
    finally:
        await database.close()
