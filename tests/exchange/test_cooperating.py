"""Requests between NAV and health care, both ways: by pages and by the parties' own systems; nobody else sees them, the citizen does."""

import re

import pytest
from tests.exchange.asking import PIDS, OwnSystem, side
from tests.exchange.forms import chart, csrf

from akson.demo.units import BY_KEY
from akson.exchange.cases import CODES
from akson.exchange.cooperating import ORDER, PROVISION
from akson.fhir.strict_json import loads
from akson.kit.norwegian import FNR, ORGANIZATION
from akson.security import sharing

pytestmark = pytest.mark.store
CLINIC, NAV = BY_KEY["solvik-legesenter"], BY_KEY["nav"]
RIGHTS = "akson:samhandling/fhir akson:samhandling/partner"


def words_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


class Municipality:
    """The municipality's record system, which asks the platform for a doctor of its own."""

    def __init__(self, world):
        self.peer = side(world, "journal").peer
        self.base = f"{world.base}/samhandling"
        claim = sharing.Claim(unit=CLINIC.name, name="Jonas Berg", role="fastlege")
        self.said = sharing.header(claim)

    async def __call__(self, method, path, **options):
        return await self.peer.request(
            method, f"{self.base}/{path}", scope=RIGHTS, headers=self.said, **options
        )


def request_to(unit, about, category, basis, words):
    return {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [
            {"coding": [{"system": ORDER, "code": category}]},
            {"coding": [{"system": PROVISION, "code": basis}]},
        ],
        "code": {"text": words},
        "subject": {"identifier": {"system": FNR, "value": PIDS[about]}},
        "performer": [{"identifier": {"system": ORGANIZATION, "value": unit.organization_number}}],
    }


async def cases_of(ask):
    answer = await ask("GET", f"fhir/Task?code={CODES}&_include=Task:focus")
    assert answer.status_code == 200, answer.text
    found = [entry["resource"] for entry in loads(answer.content).get("entry", [])]
    return [each for each in found if each["resourceType"] == "Task"]


@pytest.mark.proves("I15", "I16", "L5")
@pytest.mark.dimension("D3")
async def test_nav_asks_the_doctor_by_law_and_reads_the_answer(world):
    nav = await world.sign_in("partner", "geir-hansen")
    page = await nav.get("/partner/saker/ny")
    form = {
        "pid": PIDS["kari"], "to": CLINIC.organization_number, "category": "opplysninger",
        "basis": "ftrl-21-4", "what": "Legeerklæring om arbeidsevne", "csrf_token": csrf(page.text),
    }  # fmt: skip
    without = await nav.post("/partner/saker/ny", data=form | {"basis": "samtykke"})
    assert (without.status_code, "må innbyggeren ha gitt dere" in without.text) == (422, True)
    sent = await nav.post("/partner/saker/ny", data=form)
    assert sent.status_code == 200, words_of(sent)
    assert "Folketrygdloven § 21-4" in sent.text
    municipality = Municipality(world)
    (case,) = await cases_of(municipality)
    assert (case["status"], case["requester"]["display"]) == ("received", "Geir Hansen, NAV Solvik")
    told = {
        "resourceType": "Task",
        "status": "completed",
        "note": [{"text": "Kan arbeide halv dag fra januar"}],
    }
    answered = await municipality("POST", f"samarbeid/{case['id']}", json=told)
    assert answered.status_code == 200, answered.text
    again = await municipality("POST", f"samarbeid/{case['id']}", json=told)
    assert again.status_code == 409
    read = words_of(await nav.get(f"/partner/saker/{case['id']}"))
    assert "Kan arbeide halv dag fra januar" in read
    assert "Jonas Berg, Solvik legesenter" in read
    ppt = await world.sign_in("partner", "lene-torp")
    assert (await ppt.get(f"/partner/saker/{case['id']}")).status_code == 404
    assert "Legeerklæring" not in (await ppt.get("/partner/saker")).text
    kari = await world.sign_in("innbygger", "kari")
    own = words_of(await kari.get("/innbygger/opplysninger/anmodning-om-tjeneste"))
    assert "Legeerklæring om arbeidsevne" in own
    log = words_of(await kari.get("/innbygger/innsyn"))
    assert "Geir Hansen, veileder i NAV" in log
    assert "part i en anmodning" in log


