"""Every service in each of its dimensions, through the real nodes over HTTP: from one record system to another and to the response
centre, to the citizen, and from the citizen to those who help. Each fails when the service is switched off.
"""

import asyncio
import re

import pytest
import pytest_asyncio

from akson.exchange import declare
from akson.exchange.declare import Mode, Party, load
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.store.database.reader import NODE
from akson.web.services import book
from tests.demo_world import start
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart, csrf, made_from
from tests.services.checks import filled
from tests.services.samples import SAMPLES, sample

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")
PERSON, NAME = "ingrid", "Ingrid Haugen"


class Scene:
    """One program, and who looks at it."""

    def __init__(self, world):
        self.world = world
        self.people = {}

    async def nurse(self):
        """Who treats him in the municipality, and the address of his chart there."""
        return await self._at("journal", "hanne-lunde")

    async def doctor(self):
        """The same at the hospital."""
        return await self._at("sykehus", "ola-strand")

    async def responder(self):
        """Who answers the alarms of the municipality, at the response centre."""
        return await self._at("journal", "petter-holm")

    async def citizen(self):
        if "citizen" not in self.people:
            self.people["citizen"] = await self.world.sign_in("innbygger", PERSON)
        return self.people["citizen"]

    async def worker(self):
        """A case worker of NAV, with whom nobody shares anything."""
        if "nav" not in self.people:
            self.people["nav"] = await self.world.sign_in("partner", "geir-hansen")
            hub = side(self.world, "samhandling")
            async with hub.place.database.transaction(read_only=True, reader=NODE) as tx:
                self.patient = (await hub.people.patient(tx, PIDS[PERSON]))["id"]
        return self.people["nav"]

    async def _at(self, node, who):
        if who not in self.people:
            browser = await self.world.sign_in(node, who)
            self.people[who] = browser, await chart(browser, node, NAME)
        return self.people[who]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield Scene(made)


def parts_of(mode, *, writer=None):
    """The parts of the services of a mode."""
    found = []
    for service in load():
        for part in service.parts if service.mode is mode else ():
            if writer is not None and (part.entry is None or writer not in part.entry.writers):
                continue
            if mode is Mode.LOOK and (service.slug, part.slug) not in SAMPLES:
                continue
            found.append(pytest.param(service, part, id=f"{service.slug}/{part.slug}"))
    return found


async def seen(read, words):
    """The page once it holds the words: copies and news come within seconds."""
    for _ in range(100):
        page = await read()
        assert page.status_code == 200, page.text[:2000]
        if words in page.text:
            return page.text
        await asyncio.sleep(0.1)
    raise AssertionError(f"{words!r} is not in {re.sub('<[^>]+>', ' ', page.text)[-1500:]}")


@HERE
@pytest.mark.proves("I1", "I2", "I4", "I5", "I7", "I9", "I10", "I12")
@pytest.mark.dimension("D1", "D2", "D4")
@pytest.mark.parametrize(("service", "part"), parts_of(Mode.LOOK))
async def test_what_one_record_system_holds_is_seen_by_the_next_and_by_the_citizen(scene, service, part):
    hospital = side(scene.world, "sykehus")
    async with hospital.place.database.transaction(read_only=True, reader=NODE) as tx:
        patient = (await hospital.people.patient(tx, PIDS[PERSON]))["id"]
    words, resource = sample(service.slug, part.slug, patient)
    async with opened(hospital.place, NODE_ITSELF) as ctx:
        await gate.update(ctx, resource)
    for browser, here in (await scene.nurse(), await scene.responder()):
        page = await seen(lambda b=browser, h=here: b.get(f"{h}/tjenester/{service.slug}/andre"), words)
        assert "Fjordsykehuset" in page
    citizen = await scene.citizen()
    page = await seen(lambda: citizen.get(f"/innbygger/opplysninger/{service.slug}/andre"), words)
    assert "Fjordsykehuset" in page


