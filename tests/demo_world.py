"""The demo in databases to copy: seeded once in a test process, a fresh copy of all nodes for each test."""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from tests.world import TODAY, Program, program

_numbers = count(1)


class DemoTemplates:
    """Databases of all nodes with the demo in them, and the keys of the systems."""

    def __init__(self, postgres: Embedded, data: Path) -> None:
        self._postgres = postgres
        self.data = data
        self._names: list[str] = []
        self._used: dict[int, list[str]] = {}
        asyncio.run(self._fill())

    def copies(self) -> Callable[[], str]:
        """Gives the URI of a fresh copy for each node in the order in which they are asked for."""
        run = next(_numbers)
        names = [f"{source}_{run}" for source in self._names]
        with psycopg.connect(self._postgres.uri("postgres"), autocommit=True) as connection:
            self._drop(connection, run)
            for source, name in zip(self._names, names, strict=True):
                connection.execute(
                    sql.SQL("create database {} template {} strategy file_copy").format(
                        sql.Identifier(name), sql.Identifier(source)
                    )
                )
        self._used[run] = names
        here = self._postgres.uri("postgres")
        places = iter(here.replace("/postgres?", f"/{name}?") for name in names)
        return lambda: next(places)

    def _drop(self, connection: psycopg.Connection[tuple[str]], run: int) -> None:
        """Remove the copies of tests that have ended, or all tests together would fill the disk.

        Those of the last run stay, for two programs may be made before either opens its databases.
        """
        busy = {name for (name,) in connection.execute("select distinct datname from pg_stat_activity")}
        for old in [each for each in self._used if each < run - 1]:
            if busy.isdisjoint(self._used[old]):
                for name in self._used.pop(old):
                    connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))

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
        """The record systems have told the data hotel all they hold, as they have when they have been up for a while.

        Nothing else runs: a template has no checkpoint, no countersignature and no tide of its own.
        """
        names = iter(self._names)
        _, hosted = program(self.data, lambda: self._postgres.uri(next(names)))
        async with AsyncExitStack() as stack:
            for database in [base for each in hosted for base in (each.place.database, each.doorway)]:
                await database.open()
                stack.push_async_callback(database.close)
            for publisher in [each.publisher for each in hosted if each.place.follows]:
                while await publisher.once():
                    pass


def start(templates: DemoTemplates, beside: Path | None = None, **settings: str) -> Program:
    """The program on fresh copies; enter its lifespan to run it.

    How far the copies of the test before had come is forgotten: these are new, and were not put back. A program that runs
    beside another one has a folder of its own: in the other's, it would find how far that one has come.
    """
    data = beside or templates.data
    if beside:
        shutil.copytree(templates.data / "keys", beside / "keys")
    shutil.rmtree(data / "tide", ignore_errors=True)
    made, _ = program(data, templates.copies(), **settings)
    return made
