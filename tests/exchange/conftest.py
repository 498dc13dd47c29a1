"""The whole program with its demo, once for the module: its tests change different patients."""

import pytest_asyncio
from tests.world import fill, program


@pytest_asyncio.fixture
async def world(new_database, tmp_path):
    made, hosted = program(tmp_path, new_database)
    async with made.app.router.lifespan_context(made.app):
        await fill(hosted, made.settings)
        yield made
