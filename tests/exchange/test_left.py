"""Whoever leaves while a token is renewed: the session goes on."""

import asyncio

import pytest
from tests.exchange.asking import side

from akson.security.client import Behalf

pytestmark = pytest.mark.store


async def test_a_session_outlives_a_page_that_did_not_wait_for_its_token(world, monkeypatch):
    browser = await world.sign_in("innbygger", "ingrid")
    hub = side(world, "samhandling")
    secret = next(cookie.value for cookie in browser.cookies.jar if "innbygger" in cookie.name)
    behalf = Behalf(await hub.sessions.find(secret))
    system, asked = type(hub.peer.system), asyncio.Event()
    tokens = system.tokens

    async def slow(self, *told):
        found = await tokens(self, *told)
        asked.set()
        await asyncio.sleep(0.2)
        return found

    monkeypatch.setattr(system, "tokens", slow)
    waiting = asyncio.create_task(hub.peer.token("akson:sykehus/fhir", behalf))
    await asked.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await hub.peer.token("akson:journal/fhir", behalf)
    assert await hub.peer.token("akson:fjellheim/fhir", behalf)
