"""The small world of `world.py`, one for all tests of a module: they change only what they make themselves."""

import psycopg
import pytest_asyncio
from psycopg import sql

from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.security.world import World

NAMES = ("tillitsanker", "journal", "sykehus")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres, _template, tmp_path_factory):
    databases = {}
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        for name in NAMES:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )
            made = sql.SQL("create database {} template {}")
            connection.execute(made.format(sql.Identifier(name), sql.Identifier(_template)))
            databases[name] = Database(postgres.uri(name), 4, reader=OWNER)
    for database in databases.values():
        await database.open()
    found = World(tmp_path_factory.mktemp("world"), databases)
    await found.fill()
    yield found
    await found.http.aclose()
    for database in databases.values():
        await database.close()
