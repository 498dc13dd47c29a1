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
    assert text("portal.referrals_empty") in await innbygger.get("/henvisninger")
    assert text("portal.documents_empty") in await innbygger.get("/helse")


async def test_the_access_log_shows_ones_own_looks(innbygger):
    await innbygger.sign_in("ingrid")
    await innbygger.get("/helse")
    assert text("portal.yourself") in await innbygger.get("/innsyn")


async def test_one_citizen_sees_nothing_of_another(innbygger):
    await innbygger.sign_in("marit")
    assert "Apiksaban" not in await innbygger.get("/helse")