@pytest.mark.proves("I15", "I16")
async def test_the_municipality_asks_nav_which_answers_by_page_and_by_its_own_system(world):
    municipality, system = Municipality(world), await OwnSystem(world, "nav").registered()
    asked = request_to(NAV, "per-arne", "hjelpemiddel", "samtykke", "Rullestol")
    opened = await municipality("POST", "samarbeid", json=asked)
    assert opened.status_code == 201, opened.text
    case = loads(opened.content)
    nav = await world.sign_in("partner", "geir-hansen")
    address = f"/partner/saker/{case['id']}"
    page = await nav.get(address)
    assert "Rullestol" in page.text
    silent = await nav.post(address, data={"do": "rejected", "words": "", "csrf_token": csrf(page.text)})
    assert silent.status_code == 422
    form = {"do": "accepted", "words": "Saken er til behandling", "csrf_token": csrf(page.text)}
    assert (await nav.post(address, data=form)).status_code == 200
    done = {"resourceType": "Task", "status": "completed", "note": [{"text": "Innvilget"}]}
    assert (await system("POST", f"samarbeid/{case['id']}", json=done)).status_code == 200
    (seen,) = await cases_of(municipality)
    assert (seen["status"], seen["statusReason"]["text"]) == ("completed", "Innvilget")


@pytest.mark.parametrize(
    ("unit", "basis", "status"),
    [
        ("nav", "ftrl-21-4", 422),
        ("barnevern", "hpl-33", 201),
        ("medisinsk", "hpl-25", 422),  # a concern is no service
        ("solvik-tildeling", "hpl-25", 422),  # its own
    ],
)
async def test_a_request_names_a_provision_that_its_parties_may_rest_on(world, unit, basis, status):
    asked = request_to(BY_KEY[unit], "tuva", "bekymring", basis, "Bekymring for omsorgen")
    answer = await Municipality(world)("POST", "samarbeid", json=asked)
    assert answer.status_code == status, answer.text


async def test_nobody_writes_past_the_state_machine(world):
    system = await OwnSystem(world, "nav").registered()
    opened = await Municipality(world)(
        "POST", "samarbeid", json=request_to(NAV, "per-arne", "ytelse", "samtykke", "AAP")
    )
    case = loads(opened.content)
    (stored,) = await cases_of(system)
    for method, path, body in (
        ("PUT", f"fhir/Task/{case['id']}", stored | {"status": "completed"}),
        ("POST", "fhir/Task", {key: value for key, value in stored.items() if key != "id"}),
    ):
        assert (await system(method, path, json=body)).status_code == 403


@pytest.mark.proves("I15", "I16")
@pytest.mark.dimension("D3")
async def test_the_doctor_asks_and_answers_from_the_own_record_system(world):
    jonas, geir = await world.sign_in("journal", "jonas-berg"), await world.sign_in("partner", "geir-hansen")
    path = await chart(jonas, "journal", "Kari Nilsen")
    page = await jonas.get(f"{path}/samarbeid")
    form = {
        "to": NAV.organization_number,
        "category": "ytelse",
        "basis": "samtykke",
        "csrf_token": csrf(page.text),
    }
    bare = await jonas.post(f"{path}/samarbeid", data=form)
    assert (bare.status_code, "Skriv hva dere ber om" in bare.text) == (422, True)
    sent = await jonas.post(f"{path}/samarbeid", data=form | {"what": "Arbeidsavklaringspenger"})
    assert (sent.status_code, "Innbyggeren har samtykket" in sent.text) == (200, True), words_of(sent)
    assert "Jonas Berg, Solvik legesenter" in words_of(await geir.get("/partner/saker"))
    asked = await geir.get("/partner/saker/ny")
    form = {
        "pid": PIDS["kari"], "to": CLINIC.organization_number, "category": "opplysninger",
        "basis": "ftrl-21-4", "what": "Opplysninger om behandling", "csrf_token": csrf(asked.text),
    }  # fmt: skip
    await geir.post("/partner/saker/ny", data=form)
    mine = (await jonas.get("/journal/anmodninger")).text
    assert "Arbeidsavklaringspenger" in mine
    case = re.search(r'href="(/journal/anmodninger/[^"]+)">Opplysninger om behandling', mine)[1]
    page = await jonas.get(case)
    answer = {"do": "completed", "words": "Cellegift til mars", "csrf_token": csrf(page.text)}
    assert "Cellegift til mars" in (await jonas.post(case, data=answer)).text
    assert (
        "Cellegift til mars" in (await geir.get(case.replace("/journal/anmodninger", "/partner/saker"))).text
    )
    silje = await world.sign_in("journal", "silje-aune")  # who does not treat her
    assert "Opplysninger om behandling" not in (await silje.get("/journal/anmodninger")).text
    assert (await silje.get(case)).status_code == 404
    world.silent.add("samhandling")
    assert "svarer ikke" in (await jonas.get("/journal/anmodninger")).text


