"""The whole program with its demo: seeded once, a fresh copy for each test."""

import pytest_asyncio
from tests.demo_world import start


@pytest_asyncio.fixture
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made
