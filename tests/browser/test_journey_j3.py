"""Journey J3: Olav Berg with COPD measures at home and is followed up, each step by its actor on the screen.

Not played: the laboratory's own answer to the order (no page here writes a laboratory's report; the CRP is taken at the surgery
and written in as such), and the report to KPR, which the product does not send yet.
"""

import os

import pytest
from playwright.sync_api import expect

from tests.browser.acts import (
    CLOSE,
    answer,
    citizen,
    fits,
    measure,
    meet,
    note,
    reads,
    register,
    treats,
    write_to,
)

OLAV = "Olav Berg"
YELLOW = "Gul: ta akuttkuren og responssenteret ringer. Rød: ring 113."
INHALER = "Rist inhalatoren, pust rolig ut, pust inn mens du trykker, og hold pusten i ti sekunder."


@pytest.mark.skipif(
    os.environ.get("AKSON_JOURNEYS") != "all", reason="a part of `make soak`, which sets AKSON_JOURNEYS=all"
)
def test_olav_is_followed_up_at_home(site):
    doctor, chart = treats(site, "journal", "jonas-berg", "Jonas Berg", OLAV)
    the_doctor_finds_him_fit_and_makes_the_plan(doctor, chart)
    olav = citizen(site, "olav", OLAV)
    he_measures_in_the_morning(olav)
    room = the_response_centre_sees_yellow_and_calls(site, olav)
    they_meet_and_he_is_guided(room, olav)
    the_doctor_takes_crp_and_starts_a_course(doctor, chart)
    the_clinic_and_the_doctor_talk_about_the_plan(site, doctor, chart)
    he_reads_his_summary_and_results(olav)


def the_doctor_finds_him_fit_and_makes_the_plan(doctor, chart):
    register(
        doctor, chart, "problem-og-diagnose/funksjon",
        area="Ta vare på egen helse", level="2 Klarer seg selv med hjelpemidler", when="2026-11-27",
        note="Egnet for oppfølging hjemme: har nettbrett, og kona hjelper.",
    )  # fmt: skip
    register(
        doctor, chart, "planer/plan",
        kind="Egenbehandlingsplan", what="KOLS: grønn, gul og rød dag", content=YELLOW, status="Aktiv",
    )  # fmt: skip
    register(
        doctor, chart, "planer/grense",
        measure="Oksygen i blodet (%)", green_low="89", yellow_low="86", then=YELLOW, status="Aktiv",
    )  # fmt: skip
    register(
        doctor, chart, "planer/grense",
        measure="Symptomer, sum av poeng", green_low="0", green_high="4", yellow_low="0", yellow_high="8", then=YELLOW,
        status="Aktiv",
    )  # fmt: skip
    expect(doctor.locator("main")).to_contain_text("89 eller mer")


def he_measures_in_the_morning(olav):
    olav.goto("/innbygger/helse")
    olav.get_by_role("link", name="Skriv inn og se målinger").click()
    for kind, values in (("Vekt", ("82,9",)), ("Symptomer", ("3", "2", "2")), ("Oksygen i blodet", ("87",))):
        olav.get_by_role("link", name=kind, exact=True).click()
        for name, value in zip(("value", "second", "third"), values, strict=False):
            olav.locator(f"[name={name}]").fill(value)
        olav.get_by_role("button", name="Lagre målingen").click()
    saturation = olav.get_by_role("region", name="Oksygen i blodet")
    expect(saturation).to_contain_text("Målingen er gul")
    expect(saturation).to_contain_text("responssenteret ringer")
    expect(olav.get_by_role("region", name="Symptomer")).to_contain_text("Tung pust 3, Hoste 2, Slim 2")
    expect(olav.get_by_role("region", name="Vekt")).to_contain_text("Alt er som avtalt")
    fits(olav)


