"""`akson up`: sets up what is missing and serves the demo's nodes under one address."""

import argparse
import asyncio
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from akson.kit.clock import today

if TYPE_CHECKING:
    from collections.abc import Iterator

    from akson.cli.main import Commands
    from akson.kit.settings import Node, Settings

READY_SECONDS = 60


def add(commands: "Commands") -> None:
    """Add `up`."""
    command = commands.add_parser(
        "up",
        help="set up what is missing and serve the demo",
        description="Start the database, bring its schema up to date, fill empty nodes with invented people, and serve"
        " the nodes of the demo. AKSON_PORT and AKSON_DATA choose port and data folder, AKSON_NODES the nodes. Ctrl-C"
        " stops it.",
    )
    command.set_defaults(run=run)


def say(line: str) -> None:
    """Tell how far it has come, at once also through a pipe."""
    print(line, flush=True)


def run(_chosen: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM; 0 after a clean end."""
    from akson.asgi.trusting import served_nodes
    from akson.cli import hosting
    from akson.cli.hosting import check_free, terminable
    from akson.fhir.spec import folder
    from akson.kit.log import QUIET, configure
    from akson.kit.settings import Settings

    folder.check()
    settings = Settings.load()
    check_free(settings.host, settings.port)
    configure(QUIET)
    started = time.monotonic()
    found = served_nodes(settings)
    with terminable(), database(settings, found) as settled:
        hosting.run(host(settled, found, started))
    say("Stopped.")
    return 0


@contextmanager
def database(settings: "Settings", nodes: "tuple[Node, ...]") -> "Iterator[Settings]":
    """The settings with a database server to use: the embedded one, unless they name another."""
    from akson.cli.hosting import undisturbed
    from akson.store.database.embedded import Embedded

    if settings.database:
        yield settings
        return
    postgres = Embedded(settings.data)
    say(f"Starting the database in {settings.data.absolute()}")
    postgres.start()
    try:
        settled = replace(settings, database=postgres.uri("postgres"))
        for node in nodes:
            postgres.uri(f"akson_{node.name}")
        yield settled
    finally:
        with undisturbed():
            say("Stopping the database")
            postgres.stop()


async def host(settings: "Settings", nodes: "tuple[Node, ...]", started: float) -> None:
    """Prepare every node, then serve them all."""
    from akson.asgi.program import application
    from akson.cli.hosting import serve

    for node in nodes:
        await prepare(settings, node)
    say("Starting the nodes")
    app = application(settings, nodes)

    async def announce() -> None:
        await answered(nodes)
        say(f"All nodes answer after {time.monotonic() - started:.1f} s. Ctrl-C stops.")
        say(f"Akson is ready: http://localhost:{settings.port}")

    def quiesce() -> None:
        app.state.quiesce()

    await serve(
        app,
        app.router.lifespan_context(app),
        (settings.host, settings.port),
        announce,
        quiesce,
    )


async def prepare(settings: "Settings", node: "Node") -> None:
    """The node's database: up to date and, where it was empty, filled."""
    from akson.asgi.hosted import database_uri
    from akson.demo.choices import choose
    from akson.demo.seed import seed
    from akson.exchange.own_package import load_own
    from akson.kit.settings import Role
    from akson.record.context import Place
    from akson.record.package_files import load_folder
    from akson.record.registry import Registry
    from akson.store.database.migrate import migrate
    from akson.store.database.pool import Database
    from akson.store.database.reader import NODE

    opened = Database(database_uri(settings, node.name), size=2, reader=NODE)
    fresh = bool(await migrate(opened))
    await opened.open()
    try:
        place = Place(node, opened, registry=Registry(settings.content))
        await load_own(place)
        await load_folder(place, settings.packages)
        if fresh:
            say(f"Setting up {node.name} ({node.title})")
        count = await seed(node.name, opened, settings, today())
        if fresh and Role.SAMHANDLING in node.roles:
            await choose(place, today())
        if count:
            done = "written" if fresh else f"of {node.name} moved to this day"
            say(f"  {count} invented resources {done}")
    finally:
        await opened.close()


async def answered(nodes: "tuple[Node, ...]") -> None:
    """Wait until every node says that it is well; Unavailable when one does not in a minute."""
    import httpx

    from akson.kit.errors import Unavailable

    deadline = time.monotonic() + READY_SECONDS
    async with httpx.AsyncClient(timeout=5) as client:
        for node in nodes:
            while True:
                try:
                    if (await client.get(f"{node.base}/health")).status_code == httpx.codes.OK:
                        break
                except httpx.HTTPError:
                    pass
                if time.monotonic() > deadline:
                    raise Unavailable(f"the node {node.name} does not answer")
                await asyncio.sleep(0.05)
