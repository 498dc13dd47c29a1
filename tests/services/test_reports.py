"""Reports from a record system to registers, through the running program: messages and HTTP to registers that answer, in many at
once, in part, corrected and taken back (I22, I23). Each fails when the service is switched off.
"""

import asyncio
from datetime import timedelta

import orjson
import pytest
import pytest_asyncio
from lxml import etree

from akson.exchange import declare
from akson.exchange.hub import report_ends
from akson.exchange.reports import diabetes, wire
from akson.exchange.reports.catalogue import BY_SLUG
from akson.fhir.model import concept
from akson.kit.clock import now
from akson.kit.norwegian import volven
from akson.messaging.outbox import ACKNOWLEDGED, REJECTED
from tests.demo_world import start
from tests.services.reporting import (
    PAGE,
    Scene,
    about,
    consent,
    consultation,
    control,
    measured,
    smoking,
    vaccinated,
    words,
)
from tests.shared import shared

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield await Scene(made).begun()


@HERE
@pytest.mark.proves("I22")
@pytest.mark.dimension("D3")
async def test_controls_reach_the_quality_register_together_and_leave_it_with_the_consent(scene):
    doctor = await scene.world.sign_in("journal", "jonas-berg")
    await measured(scene, 52, 3)
    good = await control(scene, 2)
    too_high = await measured(scene, 310, 1)
    bad = await control(scene, 1)
    given = await consent(scene)
    (taken,) = await scene.told(good, "diabetes", [ACKNOWLEDGED])
    (refused,) = await scene.told(bad, "diabetes", [REJECTED])
    assert taken.message.id == refused.message.id
    assert refused.detail == "HbA1c er ikke mellom 15 og 200 mmol/mol"
    assert "Grunn: HbA1c er ikke mellom 15 og 200 mmol/mol" in words(await doctor.get(PAGE))

    # What was refused is put right and goes alone; what was taken is corrected under its own number.
    await scene.write(too_high | {"valueQuantity": too_high["valueQuantity"] | {"value": 51}})
    bad = await scene.write(smoking(bad))
    await scene.sent_now(doctor, "diabetes", 1)
    *_, anew = await scene.told(bad, "diabetes", [REJECTED, ACKNOWLEDGED])
    await scene.told(good, "diabetes", [ACKNOWLEDGED])
    (entry,) = orjson.loads(await scene.sent(anew))["entry"]
    assert entry["request"]["method"] == "PUT"
    assert diabetes.answer(entry["resource"], "hba1c")["valueQuantity"]["value"] == 51
    assert diabetes.answer(entry["resource"], "royk") == {"valueBoolean": True}
    before = await scene.held(report_ends.REPORT, good["id"])
    await scene.write(smoking(good))
    await scene.sent_now(doctor, "diabetes", 1)
    await scene.told(good, "diabetes", [ACKNOWLEDGED] * 2)
    assert await scene.held(report_ends.REPORT, good["id"]) not in (None, before)

    await scene.write(given | {"status": "inactive"})
    *_, gone = await scene.told(good, "diabetes", [ACKNOWLEDGED] * 3)
    await scene.told(bad, "diabetes", [REJECTED, ACKNOWLEDGED, ACKNOWLEDGED])
    assert {each["request"]["method"] for each in orjson.loads(await scene.sent(gone))["entry"]} == {"DELETE"}
    assert [await scene.held(report_ends.REPORT, each["id"]) for each in (good, bad)] == [None, None]


@HERE
@pytest.mark.proves("I22")
@pytest.mark.dimension("D3")
async def test_a_vaccination_is_answered_by_the_register_in_its_own_words(scene):
    given = {
        "resourceType": "Immunization", "status": "completed", "patient": about(scene), "primarySource": True,
        "vaccineCode": concept(volven(9501), "INF09", "Influensa (inaktivert, splittvirus)"),
        "occurrenceDateTime": (now() + timedelta(days=3)).date().isoformat(), "lotNumber": "P-1",
    }  # fmt: skip
    made = await scene.write(given)
    (refused,) = await scene.told(made, "sysvak", [REJECTED])
    assert refused.message.detail.startswith("F104")
    assert refused.detail == "Datoen vaksinen ble gitt, er ikke kommet ennå"
    made = await scene.write(made | {"occurrenceDateTime": now().date().isoformat()})
    await scene.told(made, "sysvak", [REJECTED, ACKNOWLEDGED])
    await scene.write(made | {"status": "entered-in-error"})
    await scene.told(made, "sysvak", [REJECTED, ACKNOWLEDGED, ACKNOWLEDGED])


