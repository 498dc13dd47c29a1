"""A referral from the municipality to the hospital and the summary back, all from the screen, through the platform."""

import re

import pytest
from playwright.sync_api import expect


@pytest.mark.proves("I14", "L17")
def test_a_referral_there_and_a_summary_back(site):
    doctor = site.sign_in("journal", "jonas-berg", "Jonas Berg")
    doctor.goto("/journal/pasienter")
    doctor.get_by_role("link", name="Olav Berg").first.click()
    doctor.wait_for_url(re.compile("/journal/pasient/"))
    chart = doctor.url
    doctor.goto(f"{chart}/henvisning")
    expect(doctor.get_by_role("checkbox", name="Bisoprolol")).to_be_checked()
    doctor.get_by_label("Hvem skal få henvisningen?").select_option(label="Fjordsykehuset, lungepoliklinikk")
    doctor.get_by_label("Hva ber du om?").fill("Vurdering av KOLS")
    doctor.get_by_label("Hva er problemet nå?").fill("Mer tungpustet de siste to ukene.")
    doctor.get_by_label("Hovedgrunn").select_option(index=1)
    doctor.get_by_role("button", name="Send henvisning").click()
    doctor.wait_for_url(re.compile("/meldinger$"))
    status(doctor, "Henvisning", "Kvittert")

    specialist = site.sign_in("sykehus", "kristin-hauge", "Kristin Hauge")
    specialist.goto("/sykehus/innboks")
    specialist.get_by_role("link", name=re.compile("Henvisning")).first.click()
    expect(specialist.get_by_role("article")).to_contain_text("Mer tungpustet de siste to ukene.")
    letter = specialist.url
    specialist.get_by_role("checkbox", name="Bisoprolol").check()
    specialist.get_by_role("button", name="Ta inn valgte og avslutt").click()
    specialist.wait_for_url(re.compile("/sykehus/pasient/"))
    expect(specialist.locator("main")).to_contain_text("Bisoprolol tabletter 2,5 mg")
    specialist.goto(letter)
    specialist.get_by_text("Skriv epikrise").click()
    specialist.get_by_label("Overskrift").fill("Epikrise lungepoliklinikken")
    specialist.get_by_label("Vurdering").fill("Forverring av KOLS.")
    specialist.get_by_role("button", name="Send epikrise").click()
    specialist.wait_for_url(re.compile("/meldinger$"))

    for _ in range(20):
        doctor.goto("/journal/innboks")
        arrived = doctor.get_by_role("link", name="Epikrise lungepoliklinikken")
        if arrived.count():
            break
        doctor.wait_for_timeout(1_000)
    arrived.first.click()
    expect(doctor.get_by_role("article")).to_contain_text("Forverring av KOLS.")
    doctor.goto(f"{chart}/dokumenter")
    expect(doctor.locator("main")).to_contain_text("Epikrise lungepoliklinikken")


def test_a_referral_without_receiver_is_not_sent_and_nothing_is_lost(site):
    doctor = site.sign_in("journal", "jonas-berg", "Jonas Berg")
    doctor.goto("/journal/pasienter")
    doctor.get_by_role("link", name="Kari Nilsen").first.click()
    doctor.wait_for_url(re.compile("/journal/pasient/"))
    doctor.goto(f"{doctor.url}/henvisning")
    doctor.locator("form").evaluate_all("forms => forms.forEach(form => (form.noValidate = true))")
    doctor.get_by_label("Hva er problemet nå?").fill("Kul i brystet.")
    doctor.get_by_role("button", name="Send henvisning").click()
    expect(doctor.get_by_role("alert")).to_contain_text("Velg mottaker")
    expect(doctor.get_by_label("Hva er problemet nå?")).to_have_value("Kul i brystet.")


def status(page, title, wanted):
    """Look at the list until the letter has come so far."""
    line = page.locator("li", has=page.get_by_role("link", name=re.compile(title))).first
    for _ in range(20):
        if wanted in line.inner_text():
            return
        page.wait_for_timeout(1_000)
        page.reload()
    expect(line).to_contain_text(wanted)
