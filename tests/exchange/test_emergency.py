"""Emergency access: a reason chosen and written, one patient, for a time; seen at once by the citizen, and followed up."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart, csrf, submit
from tests.exchange.test_access_log import words

from akson.demo.personnel import STAFF
from akson.kit.clock import now
from akson.record import emergency, erasing, log_erasing, sealing
from akson.record.attest import attest
from akson.record.context import NODE_ITSELF
from akson.record.context import opened as context_of
from akson.security.actor import Actor, Kind, Purpose
from akson.store.access import audit, blocks, openings
from akson.store.access.blocks import Block
from akson.store.access.relations import BEGINNING
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store
FORM = {"reason": "acute", "why": "Falt om på gata, trenger medisinliste"}
NO_RELATION = "har ikke noe behandlingsforhold"
IS_OPEN = "Journalen er åpnet i en nødsituasjon."
HPR = {each.key: each.hpr for each in STAFF}


async def at_the_door(world, person="silje-aune", name="Ingrid Haugen"):
    """Somebody without a care relation, and the path of the chart."""
    browser = await world.sign_in("journal", person)
    return browser, await chart(browser, "journal", name)


async def opened(world, person="silje-aune", **form):
    browser, path = await at_the_door(world, person)
    return browser, path, await submit(browser, f"{path}/nodapning", FORM | form)


async def run(world, statement, node="journal"):
    async with side(world, node).place.database.transaction(reader=OWNER) as tx:
        return await tx.execute(statement)


async def medicines(browser, path):
    return len(re.findall("<tr><td><strong>", (await browser.get(f"{path}/legemidler")).text))


async def test_one_patient_is_opened_for_a_time_and_closed_again(world):
    browser, path = await at_the_door(world)
    before = await browser.get(path)
    assert NO_RELATION in before.text
    assert f"{path}/nodapning" in before.text
    assert await medicines(browser, path) == 0
    form = words((await browser.get(f"{path}/nodapning")).text)
    assert "Silje Aune, helsesykepleier, Solvik helsestasjon" in form
    assert "Pasienten ser med en gang" in form
    page = await submit(browser, f"{path}/nodapning", FORM)
    assert (page.status_code, page.url.path) == (200, path)
    assert IS_OPEN in page.text
    assert NO_RELATION not in page.text
    assert await medicines(browser, path) > 0
    other = await browser.get(await chart(browser, "journal", "Olav"))
    assert NO_RELATION in other.text
    assert IS_OPEN not in other.text
    colleague, same = await at_the_door(world, "erik-solli")
    assert NO_RELATION in (await colleague.get(same)).text
    ended = await browser.post(f"{path}/nodapning/avslutt", data={"csrf_token": csrf(page.text)})
    assert NO_RELATION in ended.text
    assert await medicines(browser, path) == 0


async def test_it_closes_by_itself(world):
    browser, path, _ = await opened(world)
    assert IS_OPEN in (await browser.get(path)).text
    await run(world, "update opened_access set high = now()")
    assert NO_RELATION in (await browser.get(path)).text
    assert await medicines(browser, path) == 0


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"reason": ""}, "Velg hva slags"),
        ({"reason": "curious"}, "Velg hva slags"),
        ({"why": "haster"}, "Skriv hvorfor"),
        ({"why": "x" * 501}, "Skriv hvorfor"),
    ],
)
async def test_a_reason_is_chosen_and_written(world, form, said):
    browser, path, page = await opened(world, **form)
    assert page.status_code == 422
    assert said in page.text
    assert NO_RELATION in (await browser.get(path)).text


async def test_only_health_personnel_open(world):
    for person in ("tone-bakke", "anne-grete-rud"):
        browser = await world.sign_in("journal", person)
        _, path = await at_the_door(world)
        assert (await browser.get(f"{path}/nodapning")).status_code in (403, 404), person
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        assert await tx.fetch("select 1 from opened_access") == []


async def test_the_citizen_sees_it_at_once_and_the_log_tells_the_basis(world):
    browser, path, _ = await opened(world)
    await browser.get(f"{path}/legemidler")
    ingrid = await world.sign_in("innbygger", "ingrid")
    said = words((await ingrid.get("/innbygger/innsyn")).text)
    assert "Silje Aune, helsesykepleier Øyeblikkelig hjelp" in said, said
    assert "De åpnet journalen i en nødsituasjon" in said
    assert f"Skrev da: «{FORM['why']}»" in said
    assert "Søkte for å gi" not in said.split("Silje Aune")[1].split("Det systemene")[0]
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        rows = await audit.find(tx, patient=path.rpartition("/")[2])
    told = [each for each in rows if each.actor_name == "Silje Aune" and each.purpose == "ETREAT"]
    assert {(each.reason, each.basis, each.user_selected) for each in told} == {
        ("reason.emergency", "AKUTT", True)
    }
    assert FORM["why"] in {each.decision_text for each in told}
    assert {"Patient", "MedicationStatement"} <= {each.type for each in told}


@pytest.mark.parametrize("holds", [True, False])
async def test_a_block_on_a_named_person_holds_even_then(world, holds):
    browser, path = await at_the_door(world)
    subjects = frozenset({f"hpr:{HPR['silje-aune']}" if holds else "role:helsesykepleier"})
    closed = frozenset({"MedicationStatement", "Condition"})
    low, high = now().replace(year=2020), now().replace(year=2040)
    block = Block(subjects, low, high, types=closed, holds_in_emergency=holds)
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        await blocks.replace(tx, "rule", 1, path.rpartition("/")[2], [block])
    page = await submit(browser, f"{path}/nodapning", FORM)
    assert IS_OPEN in page.text
    assert (await medicines(browser, path) == 0) is holds


@pytest.mark.parametrize("holds", [True, False])
async def test_a_record_that_is_closed_as_a_whole_is_opened_by_number_unless_it_holds_then_too(world, holds):
    browser, path = await at_the_door(world)
    subjects = frozenset({f"hpr:{HPR['silje-aune']}" if holds else "role:helsesykepleier"})
    low, high = now().replace(year=2020), now().replace(year=2040)
    block = Block(subjects, low, high, holds_in_emergency=holds)
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        await blocks.replace(tx, "rule", 1, path.rpartition("/")[2], [block])
    searched = await submit(browser, "/journal/pasienter", {"query": "Ingrid Haugen"})
    assert path not in searched.text
    assert "/journal/nodapning" in searched.text
    nobody = await submit(browser, "/journal/nodapning", FORM | {"number": "12345678901"})
    assert "kan ikke åpne noen journal" in nobody.text
    page = await submit(browser, "/journal/nodapning", FORM | {"number": PIDS["ingrid"]})
    if holds:
        assert page.status_code == nobody.status_code == 422
        assert words(page.text) == words(nobody.text)
        assert "kan ikke åpne noen journal" in page.text
        async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
            assert await tx.fetch("select 1 from opened_access") == []
    else:
        assert page.url.path == path
        assert IS_OPEN in page.text
        assert await medicines(browser, path) > 0


async def test_the_privacy_officer_follows_up_and_nobody_ones_own(world):
    await opened(world)
    officer = await world.sign_in("journal", "anne-grete-rud")
    page = await officer.get("/journal/logg/nodapning")
    assert page.status_code == 200, page.text
    said = words(page.text)
    for told in ("Silje Aune, helsesykepleier", "Ingrid Haugen", FORM["why"], "Venter på oppfølging"):
        assert told in said, said
    target = re.search(r'action="(/journal/logg/nodapning/[^"]+)"', page.text)[1]
    form = {"csrf_token": csrf(page.text), "outcome": "justified", "note": "Ringte legevakta"}
    kept = words((await officer.post(target, data=form)).text)
    assert "Berettiget" in kept
    assert "Fulgt opp av Anne Grete Rud" in kept
    again = words(
        (await officer.post(target, data=form | {"outcome": "unjustified", "note": "Likevel ikke"})).text
    )
    assert again.index("Likevel ikke") < again.index("Ringte legevakta"), (
        "the latest, which counts, comes first"
    )
    assert again.count("Fulgt opp av Anne Grete Rud") == 2
    assert again.index("Ikke berettiget") < again.index("Likevel ikke") < again.index("Den siste vurderingen")
    assert (await officer.post(target, data=form | {"outcome": "x"})).status_code == 422
    assert (await officer.post(f"{target}x", data=form)).status_code == 404
    await run(world, f"update opened_access set practitioner = '{await practitioner(world)}', outcome = ''")
    assert "Dette er din egen åpning" in words((await officer.get("/journal/logg/nodapning")).text)
    assert (await officer.post(target, data=form)).status_code == 409
    nurse = await world.sign_in("journal", "silje-aune")
    assert (await nurse.get("/journal/logg/nodapning")).status_code == 403
    assert (
        await nurse.post(target, data=form | {"csrf_token": csrf((await nurse.get("/journal/")).text)})
    ).status_code == 403


async def practitioner(world):
    """Reference of the privacy officer at Solvik."""
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        found = await tx.one(
            "select 'Practitioner/' || id from resource where type = 'Practitioner'"
            " and position('Anne Grete' in convert_from(body, 'UTF8')) > 0"
        )
    return found[0]


async def test_other_nodes_are_told_that_it_is_an_emergency(world):
    browser, path, _ = await opened(world)
    assert (await browser.get(f"{path}/kritisk")).status_code == 200
    async with side(world, "samhandling").place.database.transaction(reader=OWNER) as tx:
        rows = await tx.fetch(
            "select distinct purpose, reason, basis, user_selected from audit where actor_name = 'Silje Aune' and granted"
            " and pat <> 0"
        )
    assert rows == [("ETREAT", "reason.emergency", "AKUTT", True)]
    told = attest((await actor(world, browser)), side(world, "journal").node, "x", Purpose.EMERGENCY, "d")
    assert told["care_relationship"]["decision_ref"]["user_selected"] is True


async def actor(world, browser):
    secrets = [cookie.value for cookie in browser.cookies.jar if "journal" in cookie.name]
    session = await side(world, "journal").sessions.find(secrets[0])
    return await side(world, "journal").people.find_actor(session.caller)


async def test_how_long_it_is_open_is_set_for_the_node(world):
    node = side(world, "journal")
    async with context_of(replace(node.place, emergency=timedelta(minutes=15)), NODE_ITSELF) as ctx:
        patient = (await node.people.patient(ctx.tx, PIDS["ingrid"]))["id"]
        actor = Actor(
            Kind.PERSONNEL, name="Silje Aune", hpr="9100105", practitioner="Practitioner/x", role="helsesykepleier",
            role_reference="PractitionerRole/x", authorization="SP", assurance=4, unit_name="Solvik helsestasjon",
        )  # fmt: skip
        made = await emergency.open_record(ctx.by(actor), patient, "acute", "Trenger medisinlisten nå")
    assert made.high - made.low == timedelta(minutes=15)


async def test_the_words_stay_when_the_record_is_erased_and_go_with_their_entry_of_the_log(world):
    await opened(world)
    node = side(world, "journal")
    async with context_of(node.place, NODE_ITSELF) as ctx:
        (opening,) = await openings.since(ctx.tx, BEGINNING, None, "", 9)
        await openings.review(ctx.tx, opening.opening, "ask", "Sier at hun kjenner ham", "Anne Grete Rud")
        patient = (await node.people.patient(ctx.tx, PIDS["ingrid"]))["id"]
        await erasing.erase(ctx, erasing.What.COMPARTMENT, "Patient", patient)
        kept = await ctx.tx.fetch("select why from opened_access")
    assert [row[0] for row in kept] == [FORM["why"]]
    await sealing.seal(node.place.database, node.log_keys)
    async with node.place.database.transaction(reader=OWNER) as tx:
        (number,) = await tx.one("select number from audit where decision_text = %s", [FORM["why"]])
    owner = Database(node.place.database.uri, 2, reader=OWNER)  # as `akson audit erase` comes
    await owner.open()
    await log_erasing.erase(owner, [number], "Vedtak 12/2026")
    await owner.close()
    async with node.place.database.transaction(reader=OWNER) as tx:
        assert await tx.fetch("select why, note from opened_access") == [("", "")]
        assert await tx.fetch("select outcome, note from judgment") == [("ask", "")]
