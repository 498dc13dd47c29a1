"""The citizen portal, on the demo's own data."""

import pytest

from akson.kit.text import text

pytestmark = pytest.mark.store


async def test_the_citizen_sees_what_is_critical_with_who_wrote_it(innbygger):
    await innbygger.sign_in("olav")
    page = await innbygger.get("/helse")
    assert text("portal.critical") in page
    await innbygger.sign_in("ingrid")
    page = await innbygger.get("/helse")
    assert "Apiksaban 5 mg to ganger daglig" in page
    assert "Jonas Berg" in page


async def test_home_and_the_other_pages_open_with_true_empty_states(innbygger):
    await innbygger.sign_in("ingrid")
    assert text("portal.seen") in await innbygger.get("/")
    assert text("send.portal_fetching") in await innbygger.get("/henvisninger")
    listed = await innbygger.get("/henvisninger?alle")
    assert text("web.source_missing", name="Fjordsykehuset") in listed
    assert text("portal.referrals_empty") not in listed


async def test_silent_systems_are_named_and_never_shown_as_nobody_or_nothing(innbygger):
    await innbygger.sign_in("ingrid")
    await innbygger.get("/helse")
    seen = await innbygger.get("/innsyn")
    assert text("web.source_missing", name="Fjordsykehuset") in seen
    assert text("seen.none") not in seen
    assert text("seen.own") in seen
    card = await innbygger.get("/innsyn/kort")
    assert text("seen.card_none_but") in card
    papers = await innbygger.get("/helse/dokumenter")
    assert text("web.source_missing", name="Fjordsykehuset") in papers
    assert text("portal.documents_empty") not in papers


async def test_one_citizen_sees_nothing_of_another(innbygger):
    await innbygger.sign_in("marit")
    assert "Apiksaban" not in await innbygger.get("/helse")


async def test_the_monitor_is_for_those_who_run_the_platform(platform):
    await platform.sign_in("henrik-vold")
    page = await platform.get("/")
    assert text("web.monitor_none") in page
    assert text("web.monitor_quiet") in page
