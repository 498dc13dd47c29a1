"""Who has seen the record: every node tells the citizen, and nobody else, who looked, where, when and why."""

import csv
import io
import re
import time
from dataclasses import replace

import pytest
from tests.exchange.asking import PIDS, As, attested_nurse, side
from tests.exchange.forms import chart
from tests.traces import traces
from tests.world import TODAY

from akson.care import access_log
from akson.demo.book import post_key
from akson.demo.ids import demo_reference
from akson.demo.nodes import persons
from akson.demo.personnel import BY_KEY_STAFF
from akson.fhir.strict_json import loads
from akson.fhir.validate import structure
from akson.record.context import opened
from akson.record.refused import Refused
from akson.security.caller import Caller
from akson.security.rules import RULES
from akson.security.rules.rule import told as words_of
from akson.store.access.audit import Wanted

pytestmark = pytest.mark.store

LEADER = "guro-stroem"


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def looked(world):
    """The nurse opens Ingrid's chart at home, the doctor opens it in the hospital."""
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get(await chart(nurse, "journal", "Ingrid Haugen"))).status_code == 200
    doctor = await world.sign_in("sykehus", "ola-strand")
    assert (await doctor.get(await chart(doctor, "sykehus", "Ingrid Haugen"))).status_code == 200


async def test_the_citizen_sees_at_once_who_looked_where_when_and_why(world):
    await looked(world)
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await ingrid.get("/innbygger/innsyn")
    assert page.status_code == 200, page.text
    said = words(page.text)
    for told in ("Hanne Lunde, hjemmesykepleier", "Solvik hjemmetjeneste", "Ola Strand", "Fjordsykehuset"):
        assert told in said, said
    assert "legemidler" in said
    assert "Grunn: De gir helsehjelp" in said
    assert "I dag" in said
    rules = {rule.reason: words_of(rule) for rule in RULES}
    what, law = rules["reason.care_relation"]
    assert f"{what} Lov: {law}" in said
    assert rules["reason.emergency"][0] not in said
    assert "svarer ikke" not in said
    assert PIDS["hanne-lunde"] not in page.text
    assert PIDS["ola-strand"] not in page.text
    card = words((await ingrid.get("/innbygger/innsyn/kort")).text)
    assert "2 personer" in card


async def test_a_silent_hospital_is_named_and_its_looks_are_not_said_to_be_none(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    world.silent.add("sykehus")
    said = words((await ingrid.get("/innbygger/innsyn?periode=aar")).text)
    assert "Fjordsykehuset svarer ikke" in said
    assert "Ingen andre enn deg har sett" not in said
    world.silent.clear()
    assert "svarer ikke" not in words((await ingrid.get("/innbygger/innsyn")).text)


async def test_the_log_is_served_as_valid_audit_events_without_numbers_of_personnel(world):
    await looked(world)
    ask = As(world, await world.sign_in("innbygger", "ingrid"))
    answer = await ask("GET", "sykehus", "AuditEvent?_count=3&date=ge2020-01-01")
    assert answer.status_code == 200, answer.text
    bundle = loads(answer.content)
    events = [entry["resource"] for entry in bundle["entry"]]
    assert len(events) == 3
    for event in events:
        assert structure.check(event) == []
        assert event["outcome"] == "0"
        assert event["agent"][0]["policy"][0].startswith("urn:akson:rule:")
    assert PIDS["ola-strand"] not in answer.text
    following = next(link["url"] for link in bundle["link"] if link["relation"] == "next")
    rest = loads((await ask("GET", "sykehus", following.split("/fhir/")[1])).content)
    assert not {each["id"] for each in events} & {entry["resource"]["id"] for entry in rest["entry"]}
    one = await ask("GET", "sykehus", f"AuditEvent/{events[0]['id']}")
    assert loads(one.content)["id"] == events[0]["id"]


async def test_the_log_is_found_by_identity_number_in_a_body_and_never_in_an_address(world):
    await looked(world)
    ask = As(world, await world.sign_in("innbygger", "ingrid"))
    number = f"urn:oid:2.16.578.1.12.4.1.4.1|{PIDS['ingrid']}"
    posted = await ask(
        "POST", "sykehus", "AuditEvent/_search", data={"patient.identifier": number, "_count": "1"}
    )
    assert posted.status_code == 200, posted.text
    assert loads(posted.content)["entry"]
    assert PIDS["ingrid"] not in posted.text
    with traces().meant():
        assert (await ask("GET", "sykehus", f"AuditEvent?patient.identifier={number}")).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("PUT", "/1"), ("DELETE", "/1"), ("GET", "/_history")]
)
async def test_nobody_writes_to_the_log(world, method, path):
    ask = As(world, await world.sign_in("innbygger", "ingrid"))
    headers = {"content-type": "application/fhir+json"}
    answer = await ask(
        method, "sykehus", f"AuditEvent{path}", content=b'{"resourceType":"AuditEvent"}', headers=headers
    )
    assert answer.status_code == 405, answer.text


