"""The small world of `world.py`, fresh for each test."""

import pytest_asyncio

from akson.store.pool import Database
from tests.security.world import World


@pytest_asyncio.fixture
async def world(new_database, tmp_path):
    databases = {name: Database(new_database(), 4) for name in ("tillitsanker", "journal", "sykehus")}
    for database in databases.values():
        await database.open()
    made = World(tmp_path, databases)
    await made.fill()
    yield made
    await made.http.aclose()
    for database in databases.values():
        await database.close()
