"""People of a supplier: a named person, on a ticket, in a time box, what the errand needs; approved, told, followed up."""

import re

import pytest
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart, csrf, submit
from tests.exchange.test_access_log import words

from akson.demo.book import post_key
from akson.demo.ids import demo_reference
from akson.demo.personnel import BY_KEY_STAFF
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.record.refused import Refused
from akson.security.actor import Purpose
from akson.security.roles import DEMOGRAPHY, OPEN_TYPES, ROLE_SYSTEM
from akson.security.topics import TOPICS
from akson.store.access import audit, blocks
from akson.store.access.blocks import Block
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store
OWN, LIST = "/journal/oppdrag", "/journal/logg/oppdrag"
FORM = {
    "ticket": "2026-123",
    "why": "Legemiddellisten viser doble linjer",
    "kind": "patient",
    "topics": ["medicines"],
    "starts": "",
    "hours": "2",
}


async def supplier(world):
    return await world.sign_in("journal", "mats-lie")


async def officer(world):
    return await world.sign_in("journal", "anne-grete-rud")


async def asked(world, **form):
    browser = await supplier(world)
    return browser, await submit(browser, OWN, FORM | form)


async def approved(world, person="ingrid", **form):
    """Somebody of the supplier with an approved errand, and the path of the patient's chart."""
    browser, _ = await asked(world, **form)
    privacy = await officer(world)
    page = await decide(privacy, "godkjenn", number=PIDS[person])
    assert page.status_code == 200, words(page.text)
    found = re.search(r'href="(/journal/pasient/[^"]+)"', (await browser.get(OWN)).text)
    return browser, found[1] if found else ""


async def decide(browser, what, **form):
    page = await browser.get(LIST)
    target = re.search(rf'action="({LIST}/[^"]+/{what})"', page.text)
    assert target, words(page.text)
    return await browser.post(target[1], data={"csrf_token": csrf(page.text)} | form)


async def run(world, statement):
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        return await tx.execute(statement)


async def rows(world, patient):
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        return [
            each for each in await audit.find(tx, patient=patient, count=500) if each.actor_name == "Mats Lie"
        ]


async def as_actor(world, browser, do):
    """Does something at the door to the record, as the one who is signed in, with what one has now."""
    node = side(world, "journal")
    secret = next(cookie.value for cookie in browser.cookies.jar if "journal" in cookie.name)
    actor = await node.people.find_actor((await node.sessions.find(secret)).caller)
    async with opened(node.place, actor, Purpose.ADMINISTRATION) as ctx:
        return await do(ctx)


async def found(world, browser, kind, *pairs):
    """What a search finds, as (type, id of the patient)."""

    async def do(ctx):
        page = await gate.search(ctx, parse(kind, list(pairs), base=ctx.node.fhir))
        bodies = [loads(each.body) for each in (*page.matches, *page.included)]
        return {
            (each["resourceType"], each.get("subject", {}).get("reference", f"Patient/{each['id']}"))
            for each in bodies
            if each["resourceType"] not in OPEN_TYPES
        }

    return await as_actor(world, browser, do)


@pytest.mark.proves("J22")
async def test_an_errand_opens_what_it_needs_of_one_record_until_it_ends(world):
    browser, page = await asked(world)
    assert "Venter på godkjenning" in words(page.text)
    nurse = await world.sign_in("journal", "hanne-lunde")
    path = await chart(nurse, "journal", "Ingrid Haugen")
    assert (await browser.get(path)).status_code == 403  # asked is not approved
    page = await decide(await officer(world), "godkjenn", number=PIDS["ingrid"])
    assert "Gjelder journalen til Ingrid Haugen" in words(page.text)
    mine = await browser.get(OWN)
    assert f'href="{path}"' in mine.text
    shown = await browser.get(path)
    assert shown.status_code == 200, words(shown.text)
    assert "Sak 2026-123" in words(shown.text)
    assert (await browser.get(f"{path}/legemidler")).status_code == 200
    for closed in ("problemer", "notater", "dokumenter", "meldinger"):
        assert (await browser.get(f"{path}/{closed}")).status_code == 403, closed
        assert f"{path}/{closed}" not in shown.text
    olav = await chart(nurse, "journal", "Olav")
    assert (await browser.get(olav)).status_code == 404
    assert (await browser.get(f"{olav}/legemidler")).status_code == 404
    ended = await browser.post(
        re.search(rf'action="({OWN}/[^"]+/avslutt)"', mine.text)[1], data={"csrf_token": csrf(mine.text)}
    )
    assert "Avsluttet før tiden av Mats Lie" in words(ended.text)
    assert (await browser.get(path)).status_code == 403
    assert (await browser.get(f"{path}/legemidler")).status_code == 403


