"""Other services in the dialogue (row I26, dimension D3): in the threads that the citizen has let them take part in, and in no other."""

import re
from datetime import date

import pytest
import pytest_asyncio

from akson.demo.units import BY_KEY
from akson.fhir.strict_json import loads
from akson.kit.norwegian import Sex, make
from akson.store.database.reader import NODE
from tests.demo_world import start
from tests.exchange.asking import PIDS, OwnSystem, side
from tests.exchange.forms import csrf
from tests.services.test_partner_reports import PDF, RUNS, files, stored, words_of

pytestmark = pytest.mark.store
HERE = pytest.mark.asyncio(loop_scope="module")
NAV = f"org:{BY_KEY['nav'].organization_number}"
NOBODY = make(date(1971, 4, 14), Sex.FEMALE, 62)
"""An identity number that nobody has."""
CLINIC = BY_KEY["solvik-legesenter"].her_id


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


async def write(browser, page, topic, words, to, attached=()):
    """Begin a thread by a form; the page of it."""
    form = await browser.get(page)
    assert form.status_code == 200, words_of(form)
    told = {"csrf_token": csrf(form.text), "topic": topic, "words": words, "to": to}
    told["key"] = re.search(r'name="key" value="([^"]+)"', form.text)[1]
    return await browser.post(page, data=told, files=files(*attached) or None)


async def say(browser, page, words, attached=()):
    form = await browser.get(page)
    told = {
        "csrf_token": csrf(form.text),
        "words": words,
        "key": re.search(r'name="key" value="([^"]+)"', form.text)[1],
    }
    return await browser.post(page, data=told, files=files(*attached) or None)


@HERE
@pytest.mark.proves("I26")
@pytest.mark.dimension("D3")
async def test_the_citizen_writes_to_nav_which_answers_by_page_and_by_its_own_system(world):
    kari, geir = await world.sign_in("innbygger", "kari"), await world.sign_in("partner", "geir-hansen")
    begun = await write(
        kari, "/innbygger/meldinger/ny", "Sykepenger", "Når kommer pengene?", NAV, [("brev.pdf", PDF)]
    )
    assert (begun.status_code, "NAV Solvik" in begun.text) == (200, True), words_of(begun)
    thread = begun.url.path.rpartition("/")[2]
    assert "Sykepenger" in (await geir.get("/partner/samtaler")).text
    page = await geir.get(f"/partner/samtaler/{thread}")
    assert all(each in page.text for each in ("Når kommer pengene?", "Kari Nilsen")), words_of(page)
    assert (await geir.get(re.search(r'href="([^"]+/vedlegg/[^"]+)"', page.text)[1])).content == PDF
    bad = await say(geir, f"/partner/samtaler/{thread}", "Se vedlegg", [("x.pdf", RUNS)])
    assert (bad.status_code, "Se vedlegg" in bad.text) == (422, True)
    assert (await say(geir, f"/partner/samtaler/{thread}", "Den 12. hver måned")).status_code == 200
    system = await OwnSystem(world, "nav").registered()
    told = {"thread": thread, "words": "Utbetalt i dag", "files": [], "key": "01"}
    answered = await system("POST", "samtale/answer", json=told)
    assert answered.status_code == 200, answered.text
    read = words_of(await kari.get(f"/innbygger/meldinger/{thread}"))
    assert all(each in read for each in ("Den 12. hver måned", "Utbetalt i dag", "Geir Hansen, NAV Solvik"))
    lene, ppt = await world.sign_in("partner", "lene-torp"), await OwnSystem(world, "ppt").registered()
    assert (await lene.get(f"/partner/samtaler/{thread}")).status_code == 404
    assert "Sykepenger" not in (await lene.get("/partner/samtaler")).text
    assert (await ppt("POST", "samtale/open", json={"thread": thread})).status_code == 404
    around = await system("GET", f"fhir/Task/{thread}")  # the desk alone lets in
    assert around.status_code in {403, 404}


