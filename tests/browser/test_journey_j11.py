"""Journey J11: Per Arne Dahl after a stroke: hospital, rehabilitation, aids, training at home and follow-up, each step by its actor.

Not played: the report to the stroke register (the product sends no reports to quality registers yet), and the app for training:
what he trains with is his own; his measurements go by the page.
"""

import os
import re

import pytest
from playwright.sync_api import expect

from akson.demo.citizens import CITIZENS
from akson.demo.units import BY_KEY
from tests.browser.acts import (
    answers,
    arrives,
    asks,
    citizen,
    fits,
    measure,
    meet,
    note,
    partner,
    reads,
    refer,
    register,
    summarise,
    take_on,
    treats,
    write_to,
)

PER_ARNE, OFFICE = "Per Arne Dahl", BY_KEY["solvik-legesenter"].name
PID = next(each.pid for each in CITIZENS if each.key == "per-arne")


@pytest.mark.skipif(
    os.environ.get("AKSON_JOURNEYS") != "all", reason="a part of `make soak`, which sets AKSON_JOURNEYS=all"
)
def test_per_arne_is_rehabilitated_after_a_stroke(site):
    doctor, chart = treats(site, "journal", "jonas-berg", "Jonas Berg", PER_ARNE)
    the_hospital_treats_and_sends_its_summary(site, doctor, chart)
    therapist, there = treats(site, "journal", "nora-dahl", "Nora Dahl", PER_ARNE)
    the_rehabilitation_unit_tests_and_sets_goals(therapist, there)
    nav = partner(site, "geir-hansen", "Geir Hansen")
    aids_are_applied_for_and_followed(therapist, there, nav)
    per_arne = citizen(site, "per-arne", PER_ARNE)
    the_team_meets_and_shares_the_work(therapist, there, per_arne)
    he_trains_and_measures_at_home(site, per_arne, therapist, there)
    the_doctor_prevents_a_new_stroke(doctor, chart)
    nav_asks_what_he_can_work(nav, doctor, per_arne)


def the_hospital_treats_and_sends_its_summary(site, doctor, chart):
    refer(
        doctor,
        chart,
        "medisinsk",
        "Akutt vurdering av hjerneslag",
        "Plutselig svak i høyre arm klokken 08.10.",
    )
    specialist, there = treats(site, "sykehus", "ola-strand", "Ola Strand", PER_ARNE)
    letter = take_on(specialist, "sykehus")
    register(
        specialist, there, "prosedyrer-og-behandling/prosedyrer", what="Trombolyse", why="Hjerneslag", status="Fullført",
        when="2026-10-16", note="Startet 55 minutter etter symptomene",
    )  # fmt: skip
    specialist.goto(f"{there}/kritisk")
    specialist.get_by_role("link", name=re.compile("Legg til – Kritisk tilstand")).click()
    specialist.get_by_label("Hva").first.fill("Skal ikke kjøre bil før ny vurdering")
    specialist.locator("[name=why]").select_option(label="Kan påvirke bevissthetsgrad")
    specialist.get_by_role("button", name="Lagre i felles register").click()
    specialist.wait_for_url(re.compile("/kritisk$"))
    summarise(
        specialist, letter, "Hjerneslag, trombolyse", "God bedring i armen. Kjøreforbud i seks måneder."
    )
    arrives(doctor, "journal", "Hjerneslag, trombolyse", "Kjøreforbud")
    reads(doctor, f"{chart}/kritisk", "Skal ikke kjøre bil")
    reads(doctor, f"{chart}/tjenester/prosedyrer-og-behandling", "Trombolyse", "55 minutter")


def the_rehabilitation_unit_tests_and_sets_goals(therapist, chart):
    for kind, value in (("mrs", 3), ("barthel", 55), ("uas", 31)):
        measure(therapist, chart, kind, value)
    register(
        therapist,
        chart,
        "planer/maal",
        goal="Lage mat til Wenche på lørdager",
        status="Aktiv",
        due="2027-02-01",
    )
    register(
        therapist, chart, "planer/plan", kind="Plan for rehabilitering", what="Din plan, steg for steg",
        content="Mandag: gå 100 meter. Onsdag: lage én rett. Hver dag: si ti ord høyt.", status="Aktiv",
    )  # fmt: skip


