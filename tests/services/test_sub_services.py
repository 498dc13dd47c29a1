"""The sub-services of the first delivery, one by one: written on a page of one record system by who knows it, read at the next
and by the citizen. Each goes through the nodes over HTTP and finds nothing where its service is switched off.
"""

import re

import pytest
import pytest_asyncio

from tests.demo_world import start
from tests.exchange.forms import csrf, made_from, submit
from tests.services.scenes import Scene, seen, words_of

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")
DAY = "2026-11-20"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield Scene(made)


NURSE, DOCTOR = ("journal", "hanne-lunde", "Ingrid Haugen"), ("sykehus", "ola-strand", "Ingrid Haugen")
GP = ("journal", "jonas-berg", "Ingrid Haugen")


@HERE
@pytest.mark.proves("L1")
async def test_contacts_summaries_of_several_professions_and_who_has_the_responsibility(scene):
    await scene.writes(
        DOCTOR,
        "klinisk-oppsummering/kontakter",
        what="Kontroll av pacemaker",
        why="Svimmel",
        status="finished",
        start=DAY,
    )
    await scene.writes(
        DOCTOR, "klinisk-oppsummering/vurdering", words="Hjertet er stabilt, kan følges hjemme."
    )
    await scene.writes(NURSE, "klinisk-oppsummering/vurdering", words="Trenger tilsyn to ganger om dagen.")
    await scene.writes(
        NURSE, "tjenester-og-hjelpemidler/tjenester", what="Trygghetspatrulje", status="active", start=DAY
    )
    service = "klinisk-oppsummering"
    both = (
        "Kontroll av pacemaker",
        "Hjertet er stabilt",
        "Ola Strand",
        "Trenger tilsyn",
        "Hanne Lunde",
        "Trygghetspatrulje",
    )
    await scene.reads(NURSE, service, *both, "Fjordsykehuset", "Solvik hjemmetjeneste nord")
    await scene.reads(DOCTOR, service, *both, "Solvik kommune")
    await scene.citizen_reads("ingrid", service, *both)


@HERE
@pytest.mark.proves("L2")
async def test_handing_out_use_as_needed_and_what_is_bought_without_prescription(scene):
    service = "legemidler-og-vaksiner"
    given = {"when": DAY, "status": "completed", "anyway": "Avtalt med legen på telefon"}
    await scene.writes(
        NURSE, f"{service}/utdeling", name="Paracetamol tabletter 500 mg", amount="2", unit="tabletter", kind="ved-behov",
        why="Vondt i hofta om natten", **given,
    )  # fmt: skip
    await scene.writes(
        NURSE,
        f"{service}/utdeling",
        name="Næringsdrikk med jordbær",
        amount="200",
        unit="ml",
        kind="uten-resept",
        **given,
    )
    await scene.writes(
        NURSE,
        f"{service}/utdeling",
        name="Apiksaban tabletter 5 mg",
        amount="1",
        unit="tablett",
        when=DAY,
        status="not-done",
    )
    await scene.tells(
        "ingrid", f"{service}/uten-resept", name="Tranebærkapsler", dose="1 om dagen", status="active"
    )
    words = (
        "2 tabletter",
        "Ved behov",
        "Vondt i hofta om natten",
        "Næringsdrikk med jordbær",
        "Ikke gjort",
        "Tranebærkapsler",
    )
    await scene.reads(DOCTOR, service, *words, "Hanne Lunde")
    await scene.citizen_reads("ingrid", service, *words)


