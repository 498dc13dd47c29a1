"""An errand of a supplier's person from the question to the follow-up, on a wide screen and a telephone."""

import re

import pytest
from playwright.sync_api import expect

from tests.exchange.asking import PIDS


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("phone", [False, True])
def test_asked_approved_used_ended_and_followed_up(site, phone):
    ticket = f"2026-{100 + phone}"
    page = site.sign_in("journal", "mats-lie", "Mats Lie", phone=phone)
    expect(page.get_by_role("heading", name="Oppdrag", exact=True)).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Skriv et saksnummer med minst ett siffer")).to_be_visible()
    fits(page)
    page.get_by_label("Saksnummer").fill(ticket)
    page.get_by_label("Hva skal du gjøre?").fill("Legemiddellisten viser doble linjer")
    page.get_by_label("Deler av journalen til én pasient").check()
    page.get_by_label("legemidler").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name=f"Sak {ticket}")).to_be_visible()
    fits(page)

    officer = site.sign_in("journal", "anne-grete-rud", "Anne Grete Rud", phone=phone)
    officer.get_by_role("link", name="Oppdrag fra leverandører").click()
    case = officer.get_by_role("region", name=re.compile(ticket))
    case.get_by_label("Pasientens fødselsnummer").fill("12345678901")
    case.get_by_role("button", name="Godkjenn").click()
    expect(case.get_by_text("Ingen her har dette fødselsnummeret.")).to_be_visible()
    fits(officer)
    case.get_by_label("Pasientens fødselsnummer").fill(PIDS["ingrid"])
    case.get_by_role("button", name="Godkjenn").click()
    expect(case.get_by_text("Gjelder journalen til Ingrid Haugen")).to_be_visible()

    page.reload()
    page.get_by_role("region", name=re.compile(ticket)).get_by_role("link", name="Åpne journalen").click()
    expect(page.get_by_text("Du ser bare det oppdraget trenger.")).to_be_visible()
    expect(page.get_by_text("har ikke noe behandlingsforhold")).to_have_count(0)
    fits(page)
    page.get_by_role("link", name="Legemidler", exact=True).click()
    expect(page.get_by_role("heading", name="Legemidler i bruk")).to_be_visible()

    case.get_by_role("button", name="Avslutt nå").click()
    expect(case.get_by_text("Avsluttet før tiden av Anne Grete Rud")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Du har ikke tilgang")).to_be_visible()
    case.get_by_label("Hva kom du fram til?").select_option(label="Som godkjent")
    case.get_by_role("button", name="Lagre").click()
    expect(case.get_by_text("Fulgt opp", exact=True)).to_be_visible()
    fits(officer)
