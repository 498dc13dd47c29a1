"""Signing in: the whole way over HTTP, and every way in which an answer can be somebody else's."""

import pytest

from tests.security.world import NURSE

pytestmark = pytest.mark.store


async def test_a_nurse_signs_in_and_is_known(world):
    async with world.browser() as browser:
        back = await world.sign_in(browser)
        assert back.status_code == 303
        assert back.headers["location"] == "/journal/"
        found = (await browser.get("/journal/page")).json()
    assert found["kind"] == "personnel"
    assert found["pid"] == NURSE.pid
    assert found["role"] == "PractitionerRole/1"
    assert found["assurance"] == 4