@pytest.mark.proves("J22")
async def test_the_citizen_is_told_who_for_whom_on_which_ticket(world):
    browser, path = await approved(world)
    await browser.get(f"{path}/legemidler")
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await ingrid.get("/innbygger/innsyn")
    said = words(page.text)
    assert "Mats Lie, ansatt hos leverandør" in said, said
    assert "Nordlys Fagsystem AS, Solvik kommune" in said
    assert f"Sak 2026-123: {FORM['why']}" in said
    assert "De lot en ansatt hos leverandøren se noe av journalen" in said
    assert (
        "saksnummer, varer noen timer og er godkjent av virksomheten" in said
    )  # the rule in full, with its law
    table = (await ingrid.get("/innbygger/innsyn/oppslag.csv")).text
    assert "Sak 2026-123" in table
    told = await rows(world, path.rpartition("/")[2])
    assert {"Patient", "MedicationStatement"} <= {each.type for each in told}
    assert {(each.reason, each.purpose, each.basis) for each in told} == {
        ("reason.supplier_errand", "HOPERAT", "UNNTAK")
    }
    assert {each.decision_text for each in told} == {f"2026-123: {FORM['why']}"}


async def test_it_opens_nothing_before_its_start_and_nothing_after_its_end(world):
    browser, path = await approved(world)
    assert (await browser.get(path)).status_code == 200
    for moved in ("low = now() + interval '1 hour', high = now() + interval '2 hours'",
                  "low = now() - interval '2 hours', high = now()"):  # fmt: skip
        await run(world, f"update supplier_errand set {moved}")
        assert (await browser.get(path)).status_code == 403, moved


async def test_it_writes_nothing(world):
    browser, path = await approved(world, topics=["medicines", "problems"])
    condition = {"resourceType": "Condition", "subject": {"reference": f"Patient/{path.rpartition('/')[2]}"}}

    async def write(ctx):
        return await gate.create(ctx, condition)

    with pytest.raises(Refused):
        await as_actor(world, browser, write)
    assert "notater/nytt" not in (await browser.get(path)).text


async def test_what_the_patient_has_closed_to_the_supplier_stays_closed(world):
    browser, path = await approved(world)
    number = re.search(r"\d{9}", (await run_one(world, "select supplier_number from supplier_errand")))[0]
    block = Block(frozenset({f"unit:{number}"}), now().replace(year=2020), now().replace(year=2040),
                  types=frozenset({"MedicationStatement", "MedicationRequest"}))  # fmt: skip
    assert "<tr><td><strong>" in (await browser.get(f"{path}/legemidler")).text
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        await blocks.replace(tx, "rule", 1, path.rpartition("/")[2], [block])
    assert "<tr><td><strong>" not in (await browser.get(f"{path}/legemidler")).text