@HERE
@pytest.mark.proves("L6")
async def test_problems_now_and_before_and_what_a_person_manages(scene):
    service = "problem-og-diagnose"
    await scene.writes(
        GP, f"{service}/problemliste", what="Grå stær", status="active", since="2026", note="Begge øyne"
    )
    await scene.writes(
        GP, f"{service}/tidligere", what="Lungebetennelse", status="resolved", since="2019", until="2019"
    )
    await scene.writes(
        NURSE,
        f"{service}/funksjon",
        area="hygiene",
        level="3",
        when=DAY,
        note="Hjelp til dusj tirsdag og fredag",
    )
    words = (
        "Grå stær",
        "Begge øyne",
        "Lungebetennelse",
        "Personlig hygiene",
        "3 Trenger noe hjelp",
        "Hjelp til dusj",
    )
    await scene.reads(DOCTOR, service, *words, "Jonas Berg", "Hanne Lunde")
    await scene.citizen_reads("ingrid", service, *words)
    browser, here = await scene.chart(*GP)
    page = (await browser.get(f"{here}/tjenester/{service}")).text
    row = next(each for each in page.split("<tr>") if "Grå stær" in each)
    edit = re.search(r'href="([^"]+/endre)"', row)[1]
    form = made_from((await browser.get(edit)).text) | {
        "what": "Grå stær",
        "status": "resolved",
        "since": "2026",
    }
    stale = await browser.post(edit, data=form | {"version": "99"})
    assert stale.status_code in {404, 409}, words_of(stale.text)
    changed = await browser.post(edit, data=form)
    assert changed.status_code == 200, words_of(changed.text)
    earlier = words_of(changed.text).partition("Tidligere sykdommer")[2].partition("Funksjon og behov")[0]
    assert "Grå stær" in earlier


@HERE
@pytest.mark.proves("L7")
async def test_goals_plans_of_every_kind_and_planned_contacts_are_one_for_all(scene):
    service = "planer"
    kinds = {
        "behandlingsplan": "Behandling av flimmer", "pleieplan": "Hjelp morgen og kveld", "individuell-plan": "Plan for hele uken",
        "kriseplan": "Når Ingrid blir redd", "egenbehandlingsplan": "Når pulsen går fort",
    }  # fmt: skip
    for kind, title in kinds.items():
        await scene.writes(
            NURSE, f"{service}/plan", kind=kind, what=title, content=f"Slik gjør vi: {title}", status="active"
        )
    await scene.writes(
        GP,
        f"{service}/maal",
        goal="Hvilepuls under 90",
        status="active",
        due="2027-01-15",
        note="Måles hver uke",
    )
    await scene.tells("ingrid", f"{service}/maal", goal="Jeg vil ut på butikken selv", status="active")
    await scene.writes(
        DOCTOR, f"{service}/kontakt", what="Kontroll av blodfortynning", where="Hjertepoliklinikken", when="2027-02-01",
        status="active",
    )  # fmt: skip
    words = (
        *kinds.values(),
        "Kriseplan",
        "Individuell plan",
        "Hvilepuls under 90",
        "Jeg vil ut på butikken selv",
        "Kontroll av blod",
    )
    await scene.reads(NURSE, service, *words, "Ola Strand")
    await scene.reads(DOCTOR, service, *words, "Hanne Lunde", "Innbyggeren selv")
    await scene.citizen_reads("ingrid", service, *words)


@HERE
@pytest.mark.proves("L8")
async def test_home_economy_safety_and_network(scene):
    service = "kliniske-bakgrunnsopplysninger"
    told = {
        "bo": "Bor alene i andre etasje uten heis", "okonomi": "Datteren hjelper med regningene",
        "trygghet": "Ingen fare for vold, hund i gangen", "nettverk": "Nabo har nøkkel",
    }  # fmt: skip
    for kind, words in told.items():
        await scene.writes(NURSE, f"{service}/sosialt", kind=kind, value=words, when=DAY)
    await scene.writes(GP, f"{service}/familie", relation="Søster", what="Hjerneslag", note="71 år gammel")
    seen_ = (
        *told.values(),
        "Å bo hjemme",
        "Økonomi",
        "Trygghet og fare for vold",
        "Familie og nettverk",
        "Søster",
        "71 år gammel",
    )
    await scene.reads(DOCTOR, service, *seen_)
    await scene.citizen_reads("ingrid", service, *seen_)


@HERE
@pytest.mark.proves("L9")
async def test_services_offered_and_granted_aids_in_use_and_benefits(scene):
    service = "tjenester-og-hjelpemidler"
    office = ("journal", "tone-bakke", "Per Arne Dahl")
    therapist = ("journal", "nora-dahl", "Per Arne Dahl")
    await scene.writes(
        office, f"{service}/tjenester", what="Støttekontakt", status="planned", start="2026-12-01"
    )
    await scene.writes(office, f"{service}/tjenester", what="Dagsenter to dager", status="active", start=DAY)
    await scene.writes(
        therapist,
        f"{service}/hjelpemidler",
        what="Rullestol",
        status="active",
        since=DAY,
        note="Lånt fra NAV",
    )
    await scene.writes(
        therapist,
        f"{service}/ytelser",
        what="Arbeidsavklaringspenger",
        whom="NAV",
        status="active",
        start=DAY,
    )
    words = (
        "Støttekontakt",
        "Planlagt",
        "Dagsenter to dager",
        "Rullestol",
        "Lånt fra NAV",
        "Arbeidsavklaringspenger",
    )
    await scene.reads(("sykehus", "ola-strand", "Per Arne Dahl"), service, *words, "Solvik tildelingskontor")
    await scene.citizen_reads("per-arne", service, *words)
    browser, here = await scene.chart(*office)
    refused = await browser.get(f"{here}/tjenester/{service}/ytelser/ny")
    assert refused.status_code == 403


