"""The whole program with its demo: seeded once, a fresh copy for each test."""

from datetime import timedelta

import pytest
import pytest_asyncio
from tests.demo_world import start


@pytest_asyncio.fixture
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


@pytest.fixture
def live(monkeypatch):
    """Copies in the data hotel are never fresh: the record systems are asked, and tell of it in their own logs."""
    monkeypatch.setattr("akson.exchange.hub.look.FRESH", timedelta())
