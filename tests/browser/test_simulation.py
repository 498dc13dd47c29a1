"""Trying a change of the rules on a page, on a wide screen and a telephone."""

import pytest
from playwright.sync_api import expect


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("phone", [False, True])
def test_a_change_is_chosen_tried_and_told(site, phone):
    nurse = site.sign_in("journal", "hanne-lunde", "Hanne Lunde", phone=phone)
    expect(nurse.get_by_role("heading", level=1)).to_be_visible()
    page = site.sign_in("journal", "anne-grete-rud", "Anne Grete Rud", phone=phone)
    page.get_by_role("link", name="Prøv en regelendring").click()
    expect(page.get_by_role("heading", name="Prøvd før")).to_be_visible()
    fits(page)
    page.get_by_label("Minutter en nødåpning varer").fill("9999")
    page.get_by_role("button", name="Prøv endringen").click()
    expect(page.get_by_text("Skriv et helt tall fra 0 til 1440.")).to_be_visible()
    fits(page)
    page.get_by_label("Minutter en nødåpning varer").fill("30")
    page.get_by_label("Enheten gir personen helsehjelp").check()
    page.get_by_role("button", name="Prøv endringen").click()
    expect(page.get_by_text("Gitt, og ville blitt avvist:")).to_be_visible()
    expect(page.get_by_text("linjer er gått gjennom")).to_have_count(0, timeout=60_000)
    expect(page.get_by_role("region", name="Etter rolle").get_by_text("hjemmesykepleier")).to_be_visible()
    page.get_by_text("Eksempler på det som ville blitt avvist").click()
    expect(page.get_by_text("→ Avvist").first).to_be_visible()
    fits(page)
