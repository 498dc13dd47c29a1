"""/samhandling/tjenester: every service with its mode, its searches and how much there is, and nothing of anybody."""

import pytest
from tests.exchange.forms import chart

from akson.exchange.declare import load
from akson.exchange.own_package import installable
from akson.exchange.profiles import name_of, own_profile
from akson.kit.text import text

pytestmark = pytest.mark.store


@pytest.mark.proves("P2")
async def test_every_service_is_listed_with_its_volume_and_its_times(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Olav Berg")
    for _ in range(5):
        assert (await nurse.get(f"{here}/tjenester/problem-og-diagnose/andre")).status_code == 200
    operator = await world.sign_in("samhandling", "henrik-vold")
    page = (await operator.get("/samhandling/tjenester")).text
    for service in load():
        assert f"{service.number}. {text(service.title)}" in page
        assert all(text(part.title) in page for part in service.parts)
        assert all(name_of(service, part) in page for part in service.parts if own_profile(service, part))
    assert "oppslag tar" in page
    assert "no-basis-DocumentReference" in page
    assert "under fem" in page
    assert "Olav" not in page


async def test_it_is_for_those_who_have_signed_in(world):
    page = await world.browser().get("/samhandling/tjenester")
    assert "/tillitsanker/" in str(page.url) or "/login" in str(page.url)


async def test_the_package_with_the_profiles_is_for_everybody(world):
    nobody = world.browser()
    page = (await (await world.sign_in("samhandling", "henrik-vold")).get("/samhandling/tjenester")).text
    where = page.partition('href="/samhandling/pakke/')[2].partition('"')[0]
    for name in (where, "no.akson.base.tgz"):
        found = await nobody.get(f"/samhandling/pakke/{name}")
        assert found.status_code == 200
        assert found.headers["content-type"] == "application/gzip"
        assert found.content == installable()
    assert (await nobody.get("/samhandling/pakke/another.tgz")).status_code == 404
