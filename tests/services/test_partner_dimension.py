"""The third dimension of every service: what a citizen agrees to is seen by NAV, a school or child welfare, on their pages and
by their own systems, from all record systems; nothing else is, and nothing after the citizen has taken it back.
"""

import asyncio
import re
import time
from urllib.parse import quote

import pytest
import pytest_asyncio

from akson.exchange import shared_with
from akson.exchange.declare import Mode, Party, Sharing, load
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.norwegian import FNR
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.record.who_can_besides import Way, besides
from akson.security import sharing
from akson.store.database.reader import NODE
from tests.demo_world import start
from tests.exchange.asking import PIDS, OwnSystem, side
from tests.exchange.forms import csrf
from tests.patience import in_time
from tests.services.samples import SAMPLES, sample
from tests.services.shared import item

pytestmark = [pytest.mark.store]
HERE = pytest.mark.asyncio(loop_scope="module")
PERSON, NAME = "ingrid", "Ingrid Haugen"
UNTIL = "2028-05-17"
SERVICES = [pytest.param(each, id=each.slug) for each in shared_with.shareable()]


class Scene:
    """One program; a citizen, NAV's case worker and NAV's own system, and somebody of PPT."""

    def __init__(self, world):
        self.world = world

    async def begun(self):
        self.citizen = await self.world.sign_in("innbygger", PERSON)
        self.nav = await self.world.sign_in("partner", "geir-hansen")
        self.ppt = await self.world.sign_in("partner", "lene-torp")
        self.system = await OwnSystem(self.world, "nav").registered()
        self.patient = await self.known_at("samhandling")
        return self

    async def known_at(self, node):
        hosted = side(self.world, node)
        async with hosted.place.database.transaction(read_only=True, reader=NODE) as tx:
            return (await hosted.people.patient(tx, PIDS[PERSON]))["id"]

    async def put(self, node, resource):
        async with opened(side(self.world, node).place, NODE_ITSELF) as ctx:
            await gate.update(ctx, resource)

    async def agrees(self, *services, whom="nav"):
        """The citizen reads the sentence and agrees; the sentence."""
        address = "/innbygger/personvern/samarbeid"
        page = await self.citizen.get(address)
        value = re.search(rf'value="((?:org|unit):\d+)"[^>]*><span>{NAMES[whom]}<', page.text)[1]
        form = {"hvem": value, "tjeneste": services, "til": UNTIL, "csrf_token": csrf(page.text)}
        review = await self.citizen.post(address, data=form)
        assert review.status_code == 200, words_of(review)
        saved = await self.citizen.post(address, data=form | {"lagre": "ja"})
        assert "Lagret" in saved.text, words_of(saved)
        return words_of(review)

    async def takes_back(self):
        page = (await self.citizen.get("/innbygger/personvern")).text
        rules = re.findall(
            r'name="id" value="([^"]+)"><input type="hidden" name="versjon" value="(\d+)"', page
        )
        for id_, version in rules:
            form = {"id": id_, "versjon": version, "csrf_token": csrf(page)}
            await self.citizen.post("/innbygger/personvern/ta-bort", data=form)

    def page(self, service):
        return f"/partner/innbygger/{self.patient}/tjenester/{service.slug}"

    async def asked_by_system(self, service):
        """What NAV's own system is answered for each part: searches at the register, or across the record systems."""
        answers = []
        for part in service.parts:
            if service.mode is Mode.SHARE:
                query = "&".join(f"{name}={quote(value)}" for name, value in part.pairs)
                path = f"fhir/{part.type}?patient=Patient/{self.patient}&{query}"
                answers.append(await self.system("GET", path))
            else:
                form = {"patient.identifier": f"{FNR}|{PIDS[PERSON]}"} | dict(part.pairs)
                answers.append(await self.system("POST", f"oppslag/{part.type}/_search", data=form))
        return answers


NAMES = {"nav": "NAV Solvik", "ppt": "Solvik skole, PPT"}


def words_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield await Scene(made).begun()


async def seen(browser, path, words):
    """The page once it holds the words: record systems hear of a consent within seconds."""
    began = time.monotonic()
    while True:
        page = await browser.get(path)
        assert page.status_code == 200, words_of(page)
        if all(each in page.text for each in words):
            return page.text
        assert in_time(time.monotonic() - began, 5.0), (
            [each for each in words if each not in page.text],
            words_of(page)[:1500],
        )
        await asyncio.sleep(0.1)


async def lacking(scene, service, words):
    """What the service's own system is not answered yet: the copies of a record system are as new as its last word."""
    answers = await scene.asked_by_system(service)
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return [
        said for answer, said in zip(answers, words, strict=True) if said not in str(loads(answer.content))
    ]


