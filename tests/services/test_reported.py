"""What registers were told about somebody, seen by who treats elsewhere and by the citizen, through the real nodes over HTTP
(I22, I23). Each fails when the service is switched off.
"""

import asyncio

import pytest
import pytest_asyncio

from akson.care.reported import KIND
from akson.documents.mhd import Source
from akson.exchange import declare, merging
from akson.exchange.own_package import own as own_package
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.validate.full import validate
from akson.kit.norwegian import token
from akson.messaging.outbox import ACKNOWLEDGED
from tests.demo_world import start
from tests.exchange.asking import PIDS, As
from tests.exchange.forms import chart
from tests.exchange.test_privacy import choose
from tests.exchange.test_representation import act_for
from tests.services.reporting import Scene, consent, consultation, control, measured, vaccinated, words

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")
HEALTH, CLAIMS = "rapportering-helsefag", "rapportering-administrativt"
VACCINE = "Influensa (inaktivert, splittvirus)"
OLA = "hpr:9100201:Ola Strand"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield await Scene(made).begun("ingrid")


async def others(browser, service, path=""):
    """What the record systems tell, as who is at the screen sees it."""
    address = f"{path}/tjenester/{service}/andre" if path else f"/innbygger/opplysninger/{service}/andre"
    page = await browser.get(address)
    assert page.status_code == 200, page.text[:2000]
    return words(page)


async def doctor_elsewhere(scene):
    """The doctor at the hospital who treats her, and the path of her chart there."""
    browser = await scene.world.sign_in("sykehus", "ola-strand")
    return browser, await chart(browser, "sykehus", "Ingrid Haugen")


@HERE
@pytest.mark.proves("I22")
@pytest.mark.dimension("D1", "D2")
async def test_who_treats_elsewhere_and_the_citizen_see_what_was_told_and_where_it_stands(scene):
    doctor, path = await doctor_elsewhere(scene)
    citizen = await scene.world.sign_in("innbygger", "ingrid")
    for empty in (await others(doctor, HEALTH, path), await others(citizen, HEALTH)):
        assert "SYSVAK" not in empty
    assert "Ingenting er meldt til registre" in await others(citizen, HEALTH)
    made = await vaccinated(scene)
    await scene.told(made, "sysvak", [ACKNOWLEDGED])
    for page in (await others(doctor, HEALTH, path), await others(citizen, HEALTH)):
        assert VACCINE in page
        assert "Vaksinasjonsregisteret (SYSVAK)" in page
        assert "SYSVAK-registerforskriften" in page
        assert "Godtatt" in page
        assert "Solvik" in page
    await scene.write(made | {"status": "entered-in-error"})
    await scene.told(made, "sysvak", [ACKNOWLEDGED, ACKNOWLEDGED])
    for page in (await others(doctor, HEALTH, path), await others(citizen, HEALTH)):
        assert "Trukket tilbake" in page
        assert "Godtatt" not in page
    assert (
        f'hx-get="{path}/tjenester/{HEALTH}/andre"' in (await doctor.get(f"{path}/tjenester/{HEALTH}")).text
    )
    # Who treats her here sees it on the page of the service, and the look from elsewhere is in the log where it was told.
    own = await scene.world.sign_in("journal", "hanne-lunde")
    here = await chart(own, "journal", "Ingrid Haugen")
    assert "Trukket tilbake" in words(await own.get(f"{here}/tjenester/{HEALTH}"))
    log = (await As(scene.world, citizen)("GET", "journal", "AuditEvent?_count=200")).json()
    looks = [each["resource"] for each in log["entry"] if "Ola Strand" in str(each["resource"]["agent"])]
    assert any("Immunization" in str(each["entity"]) for each in looks)


@HERE
@pytest.mark.proves("I22")
@pytest.mark.dimension("D2")
async def test_what_waits_is_said_to_wait_and_nothing_is_without_consent(scene):
    citizen = await scene.world.sign_in("innbygger", "ingrid")
    await measured(scene, 52, 3)
    await control(scene, 2)
    await asyncio.sleep(1.5)
    assert "Norsk diabetesregister" not in await others(citizen, HEALTH)
    given = await consent(scene)
    for _ in range(100):
        page = await others(citizen, HEALTH)
        if "Godtatt" in page:
            break
        await asyncio.sleep(0.1)
    assert "Årskontroll" in page
    assert "Samtykke (forskrift om medisinske kvalitetsregistre)" in page
    await scene.write(given | {"status": "inactive"})


@HERE
@pytest.mark.proves("I23")
@pytest.mark.dimension("D1", "D2")
async def test_who_treats_elsewhere_sees_what_is_claimed_and_where_it_stands(scene):
    made = await consultation(scene, unit="Solvik legesenter")
    doctor, path = await doctor_elsewhere(scene)
    citizen = await scene.world.sign_in("innbygger", "ingrid")
    await asyncio.sleep(1.5)
    for page in (await others(doctor, CLAIMS, path), await others(citizen, CLAIMS)):
        assert "Krav om oppgjør" in page
        assert "2ad: 176,00 kr" in page
        assert "Venter" in page
        assert "Solvik legesenter" in page
    await scene.sent_now(await scene.world.sign_in("journal", "jonas-berg"), "helfo", 1)
    await scene.told(made, "helfo", [ACKNOWLEDGED])
    for page in (await others(doctor, CLAIMS, path), await others(citizen, CLAIMS)):
        assert "Godtatt" in page
        assert "Folketrygdloven § 22-2" in page