@HERE
@pytest.mark.proves("L10")
async def test_results_reports_scores_and_clinical_measurements(scene):
    service = "undersoekelser-og-maalinger"
    report = await scene.holds("sykehus", "ingrid", service, "rapporter")
    result = await scene.holds("sykehus", "ingrid", service, "provesvar")
    for kind, values in {
        "barthel": ("70",), "aaq": ("21",), "madrs": ("12",), "news2": ("3",), "pressure": ("141", "79"),
        "pulse": ("66",), "respiration": ("17",),
    }.items():  # fmt: skip
        await scene.measures(NURSE, kind, *values)
    await scene.measures(GP, "crp", "33")
    words = (
        report, result, "Barthel-indeks", "70 poeng", "AAQ-II", "21 poeng", "MADRS", "NEWS2", "141 mmHg, 79 mmHg", "66 slag/min",
        "17 /min", "33 mg/L",
    )  # fmt: skip
    await scene.reads(DOCTOR, service, *words, "Hanne Lunde")
    await scene.reads(NURSE, service, *words)
    await scene.citizen_reads("ingrid", service, *words)


@HERE
@pytest.mark.proves("L11")
async def test_guardianship_and_capacity_to_consent(scene):
    gp, hospital = ("journal", "mina-saether", "Lukas Fjeld"), ("sykehus", "ola-strand", "Lukas Fjeld")
    await scene.writes(
        gp, "pasientdemografi/samtykkekompetanse", **{"is": "delvis"}, about="Tannbehandling i narkose: forstår ikke følgene",
        when=DAY,
    )  # fmt: skip
    doctor, there = await scene.chart(*hospital)
    opened_ = await submit(
        doctor, f"{there}/nodapning", {"reason": "acute", "why": "Krampe, kan ikke samtykke selv"}
    )
    assert "Journalen er åpnet i en nødsituasjon." in opened_.text
    for where in (gp, hospital):
        await scene.reads(where, "pasientdemografi", "Tannbehandling i narkose", "Mina Sæther")
        browser, here = await scene.chart(*where)
        assert "Gunnar Fjeld" in words_of((await browser.get(here)).text)
    guardian = await scene.at("innbygger", "gunnar")
    roles = await guardian.get("/innbygger/role")
    lukas = re.search(r'name="role" value="(Patient/[^"]+)">', roles.text)[1]
    await guardian.post("/innbygger/role", data={"csrf_token": csrf(roles.text), "role": lukas})
    page = words_of((await guardian.get("/innbygger/opplysninger/pasientdemografi")).text)
    assert "Tannbehandling i narkose" in page


@HERE
@pytest.mark.proves("L12")
async def test_what_the_citizen_wants_and_what_not(scene):
    service = "innbyggers-opplysninger"
    told = {
        "motivasjon": "Jeg vil gjerne trene, men ikke i gruppe", "reservasjon": "Jeg vil ikke ha sonde",
        "behandling": "Helst tabletter, ikke sprøyter",
    }  # fmt: skip
    for kind, words in told.items():
        await scene.tells("ingrid", f"{service}/onske", kind=kind, value=words)
    for where in (NURSE, DOCTOR):
        await scene.reads(where, service, *told.values(), "Behandling jeg ikke ønsker", "Innbyggeren selv")


