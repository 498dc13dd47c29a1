"""A referral from the municipality to the hospital and the summary back, all from the screen, through the platform."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import expect

from akson.kit.clock import NORWAY


def new_referral(site, patient):
    """The form about a patient, on the screen of the regular GP."""
    doctor = site.sign_in("journal", "jonas-berg", "Jonas Berg")
    doctor.goto("/journal/pasienter")
    doctor.get_by_role("link", name=patient).first.click()
    doctor.wait_for_url(re.compile("/journal/pasient/"))
    chart = doctor.url
    doctor.goto(f"{chart}/meldinger")
    doctor.get_by_role("link", name="Ny henvisning").click()
    doctor.wait_for_url(re.compile("/henvisning/ny$"))
    return doctor, chart


@pytest.mark.proves("I14", "L17")
def test_a_referral_there_and_a_summary_back(site):
    doctor, chart = new_referral(site, "Olav Berg")
    expect(doctor.get_by_role("checkbox", name="Bisoprolol")).to_be_checked()
    doctor.get_by_role("searchbox", name="Søk etter avdeling").press_sequentially("lunge")
    expect(doctor.get_by_role("radio")).to_have_count(1)
    doctor.get_by_role("radio", name="lungepoliklinikk").check()
    doctor.get_by_label("Hva ønsker du?").fill("Vurdering av KOLS")
    doctor.get_by_label("Aktuell problemstilling").fill("Mer tungpustet de siste to ukene.")
    doctor.get_by_label("Diagnosen det gjelder").select_option(index=1)
    doctor.get_by_role("button", name="Se over").click()
    expect(doctor.locator("main")).to_contain_text("Mer tungpustet de siste to ukene.")
    doctor.get_by_role("button", name="Send henvisningen").click()
    doctor.wait_for_url(re.compile("/meldinger$"))
    # The list follows by itself: nobody loads the page again.
    expect(doctor.locator("#messages li").first).to_contain_text("Kvittert", timeout=20_000)

    specialist = site.sign_in("sykehus", "kristin-hauge", "Kristin Hauge")
    specialist.goto("/sykehus/innboks")
    specialist.get_by_role("link", name=re.compile("Henvisning")).first.click()
    expect(specialist.get_by_role("article")).to_contain_text("Mer tungpustet de siste to ukene.")
    letter = specialist.url
    # What the shared list holds is a link, shown as it stands there now: nothing of it is to be taken in.
    expect(specialist.locator("#links")).to_contain_text("Bisoprolol")
    expect(specialist.get_by_role("group", name="Bisoprolol")).to_have_count(0)
    specialist.get_by_role("button", name="Lagre valgene").click()
    expect(specialist.get_by_role("status").filter(has_text="tatt inn i journalen")).to_be_visible()
    specialist.get_by_label("Helsehjelpen skal starte innen").fill(f"{datetime.now(NORWAY).year + 1}-03-01")
    specialist.get_by_role("button", name="Ta imot").click()
    specialist.get_by_role("link", name="Skriv epikrise").click()
    specialist.wait_for_url(f"{letter.partition('?')[0]}/epikrise")
    specialist.get_by_label("Tittel").fill("Epikrise lungepoliklinikken")
    specialist.get_by_role("textbox", name="Vurdering").fill("Forverring av KOLS.")
    specialist.get_by_role("button", name="Se over").click()
    specialist.get_by_role("button", name="Send epikrisen").click()
    specialist.wait_for_url(re.compile("/meldinger$"))

    doctor.goto("/journal/innboks")
    arrived = doctor.get_by_role("link", name="Epikrise lungepoliklinikken")
    expect(arrived.first).to_be_visible(timeout=20_000)
    arrived.first.click()
    expect(doctor.get_by_role("article")).to_contain_text("Forverring av KOLS.")
    doctor.goto(f"{chart}/dokumenter")
    expect(doctor.locator("main")).to_contain_text("Epikrise lungepoliklinikken")


def test_a_referral_without_receiver_is_not_sent_and_nothing_is_lost(site):
    doctor, _ = new_referral(site, "Kari Nilsen")
    doctor.get_by_label("Aktuell problemstilling").fill("Kul i brystet.")
    doctor.get_by_role("button", name="Se over").click()
    expect(doctor.get_by_role("alert")).to_contain_text("Velg hvem du henviser til")
    expect(doctor.get_by_label("Aktuell problemstilling")).to_have_value("Kul i brystet.")