async def test_another_citizen_a_nurse_and_a_system_do_not_read_it(world):
    await looked(world)
    ingrid = As(world, await world.sign_in("innbygger", "ingrid"))
    mine = loads((await ingrid("GET", "sykehus", "AuditEvent?_count=1")).content)["entry"][0]["resource"]
    patient = mine["extension"][0]["valueReference"]["reference"]
    olav = As(world, await world.sign_in("innbygger", "olav"))
    asked = await olav("GET", "sykehus", f"AuditEvent?patient={patient}")
    assert "entry" not in loads(asked.content)
    assert (await olav("GET", "sykehus", f"AuditEvent/{mine['id']}")).status_code == 404
    hospital, hub = side(world, "sykehus"), side(world, "samhandling")
    path = f"{hospital.node.fhir}/AuditEvent?patient={patient}"
    assert (await hub.peer.request("GET", path, scope="akson:sykehus/fhir")).status_code == 403
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get("/journal/fhir/AuditEvent")).status_code == 401
    attested = await attested_nurse(world, nurse)
    assert (await attested("GET", f"{hub.node.fhir}/AuditEvent")).status_code == 403
    assert (await attested("GET", f"{hub.node.fhir}/Patient")).status_code == 200


async def log_of(world, key, title):
    """Somebody's own look at the log of the municipality's record system, as signing in makes the actor."""
    each = side(world, "journal")
    person = next(person for person in persons(TODAY) if person.key == key)
    caller = Caller(
        "akson-journal", pid=person.pid, hpr=person.hpr, name=person.name, assurance=4, surface="/journal"
    )
    chosen = next(choice for choice in await each.people.find_roles(caller) if choice.title == title)
    actor = await each.people.find_actor(replace(caller, role=chosen.key))
    async with opened(each.place, actor) as ctx:
        return (await access_log.page(ctx, Wanted(count=1000))).events


def refused(events):
    return [event for event in events if event["outcome"] == "8"]


async def test_what_was_refused_is_for_those_who_answer_for_the_use_of_the_system(world):
    tone = await world.sign_in("journal", "tone-bakke")
    here = await chart(tone, "journal", "Ingrid Haugen")
    assert (await tone.get(f"{here}/problemer")).status_code == 403
    tried = refused(await log_of(world, "anne-grete-rud", "Personvernansvarlig"))
    assert any(event["agent"][0]["name"] == "Tone Bakke" for event in tried)
    assert all(structure.check(event) == [] for event in tried)
    with pytest.raises(Refused):
        await log_of(world, "hanne-lunde", "Hjemmesykepleier")
    said = words((await (await world.sign_in("innbygger", "ingrid")).get("/innbygger/innsyn")).text)
    assert "Rollen" not in said


async def test_a_leader_sees_what_the_own_units_have_done_and_nothing_of_others(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get("/journal/")).status_code == 200
    tone = await world.sign_in("journal", "tone-bakke")
    assert (await tone.get("/journal/")).status_code == 200
    names = {event["agent"][0].get("name") for event in await log_of(world, LEADER, "Avdelingsleder")}
    assert "Hanne Lunde" in names
    assert "Tone Bakke" not in names


async def test_a_leader_does_not_follow_up_oneself_the_privacy_officer_does(world):
    """The row of one's own try at what is hidden would tell that it is there."""
    staff = BY_KEY_STAFF[LEADER]
    post = demo_reference("journal", "PractitionerRole", post_key(staff, *staff.posts[0]))
    leader = await world.sign_in("journal", LEADER, post)
    assert (await leader.get("/journal/logg?vis=alt")).status_code == 200
    own = words((await leader.get("/journal/logg?vis=alt")).text)
    assert "Guro Str\u00f8m, avdelingsleder" not in own
    assert "Egne oppslag st\u00e5r ikke her" in own
    officer = await world.sign_in("journal", "anne-grete-rud")
    told = words((await officer.get("/journal/logg?vis=alt")).text)
    assert "Guro Str\u00f8m, avdelingsleder" in told
    assert "Egne oppslag" not in told