def the_response_centre_sees_yellow_and_calls(site, olav):
    nurse, chart = treats(site, "journal", "petter-holm", "Petter Holm", OLAV)
    nurse.get_by_role("link", name="Måling hjemme").click()
    row = nurse.locator("tr").filter(has_text=OLAV)
    expect(row).to_contain_text("87 %", timeout=CLOSE)
    expect(row).to_contain_text("Gul: ta akuttkuren")
    expect(row.get_by_role("link", name="Avtal video")).to_be_visible()
    nurse.meeting = meet(nurse, chart, "Gul måling: slik går vi videre", note="Ha inhalatoren klar.")
    nurse.chart = chart
    return nurse


def they_meet_and_he_is_guided(nurse, olav):
    olav.goto("/innbygger/avtaler")
    olav.get_by_role("link", name="Gul måling").click()
    expect(olav.locator("main")).to_contain_text("Ha inhalatoren klar.")
    olav.get_by_role("button", name="venterommet").click()
    nurse.goto(nurse.meeting)
    nurse.get_by_role("button", name="Slipp inn").click()
    expect(olav.get_by_role("link", name="Bli med i samtalen")).to_be_visible(timeout=CLOSE)
    fits(olav)
    nurse.get_by_role("button", name="Avslutt").click()
    note(nurse, nurse.chart, "Gul sone. Har startet akuttkuren som avtalt i planen. Inhalerer for raskt.")
    write_to(nurse, nurse.chart, "", "Slik bruker du inhalatoren", INHALER)
    olav.goto("/innbygger/meldinger")
    olav.get_by_role("link", name="Slik bruker du inhalatoren").click()
    expect(olav.locator("main")).to_contain_text("hold pusten i ti sekunder")


def the_doctor_takes_crp_and_starts_a_course(doctor, chart):
    doctor.goto(f"{chart}/bestilling/ny")
    doctor.get_by_role("radio").first.check()
    doctor.get_by_role("checkbox", name="P-CRP").check()
    doctor.locator("[name=why]").fill("Forverring av KOLS")
    doctor.get_by_role("button", name="Send").click()
    expect(doctor.locator("main")).to_contain_text("P-CRP", timeout=CLOSE)
    measure(doctor, chart, "crp", 42)
    register(
        doctor, chart, "legemidler-og-vaksiner/legemiddel",
        name="Prednisolon tabletter 20 mg", dose="2 tabletter hver morgen i sju dager", why="Forverring av KOLS",
        status="Aktiv", change="Startet", change_why="Gul sone og CRP 42",
    )  # fmt: skip
    expect(doctor.locator("main")).to_contain_text("2 tabletter hver morgen i sju dager")


def the_clinic_and_the_doctor_talk_about_the_plan(site, doctor, chart):
    write_to(
        doctor,
        chart,
        "Fjordsykehuset, lungepoliklinikk",
        "Planen etter forverring",
        "Bør grensen for gul sone settes opp?",
    )
    specialist = site.sign_in("sykehus", "kristin-hauge", "Kristin Hauge")
    specialist.set_default_timeout(CLOSE)
    answer(specialist, "sykehus", "Planen etter forverring", "Ja, sett den til 88 de neste to ukene.")
    doctor.reload()
    expect(doctor.locator("main")).to_contain_text("sett den til 88", timeout=CLOSE)
    doctor.goto(f"{chart}/tjenester/planer")
    doctor.locator("tr").filter(has_text="Oksygen i blodet").get_by_role("link", name="Endre").click()
    doctor.locator("[name=yellow_low]").fill("88")
    doctor.get_by_role("button", name="Lagre").click()
    specialist.get_by_role("link", name=OLAV).first.click()
    seen = specialist.url
    reads(specialist, f"{seen}/tjenester/planer", "88 eller mer")


def he_reads_his_summary_and_results(olav):
    reads(olav, "/innbygger/helse/svar", "42 mg/L", "CRP")
    reads(olav, "/innbygger/opplysninger/legemidler-og-vaksiner", "Prednisolon", "Ta hele kuren")
    reads(olav, "/innbygger/opplysninger/legemidler-og-vaksiner/endringer", "Startet", "Gul sone og CRP 42")
    reads(olav, "/innbygger/opplysninger/planer", "88 eller mer")
    reads(olav, "/innbygger/oppsummering", "Kronisk obstruktiv lungesykdom", "Prednisolon")
    fits(olav)
