"""The citizen asks the unit why somebody looked; the unit's leader or the privacy officer answers, over HTTP between nodes."""

import re
from dataclasses import replace
from html import unescape

import orjson
import pytest
from tests.exchange.asking import PIDS, As, ask, side
from tests.exchange.forms import chart, csrf
from tests.exchange.test_access_log import words
from tests.world import TODAY

from akson.demo.nodes import persons
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.fhir.validate import structure
from akson.kit.errors import NotAllowed
from akson.record import gate
from akson.record.context import opened
from akson.security.caller import Caller
from akson.security.rules.question_to_unit import LABEL

pytestmark = pytest.mark.store

HEADERS = {"content-type": "application/fhir+json"}


async def looked(world):
    """The nurse opens Ingrid's chart, and Ingrid signs in."""
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get(await chart(nurse, "journal", "Ingrid Haugen"))).status_code == 200
    return await world.sign_in("innbygger", "ingrid")


def link(page, name="Hanne Lunde"):
    """Address of the form about what one person did."""
    found = re.search(rf'href="([^"]+/spor\?[^"]+)">[^<]*<span class="ds-sr-only"> – {name}', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def fields(page):
    """What the form would send as it stands."""
    page = unescape(page[page.index('action="/innbygger/innsyn/spor"') :].split("</form>")[0])
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return hidden | {"tekst": re.search(r"<textarea[^>]*>([^<]*)</textarea>", page)[1]}


async def asked(ingrid, more=""):
    """Ask about the nurse's looks with one click."""
    form = await ingrid.get(link((await ingrid.get("/innbygger/innsyn")).text))
    assert form.status_code == 200, form.text
    sent = fields(form.text)
    sent["tekst"] += more
    return await ingrid.post("/innbygger/innsyn/spor", data=sent)


async def inbox(world, key):
    browser = await world.sign_in("journal", key)
    page = await browser.get("/journal/role")
    if leads := re.search(
        r'name="role" value="([^"]+)">\s*<button[^>]*><span><strong>Avdelingsleder', page.text
    ):
        chosen = {"csrf_token": csrf(page.text), "role": leads[1]}
        assert (await browser.post("/journal/role", data=chosen)).status_code == 200
    return browser, await browser.get("/journal/logg/sporsmaal")


def answering(page):
    """Address of the form of the answer."""
    return re.search(r'action="([^"]+/logg/sporsmaal/[^"]+)"', page)[1]


async def test_a_question_goes_to_the_node_that_has_the_look_and_its_answer_comes_back(world):
    ingrid = await looked(world)
    address = link((await ingrid.get("/innbygger/innsyn")).text)
    assert "Hanne" not in address
    form = (await ingrid.get(address)).text
    assert "Hvorfor så Hanne Lunde, hjemmesykepleier på journalen min" in fields(form)["tekst"]
    page = await asked(ingrid, " Jeg kjenner henne ikke.")
    assert page.status_code == 200, page.text
    said = words(page.text)
    assert "Spørsmålene dine" in said
    assert "Venter på svar" in said
    assert "Jeg kjenner henne ikke." in said

    officer, page = await inbox(world, "anne-grete-rud")
    assert page.status_code == 200, page.text
    said = words(page.text)
    for told in (
        "Ingrid Haugen spør",
        "Jeg kjenner henne ikke.",
        "Hanne Lunde, hjemmesykepleier",
        "helsehjelp",
    ):
        assert told in said, said
    where = answering(page.text)
    empty = await officer.post(where, data={"csrf_token": csrf(page.text), "answer": " "})
    assert empty.status_code == 422
    done = await officer.post(
        where, data={"csrf_token": csrf(page.text), "answer": "Hun var på vakt hos deg den dagen."}
    )
    assert done.status_code == 200, done.text
    assert "Besvart" in words(done.text)
    again = await officer.post(where, data={"csrf_token": csrf(page.text), "answer": "Noe annet."})
    assert again.status_code == 409

    back = await ingrid.get("/innbygger/innsyn")
    said = words(back.text)
    assert "Svar fra Anne Grete Rud" in said
    assert "Hun var på vakt hos deg den dagen." in said
    for key in ("ingrid", "hanne-lunde", "anne-grete-rud"):
        assert PIDS[key] not in back.text + page.text


async def test_the_leader_of_the_unit_sees_it_and_no_other_at_work(world):
    await asked(await looked(world))
    leader, page = await inbox(world, "guro-stroem")
    assert "Hvorfor så Hanne Lunde" in words(page.text)
    done = await leader.post(
        answering(page.text), data={"csrf_token": csrf(page.text), "answer": "Hun ga deg medisin."}
    )
    assert "Besvart" in words(done.text)
    nurse, page = await inbox(world, "hanne-lunde")
    assert page.status_code == 403
    assert "closed" not in page.text
    here = await nurse.get(await chart(nurse, "journal", "Ingrid Haugen"))
    assert "Hvorfor så" not in here.text
    assert "sperret" not in here.text.lower()
    assert await through_the_door(world, "hanne-lunde", "Hjemmesykepleier") == []


async def at_work(world, key, title):
    """Somebody in a role of the record system, as signing in makes the actor."""
    each = side(world, "journal")
    person = next(person for person in persons(TODAY) if person.key == key)
    caller = Caller(
        "akson-journal", pid=person.pid, hpr=person.hpr, name=person.name, assurance=4, surface="/journal"
    )
    roles = await each.people.find_roles(caller)
    choice = next(each for each in roles if each.title == title)
    return each, await each.people.find_actor(replace(caller, role=choice.key))


async def through_the_door(world, key, title):
    """Ids of the questions and answers that a person at work finds through the one door."""
    each, actor = await at_work(world, key, title)
    async with opened(each.place, actor) as ctx:
        found = await gate.search(ctx, parse("Communication", [("_security", LABEL)], base=ctx.node.fhir))
    return [stored.id for stored in found.matches]


async def test_a_question_is_not_changed_or_taken_away_by_a_leader_who_treats_the_citizen(world):
    await asked(await looked(world))
    (id_,) = await through_the_door(world, "guro-stroem", "Avdelingsleder")
    each, actor = await at_work(world, "guro-stroem", "Avdelingsleder")
    async with opened(each.place, actor) as ctx:
        stored = loads((await gate.read(ctx, "Communication", id_)).body)
        with pytest.raises(NotAllowed):
            await gate.delete(ctx, "Communication", id_)
        for changed in (stored, {key: value for key, value in stored.items() if key != "meta"}):
            with pytest.raises(NotAllowed):
                await gate.update(ctx, changed | {"payload": [{"contentString": "Ingenting."}]})
    assert await through_the_door(world, "guro-stroem", "Avdelingsleder") == [id_]


async def test_a_silent_node_gets_no_question_and_what_was_written_stays(world):
    ingrid = await looked(world)
    form = (await ingrid.get(link((await ingrid.get("/innbygger/innsyn")).text))).text
    sent = fields(form) | {"tekst": "Hva skjedde her?"}
    seen = await ingrid.post("/innbygger/innsyn/spor", data=sent | {"tekst": ""})
    assert seen.status_code == 422
    world.silent.add("journal")
    page = await ingrid.post("/innbygger/innsyn/spor", data=sent)
    assert page.status_code == 503, page.text
    assert "spørsmålet er ikke sendt" in page.text
    assert fields(page.text)["tekst"] == "Hva skjedde her?"
    world.silent.clear()
    for _ in range(2):  # sent twice, it is one question
        assert (await ingrid.post("/innbygger/innsyn/spor", data=fields(page.text))).status_code == 200
    told = words((await ingrid.get("/innbygger/innsyn")).text)
    assert told.count("Hva skjedde her?") == 1


async def about(as_ingrid):
    """Names of two looks in the record system."""
    entries = loads((await as_ingrid("GET", "journal", "AuditEvent?_count=2")).content)["entry"]
    return [each["resource"]["id"] for each in entries]


def question(events, **values):
    return {
        "resourceType": "Communication",
        "status": "completed",
        "meta": {"security": [{"system": "urn:akson:question", "code": "look"}]},
        "about": [{"reference": f"AuditEvent/{each}"} for each in events],
        "payload": [{"contentString": "Hvorfor?"}],
    } | values


async def post(as_ingrid, resource):
    return await as_ingrid(
        "POST", "journal", "Communication", content=orjson.dumps(resource), headers=HEADERS
    )


async def test_a_citizen_writes_just_that_and_about_oneself(world):
    as_ingrid = As(world, await looked(world))
    events = await about(as_ingrid)
    made = await post(
        as_ingrid,
        question(events, subject={"reference": "Patient/another"}, note=[{"text": "x"}], sent="2020-01-01"),
    )
    assert made.status_code == 201, made.text
    stored = loads(made.content)
    assert structure.check(stored) == []
    assert "note" not in stored
    assert stored["subject"] == stored["sender"]
    assert stored["subject"]["reference"] != "Patient/another"
    assert not stored["sent"].startswith("2020")
    for wrong in (
        question([]),
        question(["no-such-look"]),
        question(events, payload=[]),
        question(events, payload=[{"contentString": "x" * 2001}]),
        question([events[0], events[0]]),
        question([f"x{number}" for number in range(21)]),
    ):
        answer = await post(as_ingrid, wrong)
        assert answer.status_code in {400, 422}, answer.text
        assert "Communication." in answer.text
    other = question(events, subject=stored["subject"])
    other.pop("meta")
    assert (await post(as_ingrid, other)).status_code == 403
    changed = await as_ingrid(
        "PUT", "journal", f"Communication/{stored['id']}", content=made.content, headers=HEADERS
    )
    assert changed.status_code == 403
    assert (await as_ingrid("DELETE", "journal", f"Communication/{stored['id']}")).status_code == 403
    olav = As(world, await world.sign_in("innbygger", "olav"))
    assert (await olav("GET", "journal", f"Communication/{stored['id']}")).status_code == 404
    assert (await post(olav, question(events))).status_code == 422


async def test_nobody_answers_a_question_about_ones_own_look(world):
    officer, _ = await inbox(world, "guro-stroem")
    assert (await officer.get(await chart(officer, "journal", "Ingrid Haugen"))).status_code == 200
    ingrid = await world.sign_in("innbygger", "ingrid")
    form = (await ingrid.get(link((await ingrid.get("/innbygger/innsyn")).text, "Guro"))).text
    assert (await ingrid.post("/innbygger/innsyn/spor", data=fields(form))).status_code == 200
    page = await officer.get("/journal/logg/sporsmaal")
    assert "En annen må svare" in words(page.text)
    as_ingrid = As(world, ingrid)
    found = loads((await as_ingrid("GET", "journal", f"Communication?_security={LABEL}")).content)
    id_ = found["entry"][0]["resource"]["id"]
    tried = await officer.post(
        f"/journal/logg/sporsmaal/{id_}", data={"csrf_token": csrf(page.text), "answer": "Alt i orden."}
    )
    assert tried.status_code == 403
    _, page = await inbox(world, "anne-grete-rud")
    assert answering(page.text)


async def test_both_the_question_and_the_answer_are_in_the_log(world):
    ingrid = await looked(world)
    await asked(ingrid)
    officer, page = await inbox(world, "anne-grete-rud")
    await officer.post(answering(page.text), data={"csrf_token": csrf(page.text), "answer": "På vakt."})
    events = loads((await As(world, ingrid)("GET", "journal", "AuditEvent?_count=100")).content)["entry"]
    written = [e["resource"]["agent"][0] for e in events if e["resource"]["action"] == "C"]
    assert [each.get("name") for each in written][:1] == ["Anne Grete Rud"]
    assert all("urn:akson:rule:question_to_unit" in each["policy"] for each in written[:2])
    assert "På vakt" not in str(events)


async def test_a_system_asks_nothing_in_a_citizens_name(world):
    url = f"{side(world, 'journal').node.fhir}/Communication"
    answer = await ask(world, "samhandling", url, "akson:journal/fhir", "POST", json=question(["x"]))
    assert answer.status_code in {401, 403}