@HERE
@pytest.mark.proves("I26", "I18")
@pytest.mark.dimension("D3")
async def test_the_citizen_brings_nav_into_a_thread_with_the_doctor_and_takes_it_out_again(world):
    kari, geir = await world.sign_in("innbygger", "kari"), await world.sign_in("partner", "geir-hansen")
    begun = await write(
        kari, "/innbygger/meldinger/ny", "Tilbake i jobb", "Kan jeg jobbe halv dag?", CLINIC, [("a.pdf", PDF)]
    )
    thread, own = begun.url.path.rpartition("/")[2], begun.url.path
    assert (await geir.get(f"/partner/samtaler/{thread}")).status_code == 404
    form = {"csrf_token": csrf(begun.text), "side": NAV, "do": "med"}
    nobody = await kari.post(f"{own}/tjenester", data=form | {"side": "org:1"})
    assert nobody.status_code == 422
    brought = await kari.post(f"{own}/tjenester", data=form)
    assert "tok med NAV Solvik i samtalen" in words_of(brought)
    page = await geir.get(f"/partner/samtaler/{thread}")
    assert "Kan jeg jobbe halv dag?" in page.text
    assert (await say(geir, f"/partner/samtaler/{thread}", "Vi støtter det")).status_code == 200
    jonas = await world.sign_in("journal", "jonas-berg")
    assert "Vi støtter det" in (await jonas.get(f"/journal/dialog/{thread}")).text
    left = await kari.post(f"{own}/tjenester", data=form | {"do": "ut"})
    assert "tok NAV Solvik ut av samtalen" in words_of(left)
    attached = re.search(r'href="([^"]+/vedlegg/[^"]+)"', page.text)[1]
    for path in (f"/partner/samtaler/{thread}", attached):
        assert (await geir.get(path)).status_code == 404
    assert "Tilbake i jobb" not in (await geir.get("/partner/samtaler")).text
    assert (await kari.post(f"{own}/tjenester", data=form | {"do": "ut"})).status_code == 404


@HERE
@pytest.mark.proves("I26", "I18")
@pytest.mark.dimension("D3")
async def test_a_service_writes_of_itself_to_those_alone_who_share_something_with_it(world):
    ingrid, geir = await world.sign_in("innbygger", "ingrid"), await world.sign_in("partner", "geir-hansen")
    hub = side(world, "samhandling")
    async with hub.place.database.transaction(read_only=True, reader=NODE) as tx:
        patient = (await hub.people.patient(tx, PIDS["ingrid"]))["id"]
    address = f"/partner/innbygger/{patient}/samtale"
    system = await OwnSystem(world, "nav").registered()
    told = {"patient": PIDS["ingrid"], "topic": "Uten lov", "words": "Hei", "files": [], "key": "02"}
    assert (await geir.get(address)).status_code == 403
    refused = await system("POST", "samtale/begin", json=told)
    unknown = await system("POST", "samtale/begin", json=told | {"patient": NOBODY})
    assert refused.status_code == unknown.status_code == 403
    assert loads(refused.content)["issue"] == loads(unknown.content)["issue"]
    assert not await stored(world, "samhandling", "Task", "Uten lov")
    page = await ingrid.get("/innbygger/personvern/samarbeid")
    whom = re.search(r'value="((?:org|unit):\d+)"[^>]*><span>NAV Solvik<', page.text)[1]
    form = {
        "hvem": whom,
        "tjeneste": ["planer"],
        "til": "2028-05-17",
        "csrf_token": csrf(page.text),
        "lagre": "ja",
    }
    await ingrid.post("/innbygger/personvern/samarbeid", data=form)
    begun = await write(geir, address, "Hjelpemidler", "Vi trenger et bilde av badet.", "")
    assert begun.status_code == 200, words_of(begun)
    thread = begun.url.path.rpartition("/")[2]
    assert "Hjelpemidler" in (await ingrid.get("/innbygger/meldinger")).text
    assert (await say(ingrid, f"/innbygger/meldinger/{thread}", "Det kommer")).status_code == 200
    assert "Det kommer" in (await geir.get(f"/partner/samtaler/{thread}")).text
    asked = await write(geir, address, "Trening", "Hvordan går det?", CLINIC)
    assert "Trening" in (await ingrid.get("/innbygger/meldinger")).text, words_of(asked)
    empty = await write(geir, address, "", "Noe", "")
    assert (empty.status_code, "Noe" in empty.text) == (422, True)
