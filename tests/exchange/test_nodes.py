"""Nodes meet over HTTP with tokens of the trust anchor, and nobody gets in without one."""

import pytest

pytestmark = pytest.mark.store


async def test_every_node_answers_its_health(world):
    async with world.browser() as browser:
        for node in ("journal", "sykehus", "fjellheim", "samhandling", "tillitsanker", "iga"):
            answer = await browser.get(f"/{node}/health")
            assert (answer.status_code, answer.json()["status"]) == (200, "up")
        assert (await browser.get("/journal/fhir/Patient")).status_code == 401
        assert (await browser.get("/")).status_code == 200
