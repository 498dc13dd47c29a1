"""The viewer: the hospital's pictures in the municipality's chart, in the hospital's own, and before the citizen."""

import re
import struct

import pytest
import pytest_asyncio
from tests.apps.client import Client, register
from tests.demo_world import start
from tests.documents.dicom.files import encapsulated, file
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart
from tests.exchange.test_dicomweb import Viewer, whole

from akson.documents.dicom.part10 import read

pytestmark = [pytest.mark.store, pytest.mark.asyncio(loop_scope="module")]
SERVICE = "multimedia-og-mtu"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo):
    made = start(demo)
    async with made.app.router.lifespan_context(made.app):
        yield made


def opened(page, title):
    """Where the button leads that opens the pictures of a study."""
    found = re.search(
        rf'href="([^"]+/undersokelser/[^"]+)">Se bildene<span class="ds-sr-only"> – {title}<', page.text
    )
    assert found, page.text
    return found[1]


def picture(page):
    return re.search(r'<img src="([^"]+)" alt="([^"]+)"', page.text).groups()


def leads(page, name):
    """Where a button of the viewer leads."""
    return re.search(rf'id="viewer-{name}"[^>]* href="([^"]+)"', page.text)[1].replace("&amp;", "&")


async def shown(browser, source):
    answer = await browser.get(source.replace("&amp;", "&"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    return answer.content


@pytest.mark.proves("I10")
async def test_the_hospitals_picture_is_seen_in_the_municipality_and_by_the_citizen(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    citizen = await world.sign_in("innbygger", "ingrid")
    seen = []
    for browser, path in (
        (nurse, f"{here}/tjenester/{SERVICE}/andre"),
        (doctor, f"{there}/tjenester/{SERVICE}"),
        (citizen, f"/innbygger/opplysninger/{SERVICE}/andre"),
    ):
        listed = await browser.get(path)
        assert "CT (datatomografi)" in listed.text
        page = await browser.get(opened(listed, "CT hode"))
        assert page.status_code == 200, page.text
        assert "Fjordsykehuset" in page.text
        source, words = picture(page)
        assert words == "CT hode: Bilde 1 av 6. CT (datatomografi), slik bildet er lagret."
        seen.append(await shown(browser, source))
        # The next picture, another light, larger.
        second = await browser.get(leads(page, "next"))
        assert "Bilde 2 av 6" in second.text
        assert await shown(browser, picture(second)[0]) != seen[0]
        bone = await browser.get(leads(second, "window-4"))
        source, words = picture(bone)
        assert words.endswith("skjelett.")
        assert "vindu=400,1800" in source
        larger = await browser.get(leads(bone, "zoom-3"))
        assert "zoom-2" in larger.text
        assert struct.unpack(">II", (await shown(browser, picture(larger)[0]))[16:24]) == (128, 128)
        saved = await browser.get(re.search(r'href="([^"]+/fil)"', page.text)[1])
        assert saved.headers["content-disposition"].startswith("attachment")
        assert read(saved.content).dataset.PatientID == PIDS["ingrid"]
    assert seen[0] == seen[1] == seen[2]
    # Her log tells of the nurse's look at the picture, at the hospital.
    log = (await citizen.get("/innbygger/innsyn")).text
    assert "Hanne Lunde" in log


async def test_nobody_elses_page_opens_it(world):
    citizen = await world.sign_in("innbygger", "ingrid")
    listed = await citizen.get(f"/innbygger/opplysninger/{SERVICE}/andre")
    path = opened(listed, "Røntgen thorax")
    source, _ = picture(await citizen.get(path))
    olav = await world.sign_in("innbygger", "olav")
    nurse = await world.sign_in("journal", "hanne-lunde")
    of_olav = await chart(nurse, "journal", "Olav")
    doctor = await world.sign_in("sykehus", "ola-strand")
    at_hospital = await chart(doctor, "sykehus", "Olav")
    for address in (path, source.replace("&amp;", "&"), f"{source.partition('/bilde')[0]}/fil"):
        assert (await olav.get(address)).status_code == 404, address
        below = address.removeprefix("/innbygger")
        assert (await nurse.get(of_olav + below)).status_code == 404, address
        assert (await doctor.get(at_hospital + below)).status_code == 404, address
    for nothing in (
        "/undersokelser/sykehus/2.25.1",
        "/undersokelser/nowhere/2.25.1",
        "/undersokelser/sykehus/x",
    ):
        assert (await citizen.get(f"/innbygger{nothing}")).status_code == 404, nothing


@pytest.mark.parametrize(
    "query", ["bilde=99", "bilde=0", "bilde=x", "rute=7", "zoom=3", "vindu=%3Cscript%3E"]
)
async def test_an_address_that_asks_for_what_is_not_there_shows_what_is(world, query):
    citizen = await world.sign_in("innbygger", "ingrid")
    path = opened(await citizen.get(f"/innbygger/opplysninger/{SERVICE}/andre"), "CT hode")
    page = await citizen.get(f"{path}?{query}")
    assert page.status_code == 200
    assert "<script>" not in picture(page)[1]
    await shown(citizen, picture(page)[0])


async def test_what_cannot_be_shown_says_so_and_can_be_saved(world):
    doctor = await world.sign_in("sykehus", "ola-strand")
    base = "http://localhost:8000/sykehus"
    client = Client(world, *await register(side(world, "sykehus")), surface="/sykehus", fhir=f"{base}/fhir")
    ask = Viewer(client, (await client.tokens(doctor, "user/*.cruds"))["access_token"])
    told = {
        "PatientID": PIDS["ingrid"],
        "PatientBirthDate": "",
        "StudyInstanceUID": "2.25.81",
        "StudyDescription": "MR kne",
    }
    compressed = encapsulated(bytes(64), "1.2.840.10008.1.2.4.90", **told)
    frames = file(
        tuple(range(48)), NumberOfFrames=2, SOPInstanceUID="2.25.81.2", InstanceNumber=9, Modality="MR", WindowCenter=20,
        WindowWidth=40, **told,
    )  # fmt: skip
    assert (await ask("POST", "studies", **whole(compressed, frames))).status_code == 200
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    page = await doctor.get(opened(await doctor.get(f"{there}/tjenester/{SERVICE}"), "MR kne"))
    assert "kan ikke vises her" in page.text.replace("ikke kan vises her", "kan ikke vises her")
    assert "<figure" not in page.text
    saved = await doctor.get(re.search(r'href="([^"]+/fil)"', page.text)[1])
    assert saved.content == compressed
    drawn = await doctor.get(saved.request.url.path.removesuffix("fil") + "bilde")
    assert drawn.status_code == 406
    # The other is of two frames, and is shown in shades of its own.
    second = await doctor.get(leads(page, "next"))
    assert "Bilde 2 av 2, rute 1 av 2" in second.text
    third = await doctor.get(leads(second, "next"))
    assert "Bilde 2 av 2, rute 2 av 2" in third.text
    assert await shown(doctor, picture(third)[0]) != await shown(doctor, picture(second)[0])
    darker = await doctor.get(leads(third, "window-3"))
    assert "vindu=30,40" in picture(darker)[0]
    assert leads(third, "previous") == leads(second, "next").replace("&rute=2", "")


async def test_a_hospital_that_does_not_answer_is_not_called_empty(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    path = opened(await nurse.get(f"{here}/tjenester/{SERVICE}/andre"), "CT hode")
    world.silent.add("sykehus")
    try:
        answer = await nurse.get(path)
    finally:
        world.silent.discard("sykehus")
    assert answer.status_code == 200
    assert "Fjordsykehuset svarer ikke nå, så bildet kan ikke hentes." in answer.text
    assert "<figure" not in answer.text
