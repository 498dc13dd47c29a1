"""Point for point on the screen: a nurse registers an allergy; hospital and citizen see it come; two change it at once."""

import re

import pytest
from playwright.sync_api import expect

WITHIN = 2_000
"""Milliseconds for what one writes to stand on the others' screens."""


def open_chart(page, name):
    """Find a patient by name and open the chart."""
    page.get_by_role("searchbox").first.fill(name)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=name).first.click()
    page.wait_for_url(re.compile("/pasient/"))


def fill(page, what, *, severity="Alvorlig", certainty="Bekreftet", reaction=""):
    page.get_by_label("Hva").fill(what)
    page.get_by_label("Alvorlighet").select_option(label=severity)
    page.get_by_label("Hvor sikkert").select_option(label=certainty)
    page.get_by_label("Reaksjon").fill(reaction)


def save(page):
    page.get_by_role("button", name="Lagre i felles register").click()


@pytest.mark.proves("I8")
def test_an_allergy_stands_on_three_screens_within_two_seconds(site):
    nurse = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    doctor = site.sign_in("sykehus", "ola-strand", "Ola Strand")
    citizen = site.sign_in("innbygger", "ingrid", "Ingrid Haugen", phone=True)
    open_chart(doctor, "Ingrid Haugen")
    citizen.goto("/innbygger/helse")
    open_chart(nurse, "Ingrid Haugen")
    nurse.get_by_role("link", name="Kritisk informasjon").first.click()
    nurse.get_by_role("link", name=re.compile("Legg til – Overfølsomhet")).click()
    fill(nurse, "Penicilliner", reaction="Anafylaksi")
    doctor.wait_for_timeout(500)
    save(nurse)
    expect(doctor.get_by_text("Penicilliner").first).to_be_visible(timeout=WITHIN)
    expect(citizen.get_by_text("Penicilliner").first).to_be_visible(timeout=WITHIN)
    expect(nurse.get_by_text("Penicilliner").first).to_be_visible()
    expect(doctor.locator("#register, main").first).to_contain_text("Hanne Lunde")
    expect(doctor.locator("main")).to_contain_text("Solvik")
    expect(citizen.locator("main")).to_contain_text("Hanne Lunde")
    expect(doctor.locator("header, .banner").filter(has_text="Penicilliner").first).to_be_visible()


@pytest.mark.proves("I8")
def test_two_who_change_at_once_see_both_versions_and_choose(site):
    nurse = site.sign_in("journal", "hanne-lunde", "Hanne Lunde")
    doctor = site.sign_in("sykehus", "ola-strand", "Ola Strand")
    open_chart(nurse, "Ingrid Haugen")
    nurse.get_by_role("link", name="Kritisk informasjon").first.click()
    nurse.get_by_role("link", name=re.compile("Legg til – Overfølsomhet")).click()
    fill(nurse, "Latex", reaction="Elveblest", certainty="Mistenkt")
    save(nurse)
    nurse.wait_for_url(re.compile("/kritisk$"))
    open_chart(doctor, "Ingrid Haugen")
    doctor.get_by_role("link", name="Kritisk informasjon").first.click()
    nurse.get_by_role("link", name=re.compile("Endre.*Latex")).click()
    doctor.get_by_role("link", name=re.compile("Endre.*Latex")).click()
    doctor.get_by_label("Hvor sikkert").select_option(label="Bekreftet")
    save(doctor)
    doctor.wait_for_url(re.compile("/kritisk$"))
    nurse.get_by_label("Merknad").fill("Fikk det av hansker i 2019")
    save(nurse)
    expect(nurse.get_by_role("alert")).to_be_visible()
    expect(nurse.locator("main")).to_contain_text("Ola Strand")
    expect(nurse.locator("main")).to_contain_text("Fikk det av hansker i 2019")
    for radio in nurse.get_by_role("radio", name=re.compile("Bekreftet|Fikk det")).all():
        radio.check()
    nurse.locator("form button[type=submit]").last.click()
    nurse.wait_for_url(re.compile("/kritisk$"))
    line = nurse.locator("li, .register-item").filter(has_text="Latex").first
    expect(line).to_contain_text("Bekreftet")
    expect(line).to_contain_text("Fikk det av hansker i 2019")
