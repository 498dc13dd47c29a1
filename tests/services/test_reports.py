"""Reports from a record system to registers, through the running program: messages and HTTP to registers that answer, in many at
once, in part, corrected and taken back (I22, I23). Each fails when the service is switched off.
"""

import asyncio
import re
from datetime import timedelta
from html import unescape

import orjson
import pytest
import pytest_asyncio
from lxml import etree

from akson.demo.ids import demo_reference
from akson.exchange import declare
from akson.exchange.hub import report_ends
from akson.exchange.reports import diabetes, wire
from akson.exchange.reports.catalogue import BY_SLUG
from akson.exchange.reports.claims import TARIFFS
from akson.fhir.model import coding, concept, reference
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.norwegian import ICPC2, volven
from akson.messaging.outbox import ACKNOWLEDGED, REJECTED
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import NODE
from akson.store.underway import keep, messages, reports
from tests.demo_world import start
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import csrf
from tests.shared import shared

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")
PAGE = "/journal/rapportering"
LOINC = "http://loinc.org"
CLINIC = "siri-aas"


class Scene:
    """One program; the one who sees to reports, of the unit that sends them, and a patient."""

    def __init__(self, world):
        self.world = world
        self.journal = side(world, "journal")
        self.hub = side(world, "samhandling")

    async def begun(self):
        async with self.journal.place.database.transaction(read_only=True, reader=NODE) as tx:
            self.patient = (await self.journal.people.patient(tx, PIDS["yusuf"]))["id"]
        self.units = {each["name"]: reference(each) for each in self.journal.mailroom.own.values()}
        self.doctor = demo_reference("journal", "Practitioner", CLINIC)
        return self

    async def write(self, resource):
        async with opened(self.journal.place, NODE_ITSELF) as ctx:
            done = await (gate.update if "id" in resource else gate.create)(ctx, resource)
        return loads(done.stored.body)

    async def sent_now(self, browser, slug, number):
        """Somebody presses the button, once the program has noted that so many wait."""
        for _ in range(200):
            page = await browser.get(PAGE)
            assert page.status_code == 200, page.text[:2000]
            form = page.text.partition(f"/rapportering/register/{slug}")[2].partition("</form>")[0]
            if f"{number} venter" in form:
                break
            await asyncio.sleep(0.1)
        assert form, words(page)
        done = await browser.post(f"{PAGE}/register/{slug}", data={"csrf_token": csrf(page.text)})
        assert done.url.path == PAGE

    async def told(self, resource, slug, states):
        """All that was told of a resource, once its states are these and no further step waits."""
        register = BY_SLUG[slug]
        for _ in range(300):
            async with self.journal.place.database.transaction(reader=NODE) as tx:
                found = (await reports.told(tx, reference(resource), register.messages))[::-1]
                waits = await keep.get(tx, register.kept, reference(resource))
            if [each.state for each in found] == states and waits is None:
                return found
            await asyncio.sleep(0.1)
        raise AssertionError([(each.state, each.detail) for each in found])

    async def sent(self, item):
        """The submission as it was sent."""
        async with self.journal.place.database.transaction(reader=NODE) as tx:
            return await messages.payload(tx, item.message.id)

    async def moved(self, encounter, start):
        """An Encounter that was at another time."""
        async with opened(self.journal.place, NODE_ITSELF) as ctx:
            found = loads((await gate.read(ctx, *encounter.split("/"))).body)
            await gate.update(ctx, found | {"period": {"start": start.isoformat(timespec="seconds")}})

    async def clinic(self):
        """The doctor of the emergency clinic, in that role."""
        browser = await self.world.sign_in("journal", CLINIC)
        page = await browser.get("/journal/role")
        chosen = re.search(
            r'name="role" value="([^"]+)">\s*<button[^>]*><span><strong>Legevaktlege', page.text
        )
        await browser.post("/journal/role", data={"csrf_token": csrf(page.text), "role": chosen[1]})
        return browser

    async def held(self, kind, key):
        """What the register keeps."""
        async with self.hub.place.database.transaction(reader=NODE) as tx:
            return await keep.get(tx, kind, key)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        for _ in range(100):
            if side(made, "journal").mailroom.own:
                break
            await asyncio.sleep(0.1)
        # The program has its mark before anything is written.
        await asyncio.sleep(1.5)
        yield await Scene(made).begun()


