"""What is about nobody, in each dimension: published once by a unit, and found and read in every record system, by the citizen, and
by cooperating services and their own systems; on pages and over FHIR. Each fails when the service is switched off.
"""

import asyncio
import re
import time
from html import unescape

import pytest
import pytest_asyncio

from akson.exchange import declare
from akson.exchange.declare import load
from akson.fhir.strict_json import loads
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from tests.demo_world import start
from tests.exchange.asking import OwnSystem, ask, side
from tests.exchange.forms import chart, csrf, made_from
from tests.patience import in_time

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")
OFFERS, KNOWLEDGE = "tilgjengelige-tjenester", "klinisk-kunnskap"
OFFER = {
    "name": "Nattpatrulje med bil",
    "kind": "hjemmetjeneste",
    "about": "To pleiere kjører ut når alarmen går.",
    "whom": "Alle med trygghetsalarm",
    "how": "Ring tildelingskontoret",
    "area": "Solvik",
    "phone": "70 00 15 00",
    "opens": "22.30",
    "closes": "07:00",
}
GUIDANCE = {
    "title": "Stell av kateter hjemme",
    "topic": "Kateter",
    "audience": "alle",
    "summary": "Slik unngår du infeksjon.",
    "text": "Vask hendene først.\nDrikk <rikelig>.",
    "link": "https://kunnskap.example/kateter",
    "reviewed": "2026-11-01",
}
PLAN = {
    "title": "Uro om kvelden ved demens",
    "topic": "Demens",
    "audience": "personell",
    "summary": "Hva vi prøver før legemidler.",
    "when1": "Vandrer",
    "do1": "Gå sammen en tur.",
    "when3": "Redd",
    "do3": "Sitt ned, hold hånden.",
}


class Scene:
    """One program, and who reads and publishes in it."""

    def __init__(self, world):
        self.world = world

    async def begun(self):
        sign_in = self.world.sign_in
        self.office = await sign_in("journal", "tone-bakke")
        self.nurse = await sign_in("journal", "hanne-lunde")
        self.doctor = await sign_in("sykehus", "ola-strand")
        self.citizen = await sign_in("innbygger", "ingrid")
        self.worker = await sign_in("partner", "geir-hansen")
        self.system = await OwnSystem(self.world, "nav").registered()
        return self

    def all_readers(self):
        return [
            (self.nurse, "/journal"),
            (self.doctor, "/sykehus"),
            (self.citizen, "/innbygger"),
            (self.worker, "/partner"),
        ]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield await Scene(made).begun()


async def publish(browser, service, part, form):
    address = f"/journal/felles/{service}/{part}/ny"
    page = await browser.get(address)
    assert page.status_code == 200, page.text[:2000]
    return await browser.post(address, data=form | made_from(page.text))


async def search(browser, root, words, **more):
    page = await browser.get(f"{root}/felles")
    assert page.status_code == 200, page.text[:2000]
    found = await browser.post(f"{root}/felles", data={"ord": words, "csrf_token": csrf(page.text)} | more)
    assert found.status_code == 200, found.text[:2000]
    return found


async def found(browser, root, words, title):
    """The page of what is found by these words, once it has come there."""
    began = time.monotonic()
    while True:
        page = await search(browser, root, words)
        if hit := re.search(rf'href="([^"]+/felles/[^"]+)">{re.escape(title)}<', page.text):
            return await browser.get(hit[1])
        assert in_time(time.monotonic() - began, 5.0), re.sub("<[^>]+>", " ", page.text)[-1500:]
        await asyncio.sleep(0.1)


def words(page):
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", page.text)))


async def over_fhir(scene, query):
    """What a record system and the own system of a cooperating service are answered."""
    for answer in (
        await ask(scene.world, "fjellheim", query, scope="akson:samhandling/fhir"),
        await scene.system("GET", f"fhir/{query}"),
    ):
        assert answer.status_code == 200, answer.text
        yield [each["resource"] for each in loads(answer.content).get("entry", [])]


@HERE
@pytest.mark.proves("I20")
@pytest.mark.dimension("D1", "D2", "D3")
async def test_an_offer_is_published_once_and_found_by_all(scene):
    wrong = await publish(scene.office, OFFERS, "tilbud", OFFER | {"opens": "halv elleve", "how": ""})
    assert wrong.status_code == 422
    assert OFFER["about"] in wrong.text
    saved = await publish(scene.office, OFFERS, "tilbud", OFFER)
    assert "Gitt ut" in words(saved)
    for browser, root in scene.all_readers():
        page = await found(browser, root, "nattpatrulje", OFFER["name"])
        said = words(page)
        for each in ("name", "about", "whom", "how", "area", "phone"):
            assert OFFER[each] in said, (root, each)
        assert "22:30" in said
        assert "Solvik tildelingskontor" in said
        # By a word of its text, and by the place.
        assert OFFER["name"] in words(await search(browser, root, "pleiere"))
        assert OFFER["name"] in words(await search(browser, root, "", sted="Solvik"))
        assert OFFER["name"] not in words(await search(browser, root, "", sted="Fjellheim"))
        assert "Fant ingenting" in words(await search(browser, root, "finnes slett ikke"))
    async for resources in over_fhir(scene, "HealthcareService?name=Nattpatrulje"):
        assert [each["comment"] for each in resources] == [OFFER["about"]]