@pytest.mark.proves("I15", "I16")
@pytest.mark.dimension("D1", "D2")
async def test_the_hospital_asks_the_municipality_for_services_and_reads_what_was_decided(world):
    doctor, tone = await world.sign_in("sykehus", "ola-strand"), await world.sign_in("journal", "tone-bakke")
    path = await chart(doctor, "sykehus", "Ingrid Haugen")
    page = await doctor.get(f"{path}/samarbeid")
    unit = BY_KEY["solvik-tildeling"]
    assert f'value="{unit.organization_number}"' in page.text
    assert "Fjordsykehuset, ortopedisk" not in page.text  # its own units are asked otherwise
    form = {
        "to": unit.organization_number, "category": "tjeneste", "basis": "hpl-25",
        "what": "Hjemmesykepleie to ganger daglig", "why": "Utskrives fredag", "csrf_token": csrf(page.text),
    }  # fmt: skip
    other = await doctor.post(f"{path}/samarbeid", data=form | {"category": "opplysninger"})
    assert other.status_code == 422
    assert "Velg hva det gjelder" in other.text  # the field that the platform named, and no other
    assert "Velg hva anmodningen bygger på" not in other.text
    empty = await doctor.post(
        f"{path}/samarbeid",
        data={"until": "2020-01-01", "why": "Utskrives", "csrf_token": form["csrf_token"]},
    )
    assert empty.status_code == 422
    for name in ("to", "category", "basis", "what", "until"):
        assert f'href="#field-{name}"' in empty.text, name
    assert ">Utskrives</textarea>" in empty.text
    sent = await doctor.post(f"{path}/samarbeid", data=form | {"until": "2099-01-31"})
    assert "Svar innen 31.01.2099" in words_of(sent)
    assert (sent.status_code, "Helsepersonelloven § 25" in sent.text) == (200, True), words_of(sent)
    mine = (await tone.get("/journal/anmodninger")).text
    case = re.search(r'href="(/journal/anmodninger/[^"]+)">Hjemmesykepleie to ganger daglig', mine)[1]
    page = await tone.get(case)
    assert "Utskrives fredag" in page.text
    assert "Ola Strand" in page.text
    assert "Svar innen 31.01.2099" in words_of(page)
    assert "Svar innen 31.01.2099" in words_of(await tone.get("/journal/anmodninger"))
    for do, words in (("in_progress", ""), ("completed", "Innvilget fra fredag")):
        page = await tone.get(case)
        moved = await tone.post(case, data={"do": do, "words": words, "csrf_token": csrf(page.text)})
        assert moved.status_code == 200, words_of(moved)
    told = words_of(await doctor.get(sent.url.path))
    assert "Innvilget fra fredag" in told
    ingrid = await world.sign_in("innbygger", "ingrid")
    for slug, seen in (
        ("anmodning-om-tjeneste", "Hjemmesykepleie to ganger daglig"),
        ("kommunikasjon-ved-saksbehandling", "Innvilget fra fredag"),
    ):
        assert seen in (await ingrid.get(f"/innbygger/opplysninger/{slug}")).text
    fjellheim = await world.sign_in("fjellheim", "knut-aasen")
    assert "Hjemmesykepleie" not in (await fjellheim.get("/fjellheim/anmodninger")).text
