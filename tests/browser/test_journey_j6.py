"""Journey J6: Noah Eriksen from the worry at school to assessment, treatment and an individual plan, each step by its actor.

Not played: NAV's own decision on the benefit, which is made in NAV's systems; what was granted is registered by the coordinator as
the mother tells it. The school as such sends no report of its own: PPT does, for the school.
"""

import os
import re

import pytest
from playwright.sync_api import expect

from akson.demo.citizens import CITIZENS
from akson.demo.units import BY_KEY
from tests.browser.acts import (
    CLOSE,
    answers,
    apply_for,
    arrives,
    ask_in,
    asks,
    citizen,
    decide,
    fill,
    fits,
    measure,
    meet,
    partner,
    reads,
    refer,
    register,
    shares,
    summarise,
    take_on,
    treats,
)

NOAH, OFFICE = "Noah Eriksen", BY_KEY["solvik-legesenter"].name
PID = next(each.pid for each in CITIZENS if each.key == "noah")
REPORT = "Uro i timene og konflikter i friminutt. Leser godt, misforstår beskjeder, søker ro alene."


@pytest.mark.skipif(
    os.environ.get("AKSON_JOURNEYS") != "all", reason="a part of `make soak`, which sets AKSON_JOURNEYS=all"
)
def test_noah_is_assessed_and_gets_a_plan_of_all(site):
    mother = the_mother_acts_for_him(site)
    ppt = partner(site, "lene-torp", "Lene Torp")
    doctor, chart = treats(site, "journal", "mina-saether", "Mina Sæther", NOAH)
    ppt_sends_its_report_with_the_mothers_consent(ppt, mother, doctor)
    bup = the_doctor_refers_and_bup_assesses(site, doctor, chart)
    he_is_treated_and_followed(site, doctor, chart, bup)
    coordinator, plan = treats(site, "journal", "silje-aune", "Silje Aune", NOAH)
    nav = partner(site, "geir-hansen", "Geir Hansen")
    the_group_meets_and_makes_the_plan(coordinator, plan, mother, ppt, nav)
    respite_is_granted(site, mother)
    nav_asks_the_doctor_for_a_statement(nav, doctor, coordinator, plan)
    reads(
        mother, "/innbygger/opplysninger/planer", "Han har en venn å spille med", "Fast voksen i friminuttene"
    )
    fits(mother)


def the_mother_acts_for_him(site):
    mother = citizen(site, "kristine", "Kristine Eriksen")
    mother.goto("/innbygger/role")
    mother.get_by_role("button", name=NOAH).click()
    expect(mother.locator("header")).to_contain_text(NOAH)
    return mother


def ppt_sends_its_report_with_the_mothers_consent(ppt, mother, doctor):
    ppt.goto("/partner/samtykke")
    ppt.locator("[name=nummer]").fill(PID)
    ppt.locator("[name=tjeneste][value=planer]").check()
    ppt.locator("[name=til]").fill("2027-06-30")
    ppt.locator("[name=hvorfor]").fill("Skolen er bekymret, og vi vil sende rapporten vår til fastlegen.")
    ppt.get_by_role("button", name="Send spørsmålet").click()
    expect(ppt.get_by_role("status")).to_be_visible()
    shares(mother, "Solvik skole, PPT")
    ppt.goto("/partner/saker/rapport")
    ppt.locator("[name=pid]").fill(PID)
    fill(
        ppt,
        {
            "to": OFFICE,
            "basis": "Innbyggeren har samtykket",
            "what": "Sakkyndig vurdering av Noah",
            "words": REPORT,
        },
    )
    ppt.get_by_role("button", name="Send rapporten").click()
    ppt.wait_for_url(re.compile(r"/partner/saker/(?!rapport)[^/]+$"))
    doctor.goto("/journal/anmodninger")
    doctor.get_by_role("link", name="Sakkyndig vurdering av Noah").first.click()
    expect(doctor.locator("main")).to_contain_text("misforstår beskjeder")
    reads(ppt, "/partner/saker", "Sakkyndig vurdering av Noah")


def the_doctor_refers_and_bup_assesses(site, doctor, chart):
    register(
        doctor,
        chart,
        "kliniske-bakgrunnsopplysninger/familie",
        relation="Onkel",
        what="ADHD",
        note="Diagnose som voksen",
    )
    refer(doctor, chart, "BUP", "Utredning av autisme og ADHD", f"PPT skriver: {REPORT} Onkel har ADHD.")
    bup = site.sign_in("sykehus", "sunniva-ruud", "Sunniva Ruud")
    bup.set_default_timeout(CLOSE)
    letter = take_on(bup, "sykehus")
    expect(bup.get_by_role("article")).to_contain_text("misforstår beskjeder")
    bup.goto("/sykehus/pasienter")
    bup.get_by_role("searchbox").first.fill(NOAH)
    bup.keyboard.press("Enter")
    bup.get_by_role("link", name=NOAH).first.click()
    bup.wait_for_url(re.compile("/pasient/"))
    there = bup.url
    for what in ("Barneautisme", "ADHD, uoppmerksom og urolig"):
        register(bup, there, "problem-og-diagnose/problemliste", what=what, status="Aktiv", since="2026-11")
    register(
        bup, there, "planer/plan", kind="Behandlingsplan", what="Behandling etter utredning ved BUP",
        content="Metylfenidat med langsom opptrapping. Puls, blodtrykk, vekt og høyde hver tredje måned.", status="Aktiv",
    )  # fmt: skip
    summarise(bup, letter, "Utredning ved BUP", "Autisme og ADHD. Foreslår metylfenidat 18 mg om morgenen.")
    arrives(doctor, "journal", "Utredning ved BUP", "Foreslår metylfenidat")
    return bup


