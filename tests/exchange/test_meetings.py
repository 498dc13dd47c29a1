"""Meetings from the chart to the citizen's phone and back, over HTTP between nodes; for video a waiting room, and a room that only those who meet find."""

import re
from datetime import timedelta

import pytest
from tests.exchange.asking import PIDS, attested_nurse, side
from tests.exchange.forms import chart, csrf
from tests.exchange.test_access_log import words

from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.fhir.validate import structure
from akson.kit.clock import NORWAY, now
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened

pytestmark = pytest.mark.store
ROOM = re.compile(r'href="(https://video\.example/[a-z2-7]{26})"')
HOSPITAL = "9000211"
JSON = {"content-type": "application/fhir+json"}


def when(**later):
    start = (now() + timedelta(**later)).astimezone(NORWAY)
    return {"day": start.date().isoformat(), "clock": start.strftime("%H:%M"), "minutes": "30"}


async def press(browser, page, path, **values):
    return await browser.post(path, data={"csrf_token": csrf(page.text)} | values)


async def called(world, browser, name="Ingrid Haugen", **values):
    """The nurse calls a meeting from the chart."""
    here = await chart(browser, "journal", name)
    form = await browser.get(f"{here}/moeter/nytt")
    assert form.status_code == 200, form.text[:2000]
    told = {"what": "Samtale om medisinene", "how": "video", "note": "Ha medisinlista klar."} | when(
        minutes=5
    )
    return await press(browser, form, f"{here}/moeter/nytt", **told | values), form


def link(page, path, what="Samtale om medisinene"):
    found = re.search(rf'href="([^"]+/{path}/[^"]+)">{what}<', page.text)
    assert found, words(page.text)
    return found[1]


