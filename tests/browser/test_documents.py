"""On the screen: a doctor signs a note in the hospital, a home nurse finds it by its words and reads it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_critical import open_chart

WORDS = "Mistanke om divertikulitt, CT bestilt til i morgen."


@pytest.mark.proves("I11", "L4")
def test_a_note_of_the_hospital_is_found_by_its_words_and_read_in_the_municipality(site):
    doctor = site.sign_in("sykehus", "ola-strand", "Ola Strand")
    open_chart(doctor, "Ingrid Haugen")
    doctor.get_by_role("link", name="Notater").first.click()
    doctor.get_by_role("link", name=re.compile("Nytt notat")).first.click()
    doctor.get_by_label("Hva du så og hørte").fill(WORDS)
    doctor.get_by_role("button", name="Signer").click()
    doctor.wait_for_url(re.compile(r"/notater/[^/]+$"))

    nurse = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    open_chart(nurse, "Ingrid Haugen")
    nurse.get_by_role("link", name="Dokumenter").first.click()
    expect(nurse.locator("#others")).to_contain_text("Fjordsykehuset")
    nurse.get_by_role("searchbox", name="Søk i teksten").fill("divertikulitt")
    nurse.get_by_role("button", name="Søk", exact=True).click()
    found = nurse.locator("#others a").first
    expect(found).to_be_visible()
    found.click()
    nurse.wait_for_url(re.compile("/dokumenter/fra/sykehus/"))
    expect(nurse.locator("main")).to_contain_text("divertikulitt")
    expect(nurse.locator("main")).to_contain_text("Ola Strand")
