"""The citizen's documents of all systems: listed, opened, and what did not answer named."""

import re

import pytest

pytestmark = pytest.mark.store

LINK = r'href="(/innbygger/helse/dokumenter/(\w+)/[^"/]+)"'


@pytest.mark.proves("I11")
@pytest.mark.dimension("D2")
async def test_documents_of_all_systems_are_listed_and_opened(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    listed = await ingrid.get("/innbygger/helse/dokumenter", headers={"hx-request": "true"})
    links = re.findall(LINK, listed.text)
    assert {source for _, source in links} == {"journal", "sykehus"}
    assert "svarer ikke" not in listed.text
    letter = next(path for path, source in links if source == "sykehus")
    opened = await ingrid.get(letter)
    assert opened.status_code == 200
    assert "Fjordsykehuset" in opened.text
    assert 'class="note-text"' in opened.text
    file = await ingrid.get(f"{letter}/innhold")
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.content


async def test_a_silent_source_is_named_and_its_document_says_why_it_does_not_open(world, live):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await ingrid.get("/innbygger/helse/dokumenter")
    letter = next(path for path, source in re.findall(LINK, page.text) if source == "sykehus")
    world.silent.add("sykehus")
    listed = await ingrid.get("/innbygger/helse/dokumenter")
    assert {source for _, source in re.findall(LINK, listed.text)} == {"journal", "sykehus"}
    assert "Fjordsykehuset svarer ikke nå. Du ser en kopi fra" in listed.text
    assert (await ingrid.get(letter)).status_code == 504
    world.silent.clear()
    assert (await ingrid.get(letter)).status_code == 200


async def test_one_citizen_does_not_open_the_documents_of_another(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await ingrid.get("/innbygger/helse/dokumenter")
    letter = next(path for path, _ in re.findall(LINK, page.text))
    olav = await world.sign_in("innbygger", "olav")
    assert (await olav.get(letter)).status_code == 404
    assert letter not in (await olav.get("/innbygger/helse/dokumenter")).text


async def test_the_pages_that_take_their_time_come_after_the_rest(world):
    world.silent.add("sykehus")
    ingrid = await world.sign_in("innbygger", "ingrid")
    health = (await ingrid.get("/innbygger/helse")).text
    assert 'hx-get="/innbygger/helse/dokumenter"' in health
    assert 'hx-get="/innbygger/innsyn/kort"' in (await ingrid.get("/innbygger/")).text