@HERE
@pytest.mark.proves(
    "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "I17", "I19", "I24"
)  # fmt: skip
@pytest.mark.dimension("D3")
@pytest.mark.parametrize("service", SERVICES)
async def test_what_the_citizen_shares_is_seen_by_that_service_and_its_system_until_it_is_taken_back(
    scene, service
):
    words = []
    node = "samhandling" if service.mode is Mode.SHARE else "sykehus"
    patient = await scene.known_at(node)
    for part in service.parts:
        own = (service.slug, part.slug) in SAMPLES
        said, resource = sample(service.slug, part.slug, patient) if own else item(service, part, patient)
        await scene.put(node, resource)
        words.append(said)
    refused = await scene.nav.get(scene.page(service))
    assert refused.status_code == 403
    assert "Innbyggeren har ikke sagt ja" in refused.text
    assert not any(each in refused.text for each in [*words, "Haugen"])
    sentence = await scene.agrees(service.slug)
    assert "NAV Solvik får se" in sentence
    page = await seen(scene.nav, scene.page(service), words)
    assert node == "samhandling" or "Fjordsykehuset" in page
    assert "fordi innbyggeren har sagt ja" in page
    assert (await scene.ppt.get(scene.page(service))).status_code == 403
    await becomes(lambda: lacking(scene, service, words), [])
    await scene.takes_back()
    assert (await scene.nav.get(scene.page(service))).status_code == 403
    for answer in await scene.asked_by_system(service):
        assert answer.status_code == 403
        (issue,) = loads(answer.content)["issue"]
        assert issue["code"] == "forbidden"
        assert "has not agreed" in issue["diagnostics"]


def test_each_service_with_the_third_dimension_says_on_what_it_rests_that_partners_see_it():
    parties = [each for each in load() if Party.PARTNER in each.parties]
    assert len(parties) == len(load()) == 26
    rests_on = {each.slug: each.sharing for each in parties}
    assert None not in rests_on.values()
    opened = {slug for slug, sharing in rests_on.items() if sharing is Sharing.OPEN}
    assert opened == {"tilgjengelige-tjenester", "klinisk-kunnskap"}
    assert set(shared_with.held()) == {s for s, sharing in rests_on.items() if sharing is Sharing.CONSENT}


async def at_the_source(scene, node, about="ingrid"):
    """How a record system answers the platform, which asks for NAV."""
    hub = side(scene.world, "samhandling")
    nav = scene.system.unit
    said = sharing.header(sharing.Claim(nav.organization_number, nav.name, nav.organization_number, nav.name))
    form = {"patient.identifier": f"{FNR}|{PIDS[about]}"}
    answer = await hub.peer.request(
        "POST",
        f"{side(scene.world, node).node.fhir}/Condition/_search",
        scope=f"akson:{node}/fhir akson:{node}/partner",
        data=form,
        headers=said,
    )
    return answer.status_code


async def becomes(look, wanted):
    began = time.monotonic()
    while (found := await look()) != wanted:
        assert in_time(time.monotonic() - began, 5.0), found
        await asyncio.sleep(0.1)


@HERE
@pytest.mark.proves("I18")
@pytest.mark.dimension("D3")
async def test_a_consent_holds_where_the_data_lies_within_five_seconds_and_is_in_the_citizens_log(
    scene, live
):
    service = next(each for each in shared_with.shareable() if each.slug == "problem-og-diagnose")
    assert await at_the_source(scene, "sykehus") == 403
    await scene.agrees(service.slug)
    await becomes(lambda: at_the_source(scene, "sykehus"), 200)
    assert await at_the_source(scene, "sykehus", "olav") == 403
    assert await at_the_source(scene, "sykehus", "yusuf") == 200  # whom it does not know: nothing
    page = await scene.nav.get(scene.page(service))
    assert (page.status_code, "Fjordsykehuset" in page.text) == (200, True)
    assert NAME in (await scene.nav.get("/partner/")).text
    await scene.takes_back()
    await becomes(lambda: at_the_source(scene, "sykehus"), 403)
    assert NAME not in (await scene.nav.get("/partner/")).text
    log = words_of(await scene.citizen.get("/innbygger/innsyn"))
    assert "Geir Hansen, veileder i NAV" in log
    assert "NAV Solvik" in log
    assert "har sagt ja til at tjenesten ser dette" in log
    assert "Innbyggeren har ikke sagt ja" in log  # what was refused, apart


