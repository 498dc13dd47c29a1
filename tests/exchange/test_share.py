"""Kritisk informasjon across nodes: a nurse registers, the hospital and the citizen see it, nothing is lost in a conflict."""

import asyncio
import re
import time
from functools import partial

import pytest
from tests.care.test_critical import FORMS
from tests.exchange.forms import chart, csrf, submit
from tests.services import howto

from akson.asgi.pages import decided
from akson.demo.citizens import CITIZENS
from akson.exchange.declare import TAG_SYSTEM, service
from akson.exchange.edge.reach import Reach
from akson.exchange.edge.share import fetch, patient_reference, save
from akson.fhir.fhirpath.evaluate import evaluate
from akson.fhir.model import coding
from akson.kit.errors import VersionMismatch
from akson.security.actor import Purpose

pytestmark = pytest.mark.store

INGRID, OLAV = (next(each.pid for each in CITIZENS if each.key == key) for key in ("ingrid", "olav"))
PENICILLIN = {
    "what": "Penicilliner",
    "severity": "1",
    "certainty": "3",
    "reaction": "Anafylaksi",
    "since": "2011",
}


@pytest.mark.proves("I8")
@pytest.mark.dimension("D1", "D2")
async def test_what_a_nurse_registers_is_seen_by_hospital_and_citizen(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    doctor = await world.sign_in("sykehus", "ola-strand")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    saved = await submit(nurse, f"{here}/kritisk/overfoelsomhet/ny", PENICILLIN)
    assert saved.status_code == 200, saved.text
    assert saved.url.path == f"{here}/kritisk"
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    seen = (await doctor.get(f"{there}/kritisk")).text
    for words in ("Penicilliner", "Anafylaksi", "Hanne Lunde", "Solvik"):
        assert words in seen
    citizen = await world.sign_in("innbygger", "ingrid")
    own = (await citizen.get("/innbygger/helse")).text
    assert "Penicilliner" in own
    assert "Hanne Lunde" in own


@pytest.mark.proves("I8", "L3")
async def test_every_category_is_seen_by_hospital_and_citizen_infections_among_them(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    for part, form in FORMS.items():
        saved = await submit(nurse, f"{here}/kritisk/{part}/ny", form)
        assert saved.url.path == f"{here}/kritisk", (part, saved.text)
    doctor = await world.sign_in("sykehus", "ola-strand")
    seen = (await doctor.get(f"{await chart(doctor, 'sykehus', 'Ingrid Haugen')}/kritisk")).text
    own = (await (await world.sign_in("innbygger", "ingrid")).get("/innbygger/helse")).text
    for part, form in FORMS.items():
        assert form["what"] in seen, part
        assert form["what"] in own, part
    overview = (await doctor.get(await chart(doctor, "sykehus", "Ingrid Haugen"))).text
    assert FORMS["smitte"]["what"] in overview


async def test_without_a_care_relation_nobody_is_looked_up_or_written_about_through_the_platform(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    noah = await chart(nurse, "journal", "Noah Eriksen")
    page = await nurse.get(f"{noah}/kritisk/overfoelsomhet/ny")
    refused = await nurse.post(
        f"{noah}/kritisk/overfoelsomhet/ny", data=PENICILLIN | {"csrf_token": csrf(page.text)}
    )
    assert refused.status_code == 403
    assert "Penicilliner" not in (await nurse.get(f"{noah}/kritisk")).text
    assert "/dokumenter/fra/" not in (await nurse.get(f"{noah}/dokumenter/andre")).text


@pytest.mark.proves("I8")
async def test_two_who_change_at_once_get_the_conflict_shown_and_nothing_is_lost(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    doctor = await world.sign_in("sykehus", "ola-strand")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    await submit(nurse, f"{here}/kritisk/overfoelsomhet/ny", PENICILLIN)
    listed = (await doctor.get(f"{there}/kritisk")).text
    item = re.search(r"/kritisk/overfoelsomhet/([^/]+)/endre", listed)
    assert item, listed
    edit = f"/kritisk/overfoelsomhet/{item[1]}/endre"
    opened = await nurse.get(here + edit)
    old = re.search(r'name="version" value="(\d+)"', opened.text)[1]
    done = await submit(doctor, there + edit, PENICILLIN | {"reaction": "Utslett", "certainty": "2"})
    assert done.url.path == f"{there}/kritisk"
    mine = PENICILLIN | {"note": "Mor fortalte om hevelse", "csrf_token": csrf(opened.text), "version": old}
    conflict = await nurse.post(here + edit, data=mine)
    assert conflict.status_code == 409
    for words in ("Utslett", "Anafylaksi", "Mor fortalte om hevelse", "Ola Strand"):
        assert words in conflict.text
    version = re.search(r'name="version" value="(\d+)"', conflict.text)[1]
    solved = await nurse.post(
        here + edit,
        data=mine | {"version": version, "reaction": "Utslett", "csrf_token": csrf(conflict.text)},
    )
    assert solved.status_code == 200
    assert "Utslett" in solved.text
    assert "Mor fortalte om hevelse" in solved.text


async def test_a_form_that_is_sent_twice_is_registered_once(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    path = f"{here}/kritisk/overfoelsomhet/ny"
    page = (await nurse.get(path)).text
    form = PENICILLIN | {
        "what": "Soya",
        "csrf_token": csrf(page),
        "key": re.search(r'name="key" value="([^"]+)"', page)[1],
    }
    for _ in range(2):
        listed = await nurse.post(path, data=form)
        assert listed.status_code == 200
    assert len(re.findall(r"/kritisk/overfoelsomhet/[^/]+/endre", listed.text)) == 1


async def test_many_charts_at_once_do_not_wait_for_each_other(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    pages = await asyncio.wait_for(asyncio.gather(*(nurse.get(here) for _ in range(16))), 30)
    assert {page.status_code for page in pages} == {200}
    assert not any("svarer ikke" in page.text for page in pages)


async def test_what_is_missing_in_the_form_is_said_and_nothing_is_written(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    before = (await nurse.get(f"{here}/kritisk")).text.count("/endre")
    answer = await submit(nurse, f"{here}/kritisk/overfoelsomhet/ny", {"what": "", "severity": "1"})
    assert answer.status_code == 422
    assert "Dette må fylles ut" in answer.text
    assert (await nurse.get(f"{here}/kritisk")).text.count("/endre") == before


async def test_a_silent_register_is_said_and_never_looks_empty(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    world.silent.add("samhandling")
    page = await nurse.get(f"{here}/kritisk")
    assert page.status_code == 200
    assert "svarer ikke" in page.text


async def test_nobody_without_a_care_relation_reads_the_register(world):
    stranger = await world.sign_in("fjellheim", "liv-moe")
    page = await stranger.get("/fjellheim/pasienter")
    assert page.status_code == 200
    assert "Ingrid Haugen" not in page.text


@pytest.mark.proves("I8")
async def test_an_open_page_is_told_within_two_seconds(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    watcher = next(h for h in world.app.state.hosted if h.node.name == "sykehus").watcher
    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await chart(doctor, "sykehus", "Ingrid Haugen")
    pid = re.search(r"\b\d{11}\b|\b\d{6} \d{5}\b", await shown_number(doctor, there))[0].replace(" ", "")
    async with watcher.page(pid) as waking:
        await asyncio.sleep(1)
        begun = time.monotonic()
        await submit(nurse, f"{here}/kritisk/overfoelsomhet/ny", PENICILLIN | {"what": "Egg"})
        await asyncio.wait_for(waking.get(), 2)
        assert time.monotonic() - begun < 4


async def shown_number(browser, path):
    page = await browser.get(path)
    return (await browser.post(f"{path}/fodselsnummer", data={"csrf_token": csrf(page.text)})).text


async def test_any_declared_service_is_shared_by_the_same_engine(world, tmp_path):
    """The service of the how-to, with no code of its own: written by the nurse, read by the doctor."""
    declared = howto.written(tmp_path)
    howto.forgotten()
    nurse = await reach(world, "journal", "hanne-lunde")
    doctor = await reach(world, "sykehus", "ola-strand")
    part = declared.part("utstyr")
    alarm = {
        "resourceType": part.type,
        "meta": {"tag": [coding(TAG_SYSTEM, declared.slug)]},
        "status": "active",
        "subject": {"reference": patient_reference(INGRID)},
        "device": {"display": "Trygghetsalarm"},
    }
    await save(nurse.platform(INGRID), nurse.actor, nurse.node, alarm, None)
    (item,) = (await fetch(doctor.platform(INGRID), declared, INGRID)).items
    assert [str(found.value) for found in evaluate(part.columns[0].path, item.resource)] == ["Trygghetsalarm"]
    assert (item.who, "Solvik" in item.where) == ("Hanne Lunde", True)
    assert not (await fetch(doctor.platform(OLAV), declared, OLAV)).items
    critical = await fetch(doctor.platform(INGRID), service("kritisk-informasjon"), INGRID)
    assert "Trygghetsalarm" not in str(critical.items)
    with pytest.raises(VersionMismatch):
        await save(
            doctor.platform(INGRID), doctor.actor, doctor.node, item.resource | {"status": "completed"}, 7
        )


async def reach(world, surface, person):
    """How somebody who has signed in reaches the platform: what the pages work with."""
    each = next(each for each in world.app.state.hosted if each.node.name == surface)
    browser = await world.sign_in(surface, person)
    found = [await each.sessions.find(secret) for secret in browser.cookies.values()]
    session = next(session for session in found if session)
    actor = await each.people.find_actor(session.caller)
    return Reach(each.node, actor, each.peer, session, partial(decided, each, actor, Purpose.TREATMENT))