@HERE
@pytest.mark.proves("I20")
@pytest.mark.dimension("D4")
async def test_welfare_technology_of_each_municipality_is_found(scene):
    nurse = await scene.world.sign_in("journal", "petter-holm")
    for browser, root in [(nurse, "/journal"), *scene.all_readers()]:
        page = await search(browser, root, "velferdsteknologi")
        assert "Trygghetsalarm" in words(page)
        assert "Digitalt tilsyn om natten" in words(page)
        page = await found(browser, root, "metanefriner", "Metanefriner i plasma")
        assert "Rekvisisjon fra lege" in words(page)


@HERE
@pytest.mark.proves("I21")
@pytest.mark.dimension("D1", "D2", "D3")
async def test_guidance_is_published_once_and_read_by_all(scene):
    saved = await publish(scene.nurse, KNOWLEDGE, "veiledning", GUIDANCE)
    assert "Gitt ut" in words(saved)
    for browser, root in scene.all_readers():
        page = await found(browser, root, "kateter", GUIDANCE["title"])
        said = words(page)
        assert "Vask hendene først. Drikk <rikelig>." in said
        assert "<rikelig>" not in page.text
        assert "Solvik hjemmetjeneste nord" in said
        assert "Hanne Lunde" in said
        assert GUIDANCE["link"] in page.text
        assert GUIDANCE["title"] in words(await search(browser, root, "infeksjon"))
    async for resources in over_fhir(scene, "Library?title=Stell"):
        assert [each["publisher"] for each in resources] == ["Solvik hjemmetjeneste nord"]


@HERE
@pytest.mark.proves("I21")
@pytest.mark.dimension("D1", "D3")
async def test_a_conditional_plan_is_for_those_whom_it_is_written_for(scene):
    await publish(scene.nurse, KNOWLEDGE, "planer", PLAN)
    for browser, root in scene.all_readers():
        if root == "/innbygger":
            continue
        page = await found(browser, root, "demens", PLAN["title"])
        said = words(page)
        assert "Vandrer Gå sammen en tur. Redd Sitt ned, hold hånden." in said
    address = page.url.path.replace("/partner", "/innbygger")
    assert (await scene.citizen.get(address)).status_code == 404
    assert PLAN["title"] not in words(await search(scene.citizen, "/innbygger", "demens"))
    async for resources in over_fhir(scene, "PlanDefinition?title=Uro"):
        assert [len(each["action"]) for each in resources] == [2]


@HERE
@pytest.mark.proves("I21", "I3")
@pytest.mark.dimension("D1", "D2")
async def test_a_published_plan_becomes_the_plan_of_a_patient_and_is_seen_by_all(scene):
    here = await chart(scene.nurse, "journal", "Ingrid Haugen")
    address = f"{here}/tjenester/planer/plan/ny"
    began = time.monotonic()
    while not (
        plan := re.search(
            r'value="(sykehus\.[^"]+)" *>Forverring av kols', (await scene.nurse.get(address)).text
        )
    ):
        assert in_time(time.monotonic() - began, 5.0)
        await asyncio.sleep(0.1)
    page = await scene.nurse.get(address, params={"mal": plan[1]})
    content = unescape(re.search(r'name="content"[^>]*>([^<]*)<', page.text)[1])
    assert "Ring 113." in content
    assert (await scene.nurse.get(address, params={"mal": "sykehus.finnes-ikke"})).status_code == 404
    form = {
        "kind": "egenbehandlingsplan",
        "what": "Kols hjemme",
        "content": f"{content}\nRing Marit.",
        "status": "active",
    }
    told = made_from(page.text) | {"patient": here.rsplit("/", 1)[1]}
    saved = await scene.nurse.post(address, data=form | told)
    assert saved.status_code == 200, words(saved)
    there = await chart(scene.doctor, "sykehus", "Ingrid Haugen")
    for browser, where in (
        (scene.doctor, f"{there}/tjenester/planer"),
        (scene.citizen, "/innbygger/opplysninger/planer"),
    ):
        assert "Ring Marit." in words(await browser.get(where))


