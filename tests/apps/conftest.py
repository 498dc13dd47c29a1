"""The whole program with its demo, and an app that is approved in the municipality's record system."""

import pytest_asyncio

from tests.apps.client import Client, hosted, register
from tests.demo_world import start


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo):
    """One program for all tests of a module: each has an app of its own."""
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nurse(world):
    """The browser of a nurse who has signed in."""
    browser = await world.sign_in("journal", "hanne-lunde")
    yield browser
    await browser.aclose()


@pytest_asyncio.fixture(loop_scope="module")
async def app(world):
    """A public app, and how it speaks to the node."""
    return Client(world, *await register(hosted(world, "journal")))
