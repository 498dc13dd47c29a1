"""Nodes meet over HTTP with tokens of the trust anchor, and nobody gets in without one."""

import re

import pytest

pytestmark = pytest.mark.store


async def test_every_node_answers_its_health(world):
    async with world.browser() as browser:
        for node in ("journal", "sykehus", "fjellheim", "samhandling", "tillitsanker", "iga"):
            answer = await browser.get(f"/{node}/health")
            assert (answer.status_code, answer.json()["status"]) == (200, "up")
        assert (await browser.get("/journal/fhir/Patient")).status_code == 401
        assert (await browser.get("/")).status_code == 200


async def test_a_nurse_signs_in_and_sees_her_day(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    home = await nurse.get("/journal/")
    assert home.status_code == 200
    assert "Ingrid Haugen" in home.text
    chart = re.search(r'href="(/journal/pasient/[^"#?/]+)">Ingrid Haugen', home.text)
    assert chart is not None
    for tab in ("", "/kritisk", "/legemidler", "/problemer", "/notater", "/dokumenter", "/meldinger"):
        assert (await nurse.get(chart[1] + tab)).status_code == 200
    assert (await nurse.get(chart[1].replace("journal", "sykehus"))).url.path.startswith("/tillitsanker/")


async def test_a_citizen_signs_in_to_the_portal(world):
    citizen = await world.sign_in("innbygger", "olav")
    page = await citizen.get("/innbygger/")
    assert (page.status_code, page.url.path) == (200, "/innbygger/")
    for tab in ("helse", "henvisninger", "innsyn"):
        assert (await citizen.get(f"/innbygger/{tab}")).status_code == 200