@HERE
@pytest.mark.proves("I3", "I6", "I17", "I19", "I24")
@pytest.mark.dimension("D1", "D2", "D4")
@pytest.mark.parametrize(("service", "part"), parts_of(Mode.SHARE, writer=Party.PERSONNEL))
async def test_what_the_nurse_registers_is_seen_at_the_hospital_and_by_the_citizen(scene, service, part):
    nurse, here = await scene.nurse()
    address = f"{here}/tjenester/{service.slug}/{part.slug}/ny"
    form, words = filled(part, f"Fra hjemmet, {part.slug}")
    asked = await nurse.get(address)
    assert asked.status_code == 200, asked.text[:2000]
    patient = here.rsplit("/", 1)[1]
    saved = await nurse.post(address, data=form | made_from(asked.text) | {"patient": patient})
    assert saved.status_code == 200, re.sub("<[^>]+>", " ", saved.text)[-1500:]
    for browser, there in (await scene.doctor(), await scene.responder()):
        page = await seen(lambda b=browser, t=there: b.get(f"{t}/tjenester/{service.slug}"), words)
        assert "Hanne Lunde" in page
    citizen = await scene.citizen()
    await seen(lambda: citizen.get(f"/innbygger/opplysninger/{service.slug}"), words)


@HERE
@pytest.mark.proves("I3", "I6", "I17", "I19")
@pytest.mark.dimension("D2")
@pytest.mark.parametrize(("service", "part"), parts_of(Mode.SHARE, writer=Party.CITIZEN))
async def test_what_the_citizen_registers_once_is_seen_by_all_who_treat(scene, service, part):
    citizen = await scene.citizen()
    address = f"/innbygger/opplysninger/{service.slug}/{part.slug}/ny"
    form, words = filled(part, f"Min egen, {part.slug}")
    asked = await citizen.get(address)
    assert asked.status_code == 200, asked.text[:2000]
    saved = await citizen.post(address, data=form | {"csrf_token": csrf(asked.text)})
    assert saved.status_code == 200, re.sub("<[^>]+>", " ", saved.text)[-1500:]
    for browser, where in (await scene.nurse(), await scene.doctor()):
        await seen(lambda b=browser, w=where: b.get(f"{w}/tjenester/{service.slug}"), words)


@HERE
@pytest.mark.parametrize(("service", "part"), parts_of(Mode.SHARE, writer=Party.CITIZEN))
async def test_nobody_else_changes_what_the_citizen_wrote_for_the_citizen_to_own(scene, service, part):
    """What personnel wrote has no form in the portal."""
    citizen = await scene.citizen()
    page = (await citizen.get(f"/innbygger/opplysninger/{service.slug}")).text
    for item in re.findall(rf"/{part.slug}/([\w-]+)/endre", page):
        form = await citizen.get(f"/innbygger/opplysninger/{service.slug}/{part.slug}/{item}/endre")
        assert "Fra hjemmet" not in form.text


@HERE
@pytest.mark.parametrize("service", book.of_patients(Party.PERSONNEL), ids=lambda each: each.slug)
async def test_a_service_that_is_switched_off_is_nowhere(scene, service, monkeypatch):
    """What a declaration gives goes with it: nobody who could open the pages of the service can do so without it."""
    nurse, here = await scene.nurse()
    worker = await scene.worker()
    pages = [
        (nurse, f"{here}/tjenester/{service.slug}"),
        (nurse, f"{here}/tjenester/{service.slug}/andre"),
        (await scene.citizen(), f"/innbygger/opplysninger/{service.slug}"),
        (worker, f"/partner/innbygger/{scene.patient}/tjenester/{service.slug}"),
    ]
    before = [(await browser.get(page)).status_code for browser, page in pages]
    assert before == [200, 200, 200, 403]
    without = tuple(each for each in load() if each is not service)
    monkeypatch.setattr(declare, "load", lambda _package="": without)
    assert [(await browser.get(page)).status_code for browser, page in pages] == [404] * 4


def test_each_part_of_the_look_services_has_an_item_to_prove_it():
    own = {"journaldokumenter", "tilgjengelige-tjenester", "klinisk-kunnskap"}
    parts = {(s.slug, p.slug) for s in load() if s.mode is Mode.LOOK and s.slug not in own for p in s.parts}
    assert parts == set(SAMPLES)