def aids_are_applied_for_and_followed(therapist, chart, nav):
    for what in ("Rullestol", "Varslingsapp på telefonen"):
        therapist.goto(f"{chart}/samarbeid")
        therapist.locator("[name=to]").select_option(label="NAV Solvik")
        therapist.locator("[name=category]").select_option(label="Hjelpemiddel")
        therapist.locator("[name=basis]").select_option(label="Innbyggeren har samtykket")
        therapist.locator("[name=what]").fill(what)
        therapist.get_by_role("button", name="Send", exact=True).click()
        therapist.wait_for_url(re.compile("/anmodninger/"))
    case = therapist.url
    answers(nav, "partner/saker", "Rullestol", "Saken er til behandling", "Ta imot")
    answers(nav, "partner/saker", "Varslingsapp på telefonen", "Innvilget, sendes i posten", "Meld ferdig")
    reads(therapist, case, "Innvilget, sendes i posten")
    register(
        therapist, chart, "tjenester-og-hjelpemidler/hjelpemidler", what="Varslingsapp på telefonen", status="Aktiv",
        since="2026-11-27", note="Fra NAV",
    )  # fmt: skip


def the_team_meets_and_shares_the_work(therapist, chart, per_arne):
    room = meet(therapist, chart, "Ukesmøte med logoped", guests=("Wenche Dahl",), note="Vi deler oppgavene.")
    per_arne.goto("/innbygger/avtaler")
    per_arne.get_by_role("link", name="Ukesmøte med logoped").click()
    per_arne.get_by_role("button", name="venterommet").click()
    therapist.goto(room)
    therapist.get_by_role("button", name="Slipp inn").click()
    expect(per_arne.get_by_role("link", name="Bli med i samtalen")).to_be_visible(timeout=60_000)
    therapist.get_by_role("button", name="Avslutt").click()
    for what, who in (("Gangtrening ute", "Fysioterapeut"), ("Blodtrykk hver mandag", "Hjemmesykepleier")):
        register(therapist, chart, "planer/tiltak", what=what, status="Aktiv", who=who)
    note(therapist, chart, "Ukesmøte: går 140 meter, finner flere ord. Logoped ukentlig på video.")


def he_trains_and_measures_at_home(site, per_arne, therapist, chart):
    reads(
        per_arne, "/innbygger/opplysninger/planer", "Onsdag: lage én rett", "Gangtrening ute", "Fysioterapeut"
    )
    per_arne.goto("/innbygger/opplysninger/innbyggers-opplysninger/onske/ny")
    per_arne.locator("[name=kind]").select_option(label="Motivasjon for tjenester og behandling")
    per_arne.locator("[name=value]").fill("Jeg trener helst om formiddagen.")
    per_arne.get_by_role("button", name="Lagre").click()
    per_arne.goto("/innbygger/maalinger?slag=pressure")
    per_arne.locator("[name=value]").fill("132")
    per_arne.locator("[name=second]").fill("81")
    per_arne.get_by_role("button", name="Lagre målingen").click()
    expect(per_arne.locator("main")).to_contain_text("132/81 mmHg")
    fits(per_arne)
    wenche = citizen(site, "wenche", "Wenche Dahl")
    wenche.goto("/innbygger/role")
    wenche.get_by_role("button", name=PER_ARNE).click()
    reads(wenche, "/innbygger/opplysninger/planer", "Lage mat til Wenche på lørdager")
    write_to(therapist, chart, "", "Øvelser for hånden", "Klem ballen ti ganger, tre ganger om dagen.")
    reads(therapist, f"{chart}/tjenester/innbyggers-opplysninger", "132 mmHg, 81 mmHg", "formiddagen")


def the_doctor_prevents_a_new_stroke(doctor, chart):
    register(
        doctor, chart, "legemidler-og-vaksiner/legemiddel",
        name="Losartan tabletter 50 mg", dose="1 tablett om morgenen", why="Blodtrykk etter hjerneslag", status="Aktiv",
        change="Startet", change_why="Blodtrykket er over målet",
    )  # fmt: skip
    register(
        doctor, chart, "planer/kontakt", what="Kontroll tre måneder etter hjerneslag", where="Solvik legesenter",
        when="2027-01-18", status="Aktiv",
    )  # fmt: skip


def nav_asks_what_he_can_work(nav, doctor, per_arne):
    case = asks(
        nav,
        PID,
        OFFICE,
        category="Opplysninger",
        basis="Folketrygdloven § 21-4",
        what="Arbeidsevne etter hjerneslag",
        why="Tolv måneder er gått.",
    )
    answers(
        doctor,
        "journal/anmodninger",
        "Arbeidsevne etter hjerneslag",
        "Kan arbeide 40 prosent.",
        "Meld ferdig",
    )
    reads(nav, case, "Kan arbeide 40 prosent.")
    reads(per_arne, "/innbygger/opplysninger/anmodning-om-tjeneste", "Arbeidsevne etter hjerneslag")
