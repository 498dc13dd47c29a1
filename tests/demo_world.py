"""The demo in databases to copy: seeded once in a test process, a fresh copy of all nodes for each test."""

import asyncio
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.reader import NODE
from akson.store.underway import hotel
from tests.world import TODAY, Program, program

_numbers = count(1)


class DemoTemplates:
    """Databases of all nodes with the demo in them, and the keys of the systems."""

    def __init__(self, postgres: Embedded, data: Path) -> None:
        self._postgres = postgres
        self.data = data
        self._names: list[str] = []
        asyncio.run(self._fill())

    def copies(self) -> Callable[[], str]:
        """Gives the URI of a fresh copy for each node in the order in which they are asked for."""
        places = iter(self._names)
        run = next(_numbers)

        def take() -> str:
            source = next(places)
            name = f"{source}_{run}"
            with psycopg.connect(self._postgres.uri("postgres"), autocommit=True) as connection:
                connection.execute(
                    sql.SQL("create database {} template {} strategy file_copy").format(
                        sql.Identifier(name), sql.Identifier(source)
                    )
                )
            return self._postgres.uri(name)

        return take

    async def _fill(self) -> None:
        from akson.demo.seed import seed

        def take() -> str:
            self._names.append(f"demo_{len(self._names)}")
            return self._postgres.uri(self._names[-1])

        made, hosted = program(self.data, take)
        for each in hosted:
            await migrate(each.place.database)
            await each.place.database.open()
            await seed(each.node.name, each.place.database, made.settings, TODAY)
            await each.place.database.close()
        await self._publish()

    async def _publish(self) -> None:
        """The record systems have told the data hotel all they hold, as they have when they have been up for a while."""
        names = iter(self._names)
        made, hosted = program(self.data, lambda: self._postgres.uri(next(names)))
        sources = {each.node.name for each in hosted if each.place.follows}
        platform = next(each for each in hosted if each.node.name == "samhandling").place.database
        async with made.app.router.lifespan_context(made.app):
            heard: set[str] = set()
            while not sources <= heard:
                await asyncio.sleep(0.1)
                async with platform.transaction(read_only=True, reader=NODE) as tx:
                    heard = set(await hotel.heard(tx))
        # A job that was ended in the middle leaves its connection to the garbage collector; nobody may hold a template.
        with psycopg.connect(self._postgres.uri("postgres"), autocommit=True) as connection:
            ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = any(%s)"
            connection.execute(ended, [self._names])


def start(templates: DemoTemplates) -> Program:
    """The program on fresh copies; enter its lifespan to run it."""
    made, _ = program(templates.data, templates.copies())
    return made