@HERE
@pytest.mark.proves("I18")
async def test_nav_asks_and_the_citizen_says_yes_or_no(scene):
    form = {
        "tjeneste": ["planer", "tjenester-og-hjelpemidler"],
        "til": UNTIL,
        "hvorfor": "Søknad om hjelpemidler",
    }
    page = await scene.nav.get("/partner/samtykke")
    nobody = await scene.nav.post(
        "/partner/samtykke", data=form | {"nummer": "1", "csrf_token": csrf(page.text)}
    )
    assert (nobody.status_code, "11 siffer" in nobody.text) == (422, True)
    for answer, then in (("nei", 403), ("ja", 200)):
        asked = await scene.nav.post(
            "/partner/samtykke", data=form | {"nummer": PIDS[PERSON], "csrf_token": csrf(page.text)}
        )
        assert "Spørsmålet er sendt" in asked.text
        assert (await scene.nav.get(f"/partner/innbygger/{scene.patient}")).status_code == 403
        home = (await scene.citizen.get("/innbygger/")).text
        assert "NAV Solvik spør om å få se opplysninger om deg" in home
        assert "Søknad om hjelpemidler" in home
        wish = re.search(r'samarbeid/svar">.*?name="id" value="([^"]+)"', home, re.DOTALL)[1]
        reply = {"id": wish, "svar": answer, "csrf_token": csrf(home)}
        await scene.citizen.post("/innbygger/personvern/samarbeid/svar", data=reply)
        assert (await scene.nav.get(f"/partner/innbygger/{scene.patient}")).status_code == then
        again = await scene.citizen.post("/innbygger/personvern/samarbeid/svar", data=reply)
        assert again.status_code == 404
    await scene.takes_back()


@HERE
@pytest.mark.parametrize("whom", ["another", "nobody"])
async def test_a_system_that_names_somebody_who_shares_nothing_is_told_the_same_of_everybody(scene, whom):
    await scene.agrees("problem-og-diagnose")
    hub = side(scene.world, "samhandling")
    async with hub.place.database.transaction(read_only=True, reader=NODE) as tx:
        other = (await hub.people.patient(tx, PIDS["olav"]))["id"] if whom == "another" else "nobody"
    told = set()
    for path in (
        f"fhir/Condition?patient=Patient/{other}",
        f"fhir/Patient/{other}",
        f"fhir/Observation?patient={other}",
    ):
        answer = await scene.system("GET", path)
        told.add((answer.status_code, loads(answer.content)["issue"][0]["diagnostics"]))
    ((status, words),) = told
    assert (status, "has not agreed" in words) == (403, True)
    own = await scene.system("GET", "fhir/Condition")
    assert {e["resource"]["subject"]["reference"] for e in loads(own.content)["entry"]} == {
        f"Patient/{scene.patient}"
    }
    await scene.takes_back()


@HERE
async def test_who_is_no_partner_gets_in_by_neither_way(scene):
    nurse = await scene.world.sign_in("partner", "hanne-lunde")
    assert "/partner/role" in str((await nurse.get("/partner/")).url)
    operator = await scene.world.sign_in("partner", "henrik-vold")
    assert "/partner/role" in str((await operator.get("/partner/")).url)
    plain = await scene.system("GET", "fhir/Condition", scope="akson:samhandling/fhir")
    assert plain.status_code == 403
    claim = sharing.header(sharing.Claim("310000008"))
    forged = await scene.system("GET", "fhir/Condition", scope="akson:samhandling/fhir", headers=claim)
    assert forged.status_code == 400
    written = {"resourceType": "Condition", "subject": {"reference": f"Patient/{scene.patient}"}}
    assert (await scene.system("POST", "fhir/Condition", json=written)).status_code == 403


@HERE
@pytest.mark.proves("I18")
@pytest.mark.dimension("D3")
async def test_the_privacy_officer_sees_to_whom_a_citizen_has_given_a_consent_now_and_before(scene):
    async def told(at):
        async with opened(side(scene.world, "journal").place, NODE_ITSELF) as ctx:
            patient = await side(scene.world, "journal").people.patient(ctx.tx, PIDS[PERSON])
            found = await besides(ctx, patient["id"], at)
        return [each for each in found if each.way is Way.PARTNER]

    async def seen_by_now():
        return bool(await told(now()))

    await becomes(seen_by_now, False)  # the record system has heard of what was taken back before
    earlier = now()
    await scene.agrees("problem-og-diagnose")
    await becomes(seen_by_now, True)
    during = now()
    (one,) = await told(during)
    assert "Condition" in one.types
    officer = await scene.world.sign_in("journal", "anne-grete-rud")
    page = await officer.get("/journal/logg/tilgang")
    asked = {"csrf_token": csrf(page.text), "number": PIDS[PERSON], "day": ""}
    assert "Samtykke til å se noe, til og med 17.05.2028" in words_of(
        await officer.post("/journal/logg/tilgang", data=asked)
    )
    await scene.takes_back()
    await becomes(seen_by_now, False)
    assert [each.name for each in await told(during)] == [one.name]
    assert one.until > (await told(during))[0].until
    assert not await told(earlier)