def words(page):
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", page.text)))


def about(scene):
    return {"reference": f"Patient/{scene.patient}"}


async def consent(scene):
    return await scene.write(
        {
            "resourceType": "Consent", "status": "active", "patient": about(scene),
            "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "research", "Research"),
            "category": [concept(diabetes.CONSENT, "diabetes", "Norsk diabetesregister")],
            "policyRule": {"text": "Forskrift om medisinske kvalitetsregistre"}, "dateTime": now().isoformat(),
        }
    )  # fmt: skip


async def measured(scene, hba1c, days_ago, **said):
    """A measurement of HbA1c."""
    quantity = {"value": hba1c, "unit": "mmol/mol", "system": "http://unitsofmeasure.org", "code": "mmol/mol"}
    taken = {
        "resourceType": "Observation", "status": "final", "subject": about(scene),
        "code": {"coding": [coding(LOINC, diabetes.HBA1C, "HbA1c")]},
        "effectiveDateTime": (now() - timedelta(days=days_ago)).isoformat(timespec="seconds"), "valueQuantity": quantity,
    }  # fmt: skip
    return await scene.write(taken | said)


async def control(scene, days_ago):
    """A yearly control."""
    day = (now() - timedelta(days=days_ago)).date().isoformat()
    smokes, feet = [{"valueBoolean": False}], [{"valueDate": day}]
    return await scene.write(
        {
            "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": diabetes.FORM,
            "subject": about(scene), "authored": day, "author": {"reference": scene.units["Solvik legesenter"]},
            "item": [{"linkId": "royk", "answer": smokes}, {"linkId": "fotter", "answer": feet}],
        }
    )  # fmt: skip


def smoking(form):
    return form | {"item": [{"linkId": "royk", "answer": [{"valueBoolean": True}]}, *form["item"][1:]]}


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


async def consultation(scene, *, hours_ago=2, unit="Solvik legevakt"):
    """A claim for a consultation at the emergency clinic, whose claims go over the interface."""
    start = (now() - timedelta(hours=hours_ago)).isoformat(timespec="seconds")
    kind = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}
    met = {"resourceType": "Encounter", "status": "finished", "class": kind, "subject": about(scene)}
    encounter = await scene.write(met | {"period": {"start": start}})
    item = {
        "sequence": 1,
        "productOrService": concept(TARIFFS, "2ad", "2ad"),
        "net": {"value": 176, "currency": "NOK"},
    }
    return await scene.write(
        {
            "resourceType": "Claim", "status": "active", "use": "claim", "patient": about(scene), "created": start,
            "type": concept("http://terminology.hl7.org/CodeSystem/claim-type", "professional", "Professional"),
            "priority": concept("http://terminology.hl7.org/CodeSystem/processpriority", "normal", "Normal"),
            "provider": {"reference": scene.units[unit]},
            "careTeam": [{"sequence": 1, "provider": {"reference": scene.doctor}}],
            "item": [item | {"encounter": [{"reference": f"Encounter/{encounter['id']}"}]}],
            "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Folketrygden"}}],
            "diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": concept(ICPC2, "R05", "Hoste")}],
        }
    )  # fmt: skip


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
    assert "Professional" in page
    assert "Solvik kommune" in page
    # Somebody else's claims are nobody's business.
    other = await scene.world.sign_in("innbygger", "ingrid")
    await asyncio.sleep(1)
    assert "Professional" not in words(
        await other.get("/innbygger/opplysninger/rapportering-administrativt/andre")
    )


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


async def vaccinated(scene):
    return await scene.write(
        {
            "resourceType": "Immunization", "status": "completed", "patient": about(scene), "primarySource": True,
            "vaccineCode": concept(volven(9501), "INF09", "Influensa (inaktivert, splittvirus)"),
            "occurrenceDateTime": now().date().isoformat(), "lotNumber": "P-2",
        }
    )  # fmt: skip