@HERE
async def test_who_acts_for_a_child_sees_what_was_told_about_it(scene):
    scene_of_child = await Scene(scene.world).begun("noah")
    made = await vaccinated(scene_of_child)
    await scene_of_child.told(made, "sysvak", [ACKNOWLEDGED])
    mother = await scene.world.sign_in("innbygger", "kristine")
    assert VACCINE not in await others(mother, HEALTH)
    await act_for(mother, "Noah Eriksen")
    assert VACCINE in await others(mother, HEALTH)


@HERE
async def test_what_is_closed_is_told_in_no_way(scene):
    doctor, path = await doctor_elsewhere(scene)
    citizen = await scene.world.sign_in("innbygger", "ingrid")
    made = await vaccinated(scene)
    await scene.told(made, "sysvak", [ACKNOWLEDGED])
    assert VACCINE in await others(doctor, HEALTH, path)
    await choose(citizen, hvem=OLA, omfang="deler", **{"del": "treatment"})
    for _ in range(100):
        page = await others(doctor, HEALTH, path)
        if VACCINE not in page:
            break
        await asyncio.sleep(0.1)
    assert "SYSVAK" not in page
    assert "Vaksine" not in page
    assert VACCINE in await others(citizen, HEALTH)


@HERE
async def test_a_record_system_that_is_silent_is_named(scene):
    citizen = await scene.world.sign_in("innbygger", "ingrid")
    scene.world.silent.add("journal")
    try:
        page = await others(citizen, HEALTH)
    finally:
        scene.world.silent.clear()
    assert "Solvik" in page
    assert "svarer ikke" in page
    assert VACCINE not in page


async def reported(scene, browser, query):
    """What the record system answers of itself, asked as the platform asks it: with the number in a body."""
    entry = {"request": {"method": "GET", "url": f"Task/$reported?{query}"}}
    body = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
    (answer,) = (await As(scene.world, browser)("POST", "journal", "", json=body)).json()["entry"]
    return answer


@HERE
async def test_the_operation_asks_for_one_patient_of_ones_own(scene):
    citizen = await scene.world.sign_in("innbygger", "ingrid")
    own = f"patient.identifier={token(PIDS['ingrid'])}"
    found = (await reported(scene, citizen, f"{own}&code={KIND}|helsefag"))["resource"]["entry"]
    assert {each["resource"]["resourceType"] for each in found} == {"Task"}
    assert all(each["resource"]["for"]["reference"] == f"Patient/{scene.patient}" for each in found)
    profile = found[0]["resource"]["meta"]["profile"][0]
    report = validate(
        found[0]["resource"], Catalogue({each["url"]: each for each in own_package().resources}.get)
    )
    assert [each.diagnostics for each in report.issues if each.severity == "error"] == [], profile
    other = await reported(scene, citizen, f"patient.identifier={token(PIDS['yusuf'])}")
    assert other["resource"]["total"] == 0
    for wrong, element in (("", "patient"), (f"{own}&code=x", "code"), (f"{own}&_sort=status", "_sort")):
        answer = (await reported(scene, citizen, wrong))["response"]
        assert answer["status"][:1] == "4", answer
        assert answer["outcome"]["issue"][0]["expression"][0].endswith(f"Parameters.{element}")


@HERE
@pytest.mark.parametrize(("number", "service"), [(22, HEALTH), (23, CLAIMS)])
async def test_a_service_that_is_switched_off_tells_nobody(scene, number, service, monkeypatch):
    citizen = await scene.world.sign_in("innbygger", "ingrid")
    kind = "helsefag" if number == 22 else "administrativt"
    query = f"patient.identifier={token(PIDS['ingrid'])}&code={KIND}|{kind}"
    assert (await reported(scene, citizen, query))["resource"]["total"] > 0
    without = tuple(each for each in declare.load() if each.number != number)
    monkeypatch.setattr(declare, "load", lambda _package="": without)
    assert (await reported(scene, citizen, query))["resource"]["total"] == 0
    assert (await citizen.get(f"/innbygger/opplysninger/{service}/andre")).status_code == 404


def test_a_source_that_does_not_know_what_is_asked_is_named_for_that_part_alone():
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    answers = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": bundle, "response": {"status": "200"}},
            {"response": {"status": "404", "outcome": {"resourceType": "OperationOutcome"}}},
        ],
    }
    source = Source("fremmed", "Fremmed journal", "https://fremmed.example/fhir")
    found = [merging.Found(source, merging.searchsets(answers, 2))]
    assert [[each.title for each in merging.missing(one)] for one in merging.merged(found, 2)] == [
        [],
        ["Fremmed journal"],
    ]
