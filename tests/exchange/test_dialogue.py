"""Threads between the citizen and units of three record systems, over HTTP between nodes: written, answered, passed on, lost to nobody."""

import re
from datetime import timedelta

import pytest
from tests.exchange.asking import PIDS, ask, side
from tests.exchange.forms import chart, csrf
from tests.exchange.test_access_log import words

from akson.demo.personnel import BY_KEY_STAFF
from akson.exchange.hub import privacy
from akson.exchange.hub.privacy import Order
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.fhir.validate import structure
from akson.kit import clock
from akson.kit.errors import NotAllowed
from akson.record import gate
from akson.record.context import opened
from akson.security.privacy import Subject, Terms
from akson.security.rules.dialogue import THREAD

pytestmark = pytest.mark.store

GP, HOME, HOSPITAL = "9000111", "9000112", "9000211"
PDF = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/OpenAction[3 0 R/Fit]>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"
BAD = PDF.replace(b"/OpenAction[3 0 R/Fit]", b"/OpenAction<</S/JavaScript/J#53(app.alert(1))>>")


async def send(browser, page, path, files=(), **values):
    """Send the form of a page as a browser does: in parts, the secret first."""
    key = re.search(r'name="key" value="([^"]+)"', page.text)
    data = {"csrf_token": csrf(page.text), "key": key[1] if key else ""} | values
    parts = [(name, (None, value)) for name, value in data.items()]
    return await browser.post(path, files=[*parts, *(("files", each) for each in files)])


async def press(browser, page, path, **values):
    return await browser.post(path, data={"csrf_token": csrf(page.text)} | values)


async def written(browser, to=GP, said="Får jeg ta Albyl-E sammen med Ibux?", topic="Medisinen", files=()):
    """The citizen writes to a unit; the page of the thread."""
    page = await browser.get("/innbygger/meldinger/ny")
    assert page.status_code == 200, page.text[:2000]
    return await send(browser, page, "/innbygger/meldinger/ny", files, to=to, topic=topic, words=said)


def path_of(page):
    return page.url.path


async def citizen(world, browser):
    """The actor of a citizen's session at the platform."""
    hub = side(world, "samhandling")
    secret = next(cookie.value for cookie in browser.cookies.jar if "innbygger" in cookie.name)
    return await hub.people.find_actor((await hub.sessions.find(secret)).caller)


async def listed(browser, node="journal"):
    page = await browser.get(f"/{node}/dialog")
    assert page.status_code == 200, page.text[:2000]
    return page


def link(page, topic="Medisinen"):
    found = re.search(rf'href="([^"]+/dialog/[^"/]+)">{topic}<', page.text)
    assert found, words(page.text)
    return found[1]