async def run_one(world, statement):
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        return (await tx.one(statement))[0]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"ticket": ""}, "Skriv et saksnummer"),
        ({"ticket": "feil i systemet"}, "Skriv et saksnummer"),
        ({"ticket": "12 345 678 901"}, "Skriv et saksnummer"),
        ({"why": "feil"}, "Skriv hva du skal gjøre"),
        ({"why": "Se på pasient 12345678901"}, "Skriv hva du skal gjøre"),
        ({"why": "x" * 301}, "Skriv hva du skal gjøre"),
        ({"kind": "everything"}, "Velg hva du trenger"),
        ({"topics": []}, "Velg minst én del"),
        ({"topics": ["identity", "log", "x"]}, "Velg minst én del"),
        ({"starts": "2031-01-01T10:00"}, "Velg et tidspunkt"),
        ({"starts": "snart"}, "Velg et tidspunkt"),
        ({"hours": "9"}, "Velg hvor lenge"),
        ({"hours": "0"}, "Velg hvor lenge"),
    ],
)
async def test_ticket_errand_need_and_time_are_told(world, form, said):
    _, page = await asked(world, **form)
    assert page.status_code == 422
    assert said in words(page.text)
    assert FORM["why"][:8] in page.text or "why" in form  # what was written is not lost
    assert await run_one(world, "select count(*) from supplier_errand") == 0


async def test_only_a_supplier_asks_and_only_the_organisation_decides(world):
    browser, _ = await asked(world)
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert (await nurse.get(OWN)).status_code == 403
    for reader in (browser, nurse):
        assert (await reader.get(LIST)).status_code == 403
    token = csrf((await browser.get(OWN)).text)
    id_ = await run_one(world, "select id from supplier_errand")
    for what in ("/godkjenn", "/avslaa", ""):
        answer = await browser.post(
            f"{LIST}/{id_}{what}", data={"csrf_token": token, "number": PIDS["ingrid"]}
        )
        assert answer.status_code == 403, what
    assert await run_one(world, "select state from supplier_errand") == "asked"
    privacy = await officer(world)
    page = await privacy.get(LIST)
    declined = await privacy.post(
        f"{LIST}/{id_}/avslaa", data={"csrf_token": csrf(page.text), "note": "Ring først"}
    )
    assert "Avslått" in words(declined.text)
    assert "«Ring først»" in words((await browser.get(OWN)).text)
    again = await privacy.post(
        f"{LIST}/{id_}/godkjenn", data={"csrf_token": csrf(page.text), "number": PIDS["ingrid"]}
    )
    assert again.status_code == 409
    with pytest.raises(Refused):
        await found(world, browser, "MedicationStatement")


async def test_a_leader_decides_for_those_whom_the_own_unit_treats(world):
    browser, _ = await asked(world)
    staff = BY_KEY_STAFF["guro-stroem"]
    post = demo_reference("journal", "PractitionerRole", post_key(staff, *staff.posts[0]))
    leader = await world.sign_in("journal", "guro-stroem", post)
    nobody = await decide(leader, "godkjenn", number="12345678901")
    other = await decide(leader, "godkjenn", number=PIDS["amira"])
    assert nobody.status_code == other.status_code == 422
    assert words(nobody.text) == words(other.text)  # that somebody is a patient elsewhere is not told
    page = await decide(leader, "godkjenn", number=PIDS["ingrid"])
    assert "Gjelder journalen til Ingrid Haugen" in words(page.text)
    await submit(browser, OWN, FORM | {"kind": "technical", "ticket": "2026-124"})
    page = words((await leader.get(LIST)).text)
    assert "Personvernansvarlig svarer på dette oppdraget" in page
    # What another has decided is as if it were not there.
    number = await run_one(world, "select id from supplier_errand where kind = 'technical'")
    form = {"csrf_token": csrf((await leader.get(LIST)).text), "number": PIDS["ingrid"]}
    assert (await leader.post(f"{LIST}/{number}/godkjenn", data=form)).status_code == 409
    privacy = await officer(world)
    declined = {"csrf_token": csrf((await privacy.get(LIST)).text), "note": "Nei"}
    await privacy.post(f"{LIST}/{number}/avslaa", data=declined)
    for what in ("/godkjenn", "/avslaa", "/avslutt", ""):
        gone, absent = [await leader.post(f"{LIST}/{id_}{what}", data=form) for id_ in (number, "absent")]
        assert (gone.status_code, absent.status_code) == (404, 404), what