@pytest.mark.proves("I25")
@pytest.mark.dimension("D1", "D2")
async def test_video_from_the_call_to_the_room_for_those_who_meet_alone(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    wrong, form = await called(world, nurse, day="2020-01-01")
    assert wrong.status_code == 422
    assert "framover" in words(wrong.text)
    marit = re.search(r'name="guests" value="([^"]+)"[^>]*><span>Marit Haugen', form.text)[1]
    made, _ = await called(world, nurse, guests=marit, unit=HOSPITAL)
    assert made.status_code == 200, words(made.text)
    room = ROOM.search(made.text)[1]

    ingrid, daughter = [await world.sign_in("innbygger", key) for key in ("ingrid", "marit")]
    page = await ingrid.get(link(await ingrid.get("/innbygger/avtaler"), "avtaler"))
    said = words(page.text)
    assert "Ha medisinlista klar." in said
    assert "Gå til venterommet" in said
    invited = await daughter.get("/innbygger/avtaler")
    assert "Du er invitert" in words(invited.text)
    hers = await daughter.get(link(invited, "avtaler"))
    assert room not in page.text + hers.text
    assert "Passer det?" not in words(hers.text)
    waits = await press(ingrid, page, f"{page.url.path}/venterom")
    assert "Du er i venterommet" in words(waits.text)
    assert room not in waits.text
    today = await nurse.get("/journal/moeter/dag")
    assert "I venterommet" in words(today.text)
    inside = await press(nurse, await nurse.get(made.url.path), f"{made.url.path}/let-in")
    assert room in inside.text
    for browser, seen in ((ingrid, page), (daughter, hers)):
        assert room in (await browser.get(seen.url.path)).text
    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await doctor.get(link(await doctor.get("/sykehus/moeter"), "moeter"))
    assert room in there.text
    assert "Endre avtalen" not in there.text

    # Nobody else: not another citizen, not another unit, and not who may read the resource.
    olav = await world.sign_in("innbygger", "olav")
    assert (await olav.get(page.url.path)).status_code == 404
    other = await world.sign_in("journal", "jonas-berg")
    assert (await other.get(made.url.path)).status_code == 404
    hub = side(world, "samhandling")
    async with opened(hub.place, NODE_ITSELF) as ctx:
        id_ = page.url.path.rpartition("/")[2]
        resource = loads((await gate.read(ctx, "Appointment", id_)).body)
        assert structure.check(resource) == []
        assert room.rpartition("/")[2] not in str(resource)
        found = await gate.search(ctx, parse("Appointment", [("_id", id_)], base=""))
        assert len(found.matches) == 1
    # An attest for the patient reads the register of meetings, and changes no meeting past the desk.
    attested, url = await attested_nurse(world, nurse), f"{hub.node.fhir}/Appointment/{id_}"
    seen = await attested("GET", url)
    assert seen.status_code == 200
    changed = await attested("PUT", url, content=seen.content, headers=JSON)
    assert changed.status_code == 404
    created = await attested("POST", url.rpartition("/")[0], content=seen.content, headers=JSON)
    assert created.status_code == 403
    done = await press(nurse, inside, f"{made.url.path}/finish")
    assert room not in done.text + (await ingrid.get(page.url.path)).text
    assert PIDS["marit"] not in made.text + form.text


@pytest.mark.proves("I25")
async def test_the_citizen_confirms_asks_for_another_time_and_cannot_come(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    made, _ = await called(world, nurse, how="oppmoete", **when(days=3))
    room, _ = await called(world, nurse, what="Video om sår", **when(days=3))
    assert "Rommet åpner en halv time før" in words(room.text)
    assert not ROOM.search(room.text)
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await ingrid.get(link(await ingrid.get("/innbygger/avtaler"), "avtaler"))
    early = await press(ingrid, page, f"{page.url.path}/venterom")
    assert early.status_code == 409
    nothing = await press(ingrid, page, f"{page.url.path}/svar", do="tentative", words=" ")
    assert nothing.status_code == 422
    comes = await press(ingrid, page, f"{page.url.path}/svar", do="accepted")
    assert "Kommer" in words(comes.text)
    await press(ingrid, page, f"{page.url.path}/svar", do="tentative", words="Helst etter kl. 12.")
    wishes = await nurse.get("/journal/moeter")
    assert "Ønsker noe annet" in words(wishes.text)
    assert "Helst etter kl. 12." in wishes.text
    moved = await press(nurse, wishes, f"{made.url.path}/move", **when(days=4))
    assert "Ikke besvart" in words(moved.text)
    assert "Helst etter" not in moved.text
    await press(ingrid, page, f"{page.url.path}/svar", do="declined")
    assert "Kan ikke komme" in words((await nurse.get("/journal/moeter")).text)
    await press(nurse, wishes, f"{made.url.path}/cancel")
    assert "Avlyst" in words((await ingrid.get("/innbygger/avtaler")).text)
    assert (await press(ingrid, page, f"{page.url.path}/svar", do="accepted")).status_code == 409
    others = await ingrid.get("/innbygger/avtaler/andre")
    assert others.status_code == 200
    world.silent.add("samhandling")
    assert "svarer ikke" in words((await nurse.get("/journal/moeter")).text)


async def test_who_sees_appointments_for_a_child_answers_for_it_and_reads_no_messages(world):
    doctor = await world.sign_in("journal", "mina-saether")
    made, _ = await called(world, doctor, "Tuva Holte", **when(days=2))
    assert made.status_code == 200, words(made.text)
    mother = await world.sign_in("innbygger", "linn")
    roles = await mother.get("/innbygger/role")
    tuva = re.search(r'name="role" value="(Patient/[^"]+)">', roles.text)[1]
    await press(mother, roles, "/innbygger/role", role=tuva)
    page = await mother.get(link(await mother.get("/innbygger/avtaler"), "avtaler"))
    assert "Kommer" in words((await press(mother, page, f"{page.url.path}/svar", do="accepted")).text)
    assert (await mother.get("/innbygger/meldinger")).status_code == 403
