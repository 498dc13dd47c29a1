"""A record that is opened in an emergency says so, counts down and is closed again, on a wide screen and a telephone."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_critical import open_chart


@pytest.mark.parametrize("phone", [False, True])
def test_it_counts_down_and_is_closed_again(site, phone):
    page = site.sign_in("journal", "silje-aune", "Silje Aune", phone=phone)
    open_chart(page, "Ingrid Haugen")
    page.get_by_role("link", name="Åpne i en nødsituasjon").click()
    page.get_by_label("Hva slags nødsituasjon").select_option(label="Fare for liv")
    page.get_by_label("Hvorfor trenger du").fill("Bevisstløs, trenger medisinliste")
    page.get_by_role("button", name="Åpne journalen").click()
    expect(page.get_by_text("Journalen er åpnet i en nødsituasjon.")).to_be_visible()
    expect(page.get_by_text("60 minutter igjen.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.get_by_role("button", name="Avslutt nå").click()
    expect(page.get_by_text("har ikke noe behandlingsforhold")).to_be_visible()
    expect(page.get_by_text("Journalen er åpnet i en nødsituasjon.")).to_have_count(0)