def he_is_treated_and_followed(site, doctor, chart, bup):
    register(
        doctor, chart, "legemidler-og-vaksiner/legemiddel",
        name="Metylfenidat depottabletter 18 mg", dose="1 tablett om morgenen", why="ADHD", status="Aktiv",
        change="Startet", change_why="Etter utredning ved BUP",
    )  # fmt: skip
    nurse, there = treats(site, "journal", "silje-aune", "Silje Aune", NOAH)
    for kind, values in (
        ("pulse", (92,)),
        ("pressure", (106, 64)),
        ("weight", ("29,8",)),
        ("height", (137,)),
    ):
        measure(nurse, there, kind, *values)
    bup.get_by_role("searchbox").first.fill(NOAH)
    bup.keyboard.press("Enter")
    bup.get_by_role("link", name=NOAH).first.click()
    bup.wait_for_url(re.compile("/pasient/"))
    at_bup = bup.url
    reads(
        bup, f"{at_bup}/tjenester/undersoekelser-og-maalinger", "106 mmHg, 64 mmHg", "29,8 kg", "Silje Aune"
    )
    reads(bup, f"{at_bup}/tjenester/legemidler-og-vaksiner", "1 tablett om morgenen")


def the_group_meets_and_makes_the_plan(coordinator, chart, mother, ppt, nav):
    ask_in(coordinator, chart, "Solvik skole, PPT", "Veileder skolen")
    ask_in(coordinator, chart, "NAV Solvik", "Stønader")
    for who in ("PPT", "NAV Solvik"):
        shares(mother, who)
    meet(coordinator, chart, "Ansvarsgruppe for Noah", note="Vi lager planen sammen.")
    for each in (ppt, nav):
        each.goto("/partner/")
        each.get_by_role("link", name=NOAH).first.click()
        each.get_by_role("link", name="Team og plan").first.click()
        expect(each.locator("main")).to_contain_text("Ansvarsgruppe for Noah")
    register(
        coordinator, chart, "planer/plan", kind="Individuell plan", what="Individuell plan for Noah",
        content="Skole, hjem og fritid. Silje Aune koordinerer. Møte hver sjette uke.", status="Aktiv",
    )  # fmt: skip
    register(
        coordinator,
        chart,
        "planer/maal",
        goal="Han har en venn å spille med",
        status="Aktiv",
        due="2027-03-01",
    )
    coordinator.goto(f"{chart}/team")
    form = coordinator.locator("form[action$='/tiltak']")
    value = form.locator("[name=who] option").filter(has_text="PPT").first.get_attribute("value")
    form.locator("[name=who]").select_option(value)
    form.locator("[name=what]").fill("Fast voksen i friminuttene")
    form.get_by_role("button", name="Foreslå").click()
    ppt.reload()
    ppt.get_by_role("button", name="Ta på dere tiltaket").first.click()
    expect(ppt.get_by_role("listitem").filter(has_text="Fast voksen i friminuttene")).to_contain_text(
        "I gang"
    )


def respite_is_granted(site, mother):
    apply_for(mother, "Avlastning", "Vi trenger én helg i måneden.")
    handler, chart = treats(site, "journal", "tone-bakke", "Tone Bakke", NOAH)
    decide(handler, "Avlastning", "Innvilget én helg i måneden til 31. mai. Vi evaluerer sammen da.")
    register(
        handler, chart, "tjenester-og-hjelpemidler/tjenester", what="Avlastning, én helg i måneden", status="Aktiv",
        start="2026-12-01", end="2027-05-31",
    )  # fmt: skip
    reads(mother, "/innbygger/soknader", "Innvilget")


def nav_asks_the_doctor_for_a_statement(nav, doctor, coordinator, chart):
    case = asks(
        nav,
        PID,
        OFFICE,
        category="Opplysninger",
        basis="Folketrygdloven § 21-4",
        what="Legeerklæring om hjelpestønad",
        why="Foreldrene har søkt.",
    )
    answers(
        doctor,
        "journal/anmodninger",
        "Legeerklæring om hjelpestønad",
        "Trenger tilsyn ut over det vanlige.",
        "Meld ferdig",
    )
    reads(nav, case, "Trenger tilsyn ut over det vanlige.")
    register(
        coordinator, chart, "tjenester-og-hjelpemidler/ytelser", what="Hjelpestønad", whom="NAV", status="Aktiv",
        start="2027-01-01",
    )  # fmt: skip
    expect(coordinator.locator("main")).to_contain_text("Hjelpestønad")
