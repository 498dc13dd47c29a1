"""The chart tells why one sees it, and the refused page why not, on a wide screen and a telephone."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_critical import open_chart


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("phone", [False, True])
def test_why_and_why_not(site, phone):
    page = site.sign_in("journal", "tone-bakke", "Tone Bakke", phone=phone)
    open_chart(page, "Ingrid Haugen")
    page.get_by_text("Hvorfor ser jeg dette?").click()
    expect(page.get_by_text("Se bare det du trenger for hjelpen du gir.")).to_be_visible()
    fits(page)
    page.goto(page.url.rstrip("/") + "/legemidler")
    expect(
        page.get_by_text("Ingen av reglene for tilgang åpner dette for deg som saksbehandler.")
    ).to_be_visible()
    fits(page)
