"""The whole program with its demo: seeded once, a fresh copy for each test."""

import pytest
import pytest_asyncio
from tests.demo_world import DemoTemplates, start


@pytest.fixture(scope="session")
def demo(postgres, tmp_path_factory):
    return DemoTemplates(postgres, tmp_path_factory.mktemp("demo"))


@pytest_asyncio.fixture
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made
