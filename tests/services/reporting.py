"""Those who report, and what they write that registers are told of."""

import asyncio
import re
from datetime import timedelta
from html import unescape

from akson.demo.citizens import citizens
from akson.demo.ids import demo_reference
from akson.exchange.finding import find
from akson.exchange.reports import diabetes
from akson.exchange.reports.catalogue import BY_SLUG
from akson.exchange.reports.claims import TARIFFS
from akson.fhir.model import coding, concept, reference
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.norwegian import ICPC2, volven
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import NODE
from akson.store.underway import keep, messages, reports
from tests.exchange.asking import side
from tests.exchange.forms import csrf
from tests.world import TODAY

PAGE = "/journal/rapportering"
LOINC = "http://loinc.org"
CLINIC = "siri-aas"


def _number(person):
    """The identity number of a citizen of the demo, also of a child who has no e-ID."""
    return next(each.pid for each in citizens(TODAY) if each.key == person)


class Scene:
    """One program; the one who sees to reports, of the unit that sends them, and a patient."""

    def __init__(self, world):
        self.world = world
        self.journal = side(world, "journal")
        self.hub = side(world, "samhandling")

    async def begun(self, person="yusuf"):
        for _ in range(100):
            if self.journal.mailroom.own:
                break
            await asyncio.sleep(0.1)
        # The program has its mark before anything is written.
        await asyncio.sleep(1.5)
        async with self.journal.place.database.transaction(read_only=True, reader=NODE) as tx:
            self.patient = (await self.journal.people.patient(tx, _number(person)))["id"]
        self.units = {each["name"]: reference(each) for each in self.journal.mailroom.own.values()}
        self.doctor = demo_reference("journal", "Practitioner", CLINIC)
        return self

    async def write(self, resource):
        async with opened(self.journal.place, NODE_ITSELF) as ctx:
            done = await (gate.update if "id" in resource else gate.create)(ctx, resource)
        return loads(done.stored.body)

    async def found(self, kind):
        """What the record has of a type about the patient."""
        async with opened(self.journal.place, NODE_ITSELF) as ctx:
            return await find(ctx, kind, ("patient", f"Patient/{self.patient}"), ("_count", "100"))

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


async def vaccinated(scene):
    return await scene.write(
        {
            "resourceType": "Immunization", "status": "completed", "patient": about(scene), "primarySource": True,
            "vaccineCode": concept(volven(9501), "INF09", "Influensa (inaktivert, splittvirus)"),
            "occurrenceDateTime": now().date().isoformat(), "lotNumber": "P-2",
        }
    )  # fmt: skip