async def test_a_case_handler_is_told_that_the_role_cannot_look_at_others(world):
    tone = await world.sign_in("journal", "tone-bakke")
    here = await chart(tone, "journal", "Ingrid Haugen")
    for path in (here, f"{here}/dokumenter", f"{here}/dokumenter/andre"):
        page = await tone.get(path)
        assert page.status_code == 200, page.text
        assert "Rollen din kan ikke sl\u00e5 opp hos andre" in page.text
        assert "svarer ikke" not in page.text
    assert "/legemidler" not in (await tone.get(here)).text


async def test_the_privacy_officer_reads_the_log_on_a_page_and_a_nurse_does_not(world):
    tone = await world.sign_in("journal", "tone-bakke")
    assert (await tone.get(f"{await chart(tone, 'journal', 'Ingrid Haugen')}/problemer")).status_code == 403
    officer = await world.sign_in("journal", "anne-grete-rud")
    page = await officer.get("/journal/")
    assert (page.status_code, page.url.path) == (200, "/journal/logg")
    said = words(page.text)
    for told in ("Tone Bakke, saksbehandler", "diagnoser og vurderinger", "Avvist"):
        assert told in said, said
    assert (await officer.get("/journal/logg?vis=alt")).status_code == 200
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get("/journal/logg")).status_code == 403
    assert "/journal/logg" not in (await nurse.get("/journal/")).text


async def test_a_look_in_any_node_is_seen_by_the_citizen_within_a_minute(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    began = time.monotonic()
    await looked(world)
    said = words((await ingrid.get("/innbygger/innsyn")).text)
    assert "Hanne Lunde" in said
    assert "Ola Strand" in said
    assert time.monotonic() - began < 60
    assert "Grunnlag: loven gir adgang uten samtykke" in said


async def test_the_citizen_chooses_by_person_place_content_and_basis_and_takes_it_away(world):
    await looked(world)
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = (await ingrid.get("/innbygger/innsyn")).text

    def option(label):
        return re.search(rf'<option value="([^"]+)">{label}', page)[1]

    hanne = option("Hanne Lunde")
    assert "anne" not in hanne
    chosen = words((await ingrid.get(f"/innbygger/innsyn?hvem={hanne}")).text)
    assert "Hanne Lunde, hjemmesykepleier" in chosen
    assert "Ola Strand, sykehuslege" not in chosen
    place = option("[^<]*[Mm]edisinsk")
    assert "Hanne Lunde, hjemme" not in words((await ingrid.get(f"/innbygger/innsyn?sted={place}")).text)
    assert "Hanne Lunde, hjemme" in words(
        (await ingrid.get("/innbygger/innsyn?innhold=medicines&grunnlag=UNNTAK")).text
    )
    nothing = words((await ingrid.get("/innbygger/innsyn?grunnlag=AKUTT&periode=uke")).text)
    assert "Ingen oppslag passer" in nothing

    table = await ingrid.get(f"/innbygger/innsyn/oppslag.csv?hvem={hanne}")
    assert table.headers["content-disposition"] == 'attachment; filename="innsyn.csv"'
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:3] == ["Dato", "Klokkeslett", "Hvem"]
    assert {row[2] for row in rows[1:]} == {"Hanne Lunde, hjemmesykepleier"}
    assert "vist" in rows[1]
    world.silent.add("sykehus")
    bundle = (await ingrid.get("/innbygger/innsyn/oppslag.json")).json()
    told = {each["resource"]["resourceType"] for each in bundle["entry"]}
    assert told == {"AuditEvent", "OperationOutcome"}
    assert structure.check(bundle) == []
    assert "Fjordsykehuset svarte ikke" in (await ingrid.get("/innbygger/innsyn/oppslag.csv")).text
    for key in ("hanne-lunde", "ola-strand", "ingrid"):
        assert PIDS[key] not in page + table.text + str(bundle)
