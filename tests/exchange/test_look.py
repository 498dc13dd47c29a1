"""Journaldokumenter across nodes: written in the hospital, found and opened from the municipality through the platform."""

import re

import pytest
from tests.exchange.forms import chart, csrf

from akson.store.database.reader import NODE

pytestmark = pytest.mark.store


async def others(browser, path):
    page = await browser.get(f"{path}/dokumenter/andre")
    assert page.status_code == 200, page.text
    return page.text


@pytest.mark.proves("I11")
@pytest.mark.dimension("D1")
async def test_a_hospital_document_is_found_and_opened_from_the_municipality(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Olav Berg")
    listed = await others(nurse, here)
    links = re.findall(r'href="([^"]+/dokumenter/fra/sykehus/[^"]+)"', listed)
    assert links, listed
    assert "Fjordsykehuset" in listed
    opened = await nurse.get(links[0])
    assert opened.status_code == 200
    words = re.sub(r"<[^>]+>", " ", opened.text)
    assert "Olav" in words


async def test_a_source_that_does_not_know_the_patient_is_not_called_silent(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    listed = await others(nurse, await chart(nurse, "journal", "Ingrid Haugen"))
    assert "/dokumenter/fra/sykehus/" in listed
    assert "svarer ikke" not in listed


@pytest.mark.proves("I11", "L4")
async def test_what_is_written_in_the_hospital_is_found_by_its_words_at_once(world):
    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    page = await doctor.get(f"{there}/notater/nytt")
    names = dict.fromkeys(re.findall(r'<textarea[^>]* name="([^"]+)"', page.text))
    assert names, page.text
    text = "Mistenkt kolangitt, ultralyd bestilt."
    form = dict.fromkeys(names, text) | {"title": "Vurdering", "patient": there.rsplit("/", 1)[1]}
    written = await doctor.post(f"{there}/notater", data=form | {"csrf_token": csrf(page.text)})
    assert written.status_code == 200, written.text
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    tab = await nurse.get(f"{here}/dokumenter")
    hit = await nurse.post(f"{here}/dokumenter", data={"words": "kolangitt", "csrf_token": csrf(tab.text)})
    assert "/dokumenter/fra/sykehus/" in hit.text
    miss = await nurse.post(
        f"{here}/dokumenter", data={"words": "leddproteseinfeksjon", "csrf_token": csrf(tab.text)}
    )
    assert "/dokumenter/fra/sykehus/" not in miss.text


async def heard(world, source, when):
    """The platform heard of a source then; None: never."""
    platform = next(each for each in world.app.state.hosted if each.node.name == "samhandling")
    async with platform.place.database.transaction(reader=NODE) as tx:
        await tx.execute("update hotel_source set told = %s where source = %s", [when, source])


async def test_a_silent_source_is_named_and_what_it_has_told_before_is_shown_with_its_age(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Olav Berg")
    world.silent.add("sykehus")
    await heard(world, "sykehus", "2026-11-20 09:30+01")
    listed = await others(nurse, here)
    assert "Fjordsykehuset svarer ikke nå. Du ser en kopi fra 20.11.2026 kl. 09:30." in listed
    assert "/dokumenter/fra/sykehus/" in listed


async def test_a_silent_source_without_copies_is_named_and_the_rest_is_shown(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Olav Berg")
    world.silent.add("sykehus")
    await heard(world, "sykehus", None)
    listed = await others(nurse, here)
    assert "Fjordsykehuset svarer ikke nå." in listed
    assert "kopi" not in listed
    assert "/dokumenter/fra/sykehus/" not in listed
    world.silent.clear()
    assert "/dokumenter/fra/sykehus/" in await others(nurse, here)


async def test_a_silent_platform_is_said(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Olav Berg")
    world.silent.add("samhandling")
    assert "svarer ikke" in await others(nurse, here)


async def test_the_source_keeps_what_the_asker_may_not_see(world):
    """Liv Moe at Fjellheim has no care relation with Ingrid: her node does not ask, and the hospital logs no look."""
    stranger = await world.sign_in("fjellheim", "liv-moe")
    ingrid = await chart(await world.sign_in("journal", "hanne-lunde"), "journal", "Ingrid Haugen")
    page = await stranger.get(ingrid.replace("journal", "fjellheim", 1) + "/dokumenter/andre")
    assert page.status_code == 404
