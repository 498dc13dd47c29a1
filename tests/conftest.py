"""Fixtures for all tests: one embedded PostgreSQL a test process, and a fresh, migrated database a test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from akson.store.embedded import Embedded
from akson.store.migrate import migrate
from akson.store.pool import Database

# Tests do not outlive a power cut: without waiting for the disk they are several times faster.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
TEMPLATE = "akson_template"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A running embedded PostgreSQL."""
    server = Embedded(Path(tmp_path_factory.mktemp("postgres")), FAST)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def _template(postgres: Embedded) -> str:
    """An empty database with the schema of this version, to copy."""

    async def fill() -> None:
        database = Database(postgres.uri(TEMPLATE), 1)
        await database.open()
        await migrate(database)
        await database.close()

    asyncio.run(fill())
    return TEMPLATE


_numbers = count(1)


@pytest.fixture
def new_database(postgres: Embedded, _template: str) -> Iterator[Callable[[], str]]:
    """Makes fresh, migrated databases; each call gives the URI of a new one. They are dropped after the test."""
    made = []

    def make() -> str:
        name = f"test_{next(_numbers)}"
        with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(name), sql.Identifier(_template)
                )
            )
        made.append(name)
        return postgres.uri(name)

    yield make
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        for name in made:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest_asyncio.fixture
async def database(new_database: Callable[[], str]) -> AsyncIterator[Database]:
    """A fresh, migrated database, open."""
    opened = Database(new_database(), 8)
    await opened.open()
    yield opened
    await opened.close()