async def test_a_technical_errand_shows_how_the_node_does_and_nothing_of_a_record(world):
    browser, _ = await approved(world, kind="technical", topics=[])
    page = await browser.get(f"{OWN}/teknisk")
    assert page.status_code == 200
    assert "Forsegling av loggen" in words(page.text) or "Ingenting venter" in words(page.text)
    assert "Ingrid" not in page.text
    for kind in ("Patient", "MedicationStatement", "AuditEvent", "Task"):
        with pytest.raises(Refused):
            await found(world, browser, kind)
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        told = await tx.fetch("select decision_text, pat from audit where type = 'NodeStatus' and granted")
    assert told == [(f"2026-123: {FORM['why']}", 0)]
    patient, _ = await asked(world, ticket="2026-125")
    await decide(await officer(world), "godkjenn", number=PIDS["ingrid"])
    await run(world, "update supplier_errand set high = now() where kind = 'technical'")
    assert (await patient.get(f"{OWN}/teknisk")).status_code == 403


@pytest.mark.proves("J22")
async def test_what_was_done_is_followed_up(world):
    browser, path = await approved(world)
    await browser.get(f"{path}/legemidler")
    privacy = await officer(world)
    stopped = await decide(privacy, "avslutt")
    said = words(stopped.text)
    assert "Avsluttet før tiden av Anne Grete Rud" in said
    late = await browser.get(path)
    assert (late.status_code, "be om et nytt på siden Oppdrag" in late.text) == (403, True)
    assert "Mats Lie" not in words(
        (await privacy.get("/journal/logg/oppfolging")).text
    )  # it is followed up here
    assert re.search(r"Oppslag i loggen: [1-9]\d*, typer innhold: [1-9]", said), said
    target = re.search(rf'action="({LIST}/[^/"]+)"', stopped.text)[1]
    form = {"csrf_token": csrf(stopped.text), "outcome": "fine", "remark": "Stemmer med saken"}
    assert (await privacy.post(target, data=form | {"outcome": "x"})).status_code == 422
    kept = words((await privacy.post(target, data=form)).text)
    assert "Som godkjent" in kept
    assert "Fulgt opp av Anne Grete Rud" in kept
    kept = words((await privacy.post(target, data=form | {"outcome": "breach", "remark": "Så mer"})).text)
    assert kept.index("Så mer") < kept.index("Stemmer med saken")


async def test_looking_for_people_and_records_is_not_opened_by_it(world):
    browser, path = await approved(world)
    ingrid = f"Patient/{path.rpartition('/')[2]}"
    assert await found(world, browser, "Patient", ("_count", "100")) == {("Patient", ingrid)}
    included = await found(
        world, browser, "MedicationStatement", ("_include", "*"), ("_revinclude", "*"), ("_count", "100")
    )
    assert included <= {(kind, ingrid) for kind in (*TOPICS["medicines"], *DEMOGRAPHY)}
    assert ("MedicationStatement", ingrid) in included
    for kind in ("Condition", "Observation", "AuditEvent", "Communication"):
        with pytest.raises(Refused):
            await found(world, browser, kind)


async def test_who_works_for_a_supplier_as_well_decides_on_nothing(world):
    await asked(world)
    privacy = await officer(world)
    assert (await privacy.get(LIST)).status_code == 200
    post = {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": {"reference": demo_reference("journal", "Practitioner", "anne-grete-rud")},
        "organization": {"reference": demo_reference("journal", "Organization", "nordlys")},
        "code": [{"coding": [{"system": ROLE_SYSTEM, "code": "leverandoeransatt"}]}],
    }
    async with opened(side(world, "journal").place, NODE_ITSELF) as ctx:
        await gate.create(ctx, post)
    assert (await privacy.get(LIST)).status_code == 403