@HERE
async def test_the_unit_changes_and_withdraws_what_it_has_published_and_nobody_else(scene):
    own = await found(scene.nurse, "/journal", "fall", "Unngå fall hjemme")
    change = re.search(r'href="([^"]+/endre)"', own.text)[1]
    form = await scene.nurse.get(change)
    values = dict(re.findall(r'name="(title|topic|reviewed)" type="text" value="([^"]*)"', form.text))
    values |= {"audience": "alle", "summary": "Nye råd om fall", "text": "Bruk sko inne."}
    changed = await scene.nurse.post(change, data=values | made_from(form.text))
    assert "Gitt ut" in words(changed)
    stale = await scene.nurse.post(change, data=values | made_from(form.text))
    assert stale.status_code == 409
    assert "Bruk sko inne." in stale.text
    await found(scene.citizen, "/innbygger", "Nye råd", "Unngå fall hjemme")
    # Another unit of the same record system reads it and may not change it; nor does who publishes nothing.
    gp = await scene.world.sign_in("journal", "jonas-berg")
    assert "/endre" not in (await gp.get(own.url.path)).text
    assert (await gp.get(change)).status_code == 403
    assert (await gp.post(change, data=values | made_from(form.text))).status_code == 403
    assert (await scene.office.get(f"/journal/felles/{KNOWLEDGE}/veiledning/ny")).status_code == 404
    assert (await scene.worker.get(f"/partner/felles/{KNOWLEDGE}/veiledning/ny")).status_code == 404
    withdrawn = re.search(r'action="([^"]+/trekk)"', (await scene.nurse.get(own.url.path)).text)[1]
    page = await scene.nurse.get(own.url.path)
    gone = await scene.nurse.post(withdrawn, data=made_from(page.text))
    assert "Trukket tilbake" in words(gone)
    began = time.monotonic()
    while "Unngå fall" in words(await search(scene.citizen, "/innbygger", "fall")):
        assert in_time(time.monotonic() - began, 5.0)
        await asyncio.sleep(0.1)


@HERE
async def test_without_the_platform_one_sees_the_own_and_is_told(scene):
    scene.world.silent.add("samhandling")
    try:
        page = await scene.nurse.get("/journal/felles")
        assert page.status_code == 200
        assert "svarer ikke nå" in words(page)
        assert "Trykksår" in words(page)
        other = await scene.nurse.get(f"/journal/felles/{KNOWLEDGE}/planer/sykehus.x")
        assert other.status_code == 503
    finally:
        scene.world.silent.clear()


@HERE
async def test_only_what_is_published_leaves_the_record_system(scene):
    journal = side(scene.world, "journal")
    answer = await ask(scene.world, "sykehus", "HealthcareService?_count=500", scope="akson:samhandling/fhir")
    copies = [each["resource"] for each in loads(answer.content)["entry"] if "." in each["resource"]["id"]]
    assert copies
    assert all(each["meta"]["source"].startswith(("http://localhost:8000/",)) for each in copies)
    assert any(each["meta"]["source"].startswith(journal.node.fhir) for each in copies)
    assert all("tag" in each["meta"] for each in copies)


@HERE
async def test_what_is_much_is_turned_page_by_page(scene):
    async with opened(side(scene.world, "samhandling").place, NODE_ITSELF) as ctx:
        for number in range(60):
            await gate.create(
                ctx, {"resourceType": "HealthcareService", "active": True, "name": f"Prøvetilbud {number:02}"}
            )
    for browser, root in scene.all_readers():
        page = await search(browser, root, "Prøvetilbud")
        assert ("Prøvetilbud 19" in page.text, "Prøvetilbud 20" in page.text) == (True, False)
        assert "Vis alle 60" in words(page)
        assert "Side 1" not in words(page)
        for number, first, last in (
            ("1", "00", "24"),
            ("2", "25", "49"),
            ("3", "50", "59"),
            ("99", "50", "59"),
            ("x", "00", "24"),
        ):
            page = await search(browser, root, "Prøvetilbud", **{"del": "tilbud", "side": number})
            shown = re.findall(r"Prøvetilbud (\d\d)<", page.text)
            assert (shown[0], shown[-1]) == (first, last), (root, number)
            assert ("Neste side" in page.text, "Forrige side" in page.text) == (last != "59", first != "00")
            assert "av 3, 60 i alt" in words(page)
        assert "Prøvetilbud" not in str(page.url), "what is searched for stands in no address"
        assert "Fant ingenting" in words(await search(browser, root, "Prøvetilbud", **{"del": "veiledning"}))
        assert (await search(browser, root, "Prøvetilbud", **{"del": "finnes-ikke"})).status_code == 200


@HERE
@pytest.mark.parametrize("slug", [OFFERS, KNOWLEDGE])
async def test_a_service_that_is_switched_off_is_nowhere(scene, slug, monkeypatch):
    title = {OFFERS: "Trygghetsalarm", KNOWLEDGE: "Forverring av kols hjemme"}[slug]
    pages = [(b, (await found(b, root, title, title)).url.path, root) for b, root in scene.all_readers()]
    without = tuple(each for each in load() if each.slug != slug)
    monkeypatch.setattr(declare, "load", lambda _package="": without)
    monkeypatch.setattr("akson.exchange.general.load", lambda: without)
    for browser, path, root in pages:
        assert (await browser.get(path)).status_code == 404
        assert title not in words(await search(browser, root, title)).replace(f'"{title}"', "")
