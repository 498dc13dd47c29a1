"""A conversation on the screen: the citizen on a phone writes and attaches, the doctor answers, and the answer is there by itself."""

import re

import pytest
from playwright.sync_api import expect


@pytest.mark.proves("I26")
def test_a_message_from_the_phone_and_the_answer_that_comes_by_itself(site):
    ingrid = site.sign_in("innbygger", "ingrid", "Ingrid Haugen", phone=True)
    ingrid.get_by_role("link", name="Meldinger", exact=True).click()
    ingrid.get_by_role("link", name="Skriv ny melding").click()
    ingrid.get_by_label("Til").select_option("9000111")
    ingrid.get_by_label("Hva gjelder det?").fill("Utslett")
    ingrid.get_by_label("Meldingen").fill("Er dette av medisinen?")
    image = {"name": "arm.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\nx"}
    ingrid.get_by_label("Vedlegg").set_input_files([image])
    ingrid.get_by_role("button", name="Send").click()
    expect(ingrid.get_by_role("heading", name="Utslett")).to_be_visible()
    expect(ingrid.locator("main")).to_contain_text("Du får svar senest")
    assert ingrid.evaluate("document.documentElement.scrollWidth <= innerWidth")

    doctor = site.sign_in("journal", "jonas-berg", "Jonas Berg")
    expect(doctor.locator("#dialogue-count .count")).to_have_text("1")
    doctor.get_by_role("link", name=re.compile("^Dialog")).click()
    doctor.get_by_role("link", name="Utslett").click()
    expect(doctor.get_by_role("link", name="Vedlegg: arm.png")).to_be_visible()
    doctor.get_by_role("button", name="Ta samtalen").click()
    expect(doctor.locator("main")).to_contain_text("tatt av Jonas Berg")
    doctor.get_by_label("Svar").fill("Ja, slutt med tablettene.")
    doctor.get_by_role("button", name="Send", exact=True).click()
    expect(doctor.locator("main")).to_contain_text("Besvart")
    expect(ingrid.locator("main")).to_contain_text("Ja, slutt med tablettene.", timeout=20_000)