@pytest.mark.proves("I26")
@pytest.mark.dimension("D2")
async def test_the_citizen_writes_to_the_gp_who_answers_and_both_see_what_is_read(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    form = await ingrid.get("/innbygger/meldinger/ny")
    assert "Solvik legesenter" in form.text
    assert "svarer innen 5 virkedager" in form.text
    bad = await written(ingrid, said=" ", topic="")
    assert bad.status_code == 422
    refused = await written(ingrid, files=[("farlig.pdf", BAD, "application/pdf")])
    assert refused.status_code == 422
    assert "som kan kjøre" in words(refused.text)
    assert "Får jeg ta Albyl-E" in refused.text
    page = await written(ingrid, files=[("resept.pdf", PDF, "application/pdf")])
    assert page.status_code == 200, words(page.text)
    assert "Du får svar senest" in words(page.text)

    doctor = await world.sign_in("journal", "jonas-berg")
    assert ">1<" in (await doctor.get("/journal/dialog/antall")).text
    inbox = await listed(doctor)
    assert "Om Ingrid Haugen" in words(inbox.text)
    assert PIDS["ingrid"] not in inbox.text
    thread = await doctor.get(link(inbox))
    assert "Får jeg ta Albyl-E sammen med Ibux?" in thread.text
    attached = re.search(r'href="([^"]+/vedlegg/[^"]+)"', thread.text)[1]
    file = await doctor.get(attached)
    assert file.content == PDF
    assert file.headers["content-disposition"].startswith("attachment")
    assert "Lest" in words((await ingrid.get(path_of(page))).text)

    done = await send(doctor, thread, path_of(thread), words="Nei. Ta Paracet i stedet.")
    assert "Besvart" in words(done.text)
    assert "span></span" not in (await doctor.get("/journal/dialog/antall")).text
    card = await ingrid.get("/innbygger/meldinger/kort")
    assert "Du har en ny melding fra Solvik legesenter" in words(card.text)
    assert "Paracet" not in card.text
    assert ">1<" in (await ingrid.get("/innbygger/meldinger/antall")).text
    read = await ingrid.get(path_of(page))
    assert "Ta Paracet i stedet." in read.text
    assert "Jonas Berg, Solvik legesenter" in read.text
    assert ">1<" not in (await ingrid.get("/innbygger/meldinger/antall")).text
    closed = await press(ingrid, read, f"{path_of(page)}/avslutt")
    assert "Avsluttet" in words(closed.text)
    again = await send(ingrid, closed, path_of(page), words="Og Voltaren?")
    assert "åpnet samtalen igjen" in words(again.text)
    assert "Venter på svar" in words(again.text)


@pytest.mark.proves("I26")
async def test_a_late_thread_is_taken_over_and_passed_on_to_another_system(world, monkeypatch):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await written(ingrid, to=HOME, files=[("sar.txt", "Såret er rødt.".encode(), "text/plain")])
    later = clock.now() + timedelta(days=20)
    monkeypatch.setattr("akson.exchange.threads.now", lambda: later)
    nurse = await world.sign_in("journal", "hanne-lunde")
    inbox = await listed(nurse)
    assert "Over fristen" in words(inbox.text)
    monkeypatch.undo()
    thread = await nurse.get(link(inbox))
    taken = await press(nurse, thread, f"{path_of(thread)}/take")
    assert "tatt av Hanne Lunde" in words(taken.text)
    colleague = await world.sign_in("journal", "guro-stroem")
    roles = await colleague.get("/journal/role")
    if chosen := re.search(
        r'name="role" value="([^"]+)">\s*<button[^>]*><span><strong>Avdelingsleder', roles.text
    ):
        await press(colleague, roles, "/journal/role", role=chosen[1])
    seen = await colleague.get(path_of(thread))
    assert "Overta samtalen" in seen.text
    over = await press(colleague, seen, f"{path_of(thread)}/take")
    assert "tatt av Guro" in words(over.text)
    days = await press(colleague, await listed(colleague), "/journal/dialog/svartid", unit=HOME, days="2")
    assert "svarer innen 2 virkedager" in words(days.text)
    assert (
        "nord, Solvik kommune – svarer innen 2 virkedager"
        in (await ingrid.get("/innbygger/meldinger/ny")).text
    )
    nowhere = await press(colleague, over, f"{path_of(thread)}/forward", to="")
    assert nowhere.status_code == 422
    passed = await press(
        colleague, over, f"{path_of(thread)}/forward", to=HOSPITAL, words="Hører til hos dere."
    )
    assert "Ingen venter på svar fra oss" in words(passed.text)
    left = await colleague.get(path_of(thread))
    assert "Samtalen er sendt videre" in words(left.text)
    assert (await send(colleague, over, path_of(thread), words="Hei")).status_code == 403

    doctor = await world.sign_in("sykehus", "ola-strand")
    there = await doctor.get(link(await listed(doctor, "sykehus")))
    assert "Hører til hos dere." in there.text
    file = re.search(r'href="([^"]+/vedlegg/[^"]+)"', there.text)[1]
    assert "Såret er rødt." in (await doctor.get(file)).text
    await send(doctor, there, path_of(there), words="Kom innom i morgen.")
    told = words((await ingrid.get(path_of(page))).text)
    assert "sendte samtalen videre til Fjordsykehuset, medisinsk avdeling" in told
    assert "Kom innom i morgen." in told


@pytest.mark.proves("I26")
@pytest.mark.dimension("D1")
async def test_personnel_begin_threads_with_the_patient_and_with_each_other(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = await chart(nurse, "journal", "Ingrid Haugen")
    assert "ingen samtaler om pasienten" in (await nurse.get(f"{here}/dialog")).text
    form = await nurse.get(f"{here}/dialog/ny")
    empty = await send(nurse, form, f"{here}/dialog/ny", to="", topic="", words="Hei")
    assert empty.status_code == 422
    made = await send(
        nurse, form, f"{here}/dialog/ny", to="", topic="Besøket i morgen", words="Vi kommer kl. 10."
    )
    assert made.status_code == 200, words(made.text)
    twice = await send(
        nurse, form, f"{here}/dialog/ny", to="", topic="Besøket i morgen", words="Vi kommer kl. 10."
    )
    assert path_of(twice) == path_of(made)
    ask_doctor = {"to": HOSPITAL, "topic": "Epikrisen", "words": "Kan dere sende den?"}
    await send(nurse, await nurse.get(f"{here}/dialog/ny"), f"{here}/dialog/ny", **ask_doctor)
    assert "Epikrisen" in (await nurse.get(f"{here}/dialog")).text

    ingrid = await world.sign_in("innbygger", "ingrid")
    mine = words((await ingrid.get("/innbygger/meldinger")).text)
    assert "Besøket i morgen" in mine
    assert "Epikrisen" not in mine
    doctor = await world.sign_in("sykehus", "ola-strand")
    inbox = await listed(doctor, "sykehus")
    assert "Besøket" not in inbox.text
    thread = await doctor.get(link(inbox, "Epikrisen"))
    await send(doctor, thread, path_of(thread), words="Den kommer i dag.")
    assert "Den kommer i dag." in (await nurse.get(link(await listed(nurse), "Epikrisen"))).text
    stranger = await chart(nurse, "journal", "Tuva")
    assert (await nurse.get(f"{stranger}/dialog/ny")).status_code == 403


async def test_nobody_else_reads_or_writes_in_a_thread(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await written(ingrid)
    id_ = path_of(page).rpartition("/")[2]
    olav = await world.sign_in("innbygger", "olav")
    assert (await olav.get(path_of(page))).status_code == 404
    assert (
        await send(olav, await olav.get("/innbygger/meldinger/ny"), path_of(page), words="Hei")
    ).status_code == 404
    for node, who in (("journal", "hanne-lunde"), ("sykehus", "ola-strand"), ("fjellheim", "maja-berntsen")):
        other = await world.sign_in(node, who)
        assert "Medisinen" not in (await listed(other, node)).text
        assert (await other.get(f"/{node}/dialog/{id_}")).status_code == 404
    wrong = {"who": {"name": "X", "units": [GP]}, "thread": id_}
    url = f"{world.base}/samhandling/samtale/open"
    answer = await ask(world, "sykehus", url, "akson:samhandling/samtale", "POST", json=wrong)
    assert answer.status_code == 403
    answer = await ask(world, "journal", url, "akson:samhandling/fhir", "POST", json=wrong)
    assert answer.status_code == 403
    # As FHIR it is there for the citizen to read, and for nobody to write past the desk.
    hub, actor = side(world, "samhandling"), await citizen(world, ingrid)
    async with opened(hub.place, actor) as ctx:
        found = await gate.search(ctx, parse("Communication", [("_security", THREAD)], base=ctx.node.fhir))
        (resource,) = [loads(each.body) for each in found.matches]
        assert structure.check(resource) == []
        assert structure.check(loads((await gate.read(ctx, "Task", id_)).body)) == []
        for act in (gate.update, gate.create):
            with pytest.raises(NotAllowed):
                await act(ctx, resource | {"sent": "2020-01-01T00:00:00Z"})
    forged = await ingrid.post(path_of(page), files=[("words", (None, "x")), ("csrf_token", (None, "x"))])
    assert forged.status_code == 403


async def test_what_is_closed_to_a_unit_cannot_be_sent_there_and_is_not_seen_by_whom_it_is_closed_to(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await written(ingrid, to=HOME)
    nurse = await world.sign_in("journal", "hanne-lunde")
    here = link(await listed(nurse))
    hub, actor = side(world, "samhandling"), await citizen(world, ingrid)

    async def close(scope, subject):
        async with opened(hub.place, actor) as ctx:
            await privacy.put(ctx, Order("sperring", Terms(scope, (subject,))))

    await close("BL", Subject("hpr", BY_KEY_STAFF["hanne-lunde"].hpr, "Hanne Lunde"))
    assert "Medisinen" not in (await listed(nurse)).text
    assert (await nurse.get(here)).status_code == 404
    assert (await ingrid.get(path_of(page))).status_code == 200
    await close("SP", Subject("unit", GP, "Solvik legesenter"))
    refused = await written(ingrid, to=GP)
    assert refused.status_code == 422
    assert "Journalen er skjult for denne enheten" in words(refused.text)


async def test_a_silent_platform_is_said_to_be_silent(world):
    doctor = await world.sign_in("journal", "jonas-berg")
    world.silent.add("samhandling")
    page = await listed(doctor)
    assert "Samhandlingsplattformen svarer ikke" in words(page.text)
    assert (await doctor.get("/journal/dialog/antall")).status_code == 200