@HERE
@pytest.mark.proves("L14")
async def test_what_is_handed_out_is_held_against_the_list_and_what_was_not_taken_is_followed_up(scene):
    place, service = "legemidler-og-vaksiner/utdeling", "legemidler-og-vaksiner"
    nurse, here = await scene.chart(*NURSE)
    patient, address = here.rsplit("/", 1)[1], f"{here}/tjenester/{place}/ny"
    right = {
        "name": "Apiksaban tabletter 5 mg",
        "amount": "1",
        "unit": "tablett",
        "when": "2026-11-21",
        "status": "completed",
    }

    async def hands_out(**other):
        asked = await nurse.get(address)
        key = re.search(r'name="key" value="([^"]+)"', asked.text)[1]
        form = made_from(asked.text) | {"patient": patient, "key": key} | right | other
        answer = await nurse.post(address, data=form)
        return answer.status_code, words_of(answer.text)

    status, told = await hands_out(name="Ibuprofen tabletter 400 mg")
    assert (status, "står ikke på listen" in told) == (422, True), told
    status, told = await hands_out(amount="2")
    assert (status, "Dosen er en annen enn på listen" in told) == (422, True), told
    for _ in range(2):  # morning and evening, as the list says
        status, told = await hands_out()
        assert status == 200, told
    status, told = await hands_out()
    assert (status, "gitt i dag" in told) == (422, True), told
    status, told = await hands_out(anyway="Kastet opp tabletten etter ti minutter")
    assert status == 200, told
    await hands_out(status="not-done", name="Metoprolol depottabletter 50 mg")
    await seen(
        nurse,
        ["/journal/innboks"],
        ("Ikke tatt: Metoprolol depottabletter 50 mg, 1 tablett", "Ingrid Haugen"),
    )
    await scene.reads(DOCTOR, service, "Kastet opp tabletten etter ti minutter", "Ikke gjort")


@HERE
@pytest.mark.proves("L15")
async def test_the_citizen_and_those_who_help_read_advice_on_each_medicine(scene):
    service = "legemidler-og-vaksiner"
    advice = "Glemmer du en, ta den så snart du kan, men aldri to på en gang."
    await scene.citizen_reads("ingrid", service, advice)
    await scene.reads(NURSE, service, advice)


@HERE
@pytest.mark.proves("L13")
async def test_who_prescribes_is_told_of_what_is_wrong_twice_dangerous_together_or_too_much(scene):
    place, service = "legemidler-og-vaksiner/legemiddel", "legemidler-og-vaksiner"
    doctor, here = await scene.chart(*GP)
    await scene.registers_allergy(NURSE, "Penicilliner")
    patient, address = here.rsplit("/", 1)[1], f"{here}/tjenester/{place}/ny"

    async def prescribes(name, dose, **other):
        asked = await doctor.get(address)
        key = re.search(r'name="key" value="([^"]+)"', asked.text)[1]
        form = made_from(asked.text) | {
            "patient": patient,
            "key": key,
            "name": name,
            "dose": dose,
            "status": "active",
        }
        reason = {"change": "startet", "change_why": "Vondt i hofta"}
        answer = await doctor.post(address, data=form | reason | other)
        return answer.status_code, words_of(answer.text)

    for name, dose, warned in (
        (
            "Ibuprofen tabletter 400 mg",
            "1 tablett morgen",
            ("Sammen med Apiksaban", "Økt fare for blødning", "nyresvikt"),
        ),
        (
            "Paracetamol tabletter 500 mg",
            "4 tabletter fire ganger daglig",
            ("det meste for en voksen på ett døgn, 4000 mg",),
        ),
        (
            "Apiksaban tabletter 2,5 mg",
            "1 tablett morgen",
            ("bruker det allerede: Apiksaban tabletter 5 mg",),
        ),
        ("Fenoksymetylpenicillin tabletter 660 mg", "1 tablett morgen", ("overfølsom for Penicilliner",)),
    ):
        status, told = await prescribes(name, dose)
        assert status == 422, told
        for words in warned:
            assert words in told
    assert (await prescribes("Loratadin tabletter 10 mg", "1 tablett morgen"))[0] == 200
    status, told = await prescribes(
        "Ibuprofen tabletter 400 mg", "1 tablett morgen", anyway="Tre dager, med magevern"
    )
    assert status == 200, told
    await seen(doctor, [f"{here}/tjenester/{service}/endringer"], ("Vondt i hofta. Tre dager, med magevern",))
    astrid, hers = await scene.chart("journal", "randi-vik", "Astrid Moen")
    form = words_of((await astrid.get(f"{hers}/tjenester/{place}/ny")).text)
    assert re.search(r"Personen bruker \d\d legemidler. Er alle nødvendige", form), form