@HERE
@pytest.mark.proves("I23")
@pytest.mark.dimension("D3")
async def test_claims_go_over_the_interface_in_one_submission_and_each_has_its_own_answer(scene):
    doctor = await scene.clinic()
    good, early = await consultation(scene), await consultation(scene, hours_ago=-30)
    await scene.sent_now(doctor, "helfo", 2)
    (taken,) = await scene.told(good, "helfo", [ACKNOWLEDGED])
    (refused,) = await scene.told(early, "helfo", [REJECTED])
    assert taken.message.id == refused.message.id
    assert (taken.message.type, refused.detail) == ("KUHR", "Konsultasjonen er ikke holdt ennå")
    submission = orjson.loads(await scene.sent(taken))
    assert submission["behandlerkrav"]["belop"] == 352.0
    assert submission["praksisId"].startswith("1")
    assert "Grunn: Konsultasjonen er ikke holdt ennå" in words(await doctor.get(PAGE))

    # Put right, the refused one goes alone, under the number that it had.
    encounter = early["item"][0]["encounter"][0]["reference"]
    await scene.moved(encounter, now() - timedelta(hours=1))
    early = await scene.write(early | {"created": now().isoformat(timespec="seconds")})
    await scene.sent_now(doctor, "helfo", 1)
    *_, anew = await scene.told(early, "helfo", [REJECTED, ACKNOWLEDGED])
    (bill,) = orjson.loads(await scene.sent(anew))["behandlerkrav"]["regninger"]
    assert bill["guid"] == early["id"]
    assert (await scene.held(report_ends.BILL, early["id"]))["state"] == report_ends.GOOD

    # A claim that is taken back is credited whole.
    await scene.write(good | {"status": "cancelled"})
    await scene.sent_now(doctor, "helfo", 1)
    await scene.told(good, "helfo", [ACKNOWLEDGED] * 2)
    assert (await scene.held(report_ends.BILL, good["id"]))["state"] == report_ends.CREDITED


@HERE
@pytest.mark.proves("I23")
@pytest.mark.dimension("D3")
async def test_claims_of_a_unit_that_is_not_on_the_interface_go_as_messages_of_its_schema(scene):
    doctor = await scene.world.sign_in("journal", "jonas-berg")
    made = await consultation(scene, unit="Solvik legesenter")
    await scene.sent_now(doctor, "helfo", 1)
    (taken,) = await scene.told(made, "helfo", [ACKNOWLEDGED])
    assert taken.message.type == "LOM"
    schema = etree.XMLSchema(etree.parse(shared("kith/xsd/Behandlerkravmelding/Behandlerkrav.xsd")))
    schema.assertValid(wire.payload(await scene.sent(taken)))


@HERE
@pytest.mark.proves("I23")
@pytest.mark.dimension("D2")
async def test_the_citizen_sees_what_is_claimed_for_the_own_consultations(scene):
    made = await consultation(scene, unit="Solvik legesenter")
    await scene.sent_now(await scene.world.sign_in("journal", "jonas-berg"), "helfo", 1)
    await scene.told(made, "helfo", [ACKNOWLEDGED])
    citizen = await scene.world.sign_in("innbygger", "yusuf")
    for _ in range(100):
        page = words(await citizen.get("/innbygger/opplysninger/rapportering-administrativt/andre"))
        if "Solvik kommune" in page and "Krav" in page:
            break
        await asyncio.sleep(0.1)
    assert "2ad" in page
    assert "Solvik kommune" in page
    # Somebody else's claims are nobody's business.
    other = await scene.world.sign_in("innbygger", "ingrid")
    await asyncio.sleep(1)
    assert "2ad" not in words(await other.get("/innbygger/opplysninger/rapportering-administrativt/andre"))


@HERE
async def test_a_claim_says_nothing_that_its_description_does_not_have(scene):
    made = await consultation(scene)
    await scene.sent_now(await scene.clinic(), "helfo", 1)
    (taken,) = await scene.told(made, "helfo", [ACKNOWLEDGED])
    example = orjson.loads(shared("kuhr/behandlerkravmelding_json-1.json").read_bytes())
    assert paths(orjson.loads(await scene.sent(taken))) <= paths(example)


def paths(value, at=""):
    """All members of a JSON value, by their place."""
    if isinstance(value, list):
        return {found for each in value for found in paths(each, at)}
    if not isinstance(value, dict):
        return {at}
    return {found for name, each in value.items() for found in paths(each, f"{at}/{name}")}


@HERE
@pytest.mark.parametrize(("service", "slug"), [(22, "sysvak"), (23, "helfo")])
async def test_a_service_that_is_switched_off_tells_nothing(scene, service, slug, monkeypatch):
    without = tuple(each for each in declare.load() if each.number != service)
    monkeypatch.setattr(declare, "load", lambda _package="": without)
    doctor = await scene.world.sign_in("journal", "jonas-berg")
    assert BY_SLUG[slug].owner not in words(await doctor.get(PAGE))
    made = await (vaccinated(scene) if slug == "sysvak" else consultation(scene, unit="Solvik legesenter"))
    await asyncio.sleep(3)
    assert await scene.told(made, slug, []) == []
