"""What a citizen hides is hidden in every node within seconds, also when the platform is down; what is not known is closed."""

import asyncio
import re
import time

import pytest
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart, csrf
from tests.patience import in_time

from akson.fhir.search_parse import parse
from akson.kit.errors import PeerSilent
from akson.record import closed, gate
from akson.record.context import NODE_ITSELF, opened
from akson.record.refused import Refused
from akson.store.access import blocks
from akson.store.database.reader import OWNER
from akson.store.index.hashing import patient_number

pytestmark = pytest.mark.store

LIMIT = 5.0
"""Seconds from the citizen's choice until it holds everywhere."""
HANNE, JONAS = "hpr:9100101:Hanne Lunde", "hpr:9100105:Jonas Berg"
TOLD = "Apiksaban"


async def choose(browser, **form):
    """Fill in the form, read the sentence, say yes; the page that comes back."""
    page = await browser.get("/innbygger/personvern/skjul")
    values = {"csrf_token": csrf(page.text)} | form
    review = await browser.post("/innbygger/personvern/skjul", data=values)
    assert 'name="lagre"' in review.text, review.text
    saved = await browser.post("/innbygger/personvern/skjul", data=values | {"lagre": "ja", "mener": "ja"})
    assert "Lagret" in saved.text, saved.text
    return saved.text


async def within_limit(holds):
    """Waits until something holds, and takes no longer than it may."""
    began = time.monotonic()
    while not await holds():
        assert in_time(time.monotonic() - began, LIMIT), "it does not hold in time"
        await asyncio.sleep(0.1)


def shows(browser, path, words):
    async def look():
        return words in (await browser.get(path)).text

    return look


def hides(browser, path, words):
    async def look():
        return words not in (await browser.get(path)).text

    return look


async def withdraw(browser):
    page = (await browser.get("/innbygger/personvern")).text
    version = page.partition('name="versjon" value="')[2].partition('"')[0]
    rule = page.partition('name="id" value="')[2].partition('"')[0]
    form = {"csrf_token": csrf(page), "id": rule, "versjon": version}
    return (await browser.post("/innbygger/personvern/ta-bort", data=form)).text


@pytest.mark.proves("I18")
@pytest.mark.dimension("D1", "D2")
async def test_what_a_citizen_hides_from_a_person_is_hidden_at_the_source_in_time_and_stays_so(world):
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    path = await chart(hanne, "journal", "Ingrid Haugen")
    medicines = f"{path}/legemidler"
    assert await shows(hanne, medicines, TOLD)()
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await choose(ingrid, hvem=HANNE, omfang="alt")
    assert "Hanne Lunde kan ikke se journalen" in page
    await within_limit(hides(hanne, medicines, TOLD))
    # Another who treats her sees it as before.
    amir = await world.sign_in("journal", "amir-khan", "helsefagarbeider")
    assert await shows(amir, medicines, TOLD)()
    # The platform goes down, and a node begins anew from what it knows: it holds still.
    world.silent.add("samhandling")
    journal = side(world, "journal")
    with pytest.raises(PeerSilent):
        await journal.follower.once(wait=0)
    assert await hides(hanne, medicines, TOLD)()
    world.silent.clear()
    assert "Tatt bort" in await withdraw(ingrid)
    await within_limit(shows(hanne, medicines, TOLD))


async def test_a_part_of_the_record_is_hidden_and_the_rest_is_not(world):
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    path = await chart(hanne, "journal", "Ingrid Haugen")
    ingrid = await world.sign_in("innbygger", "ingrid")
    journal = side(world, "journal")
    await choose(ingrid, hvem=HANNE, omfang="deler", **{"del": "medicines"})
    await within_limit(hides(hanne, f"{path}/legemidler", TOLD))
    assert (await hanne.get(f"{path}/problemer")).status_code == 200
    async with journal.place.database.transaction(read_only=True, reader=OWNER) as tx:
        rows = await tx.fetch("select distinct types, subjects, listed, holds_in_emergency from access_block")
    ((types, subjects, listed, emergency),) = rows
    assert (subjects, listed, emergency) == (["hpr:9100101"], True, True)
    assert "MedicationStatement" in types
    assert "Condition" not in types


async def test_a_node_that_has_not_heard_the_rules_opens_no_record(world):
    journal = side(world, "journal")
    async with journal.place.database.transaction(reader=OWNER) as tx:
        await tx.execute("delete from privacy_followed")
    world.silent.add("samhandling")
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    page = await hanne.get("/journal/pasienter")
    assert TOLD not in page.text
    with pytest.raises(Refused) as refused:
        await anext(_read(world, hanne))
    assert refused.value.reason == "reason.rules_unknown"
    world.silent.clear()

    async def reads():
        try:
            return bool(await anext(_read(world, hanne)))
        except Refused:
            return False

    await within_limit(reads)


async def _read(world, browser):
    """What a nurse may read of medicines through the gate, as her pages do."""
    journal = side(world, "journal")
    secret = next(cookie.value for cookie in browser.cookies.jar if "journal" in cookie.name)
    session = await journal.sessions.find(secret)
    actor = await journal.people.find_actor(session.caller)
    query = parse("MedicationStatement", [], base=journal.node.fhir)
    async with opened(journal.place, actor) as ctx:
        for stored in (await gate.search(ctx, query)).matches:
            yield stored.id


async def test_a_new_patient_of_a_node_is_closed_as_the_citizen_has_said_before(world):
    """Rules come for everyone, so that who is new to a node is known to it at once."""
    ingrid = await world.sign_in("innbygger", "ingrid")
    await choose(ingrid, hvem=JONAS, omfang="alt")
    fjellheim = side(world, "fjellheim")

    async def known():
        async with fjellheim.place.database.transaction(read_only=True, reader=OWNER) as tx:
            return bool(await tx.fetch("select 1 from privacy_mirror"))

    await within_limit(known)
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:oid:2.16.578.1.12.4.1.4.1", "value": PIDS["ingrid"]}],
    }
    async with opened(fjellheim.place, NODE_ITSELF) as ctx:
        made = await gate.create(ctx, patient)
        number = patient_number(made.stored.id)
        found = await blocks.of_patients(ctx.tx, [number])
    assert [sorted(each.subjects) for each in found[number]] == [["hpr:9100105"]]


async def test_what_is_not_shared_is_not_seen_from_another_organisation(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    page = await ingrid.get("/innbygger/personvern/deling")
    form = {"csrf_token": csrf(page.text), "lagre": "ja", "mener": "ja"}
    assert "Lagret" in (await ingrid.post("/innbygger/personvern/deling", data=form)).text
    hospital = side(world, "sykehus")

    async def closed():
        async with hospital.place.database.transaction(read_only=True, reader=OWNER) as tx:
            found = await tx.fetch("select subjects, listed from access_block")
        return [tuple(each) for each in found] == [([f"org:{hospital.node.organization}"], False)]

    await within_limit(closed)


async def test_a_single_document_is_hidden_from_all_but_the_regular_gp(world):
    ingrid = await world.sign_in("innbygger", "ingrid")
    listed = await ingrid.get("/innbygger/helse/dokumenter")
    path = re.search(r'href="(/innbygger/helse/dokumenter/sykehus/[^"/]+)"', listed.text)[1]
    page = (await ingrid.get(path)).text
    entries = re.findall(r'name="post" value="([^"]+)"', page)
    assert [entry.split("/")[:2] for entry in entries] == [
        ["sykehus", "DocumentReference"],
        ["sykehus", "Binary"],
    ]
    form = {"csrf_token": csrf(page), "post": entries, "navn": "Epikrise"}
    chosen = await ingrid.post("/innbygger/personvern/skjul", data=form | {"ny": "ja"})
    assert JONAS in chosen.text, chosen.text
    saved = await ingrid.post(
        "/innbygger/personvern/skjul", data=form | {"hvem": JONAS, "retning": "andre", "lagre": "ja"}
    )
    assert "Bare Jonas Berg kan se «Epikrise». Det er skjult for alle andre." in saved.text
    hospital = side(world, "sykehus")

    async def closed():
        async with hospital.place.database.transaction(read_only=True, reader=OWNER) as tx:
            found = await tx.fetch("select b.key, r.type from access_block b join resource r using (key)")
        return {row[1] for row in found} == {"DocumentReference", "Binary"}

    await within_limit(closed)
    async with side(world, "journal").place.database.transaction(read_only=True, reader=OWNER) as tx:
        assert await tx.fetch("select 1 from access_block") == []


async def test_somebody_without_an_hpr_number_is_named_by_the_register_of_the_own_system(world):
    tone = await world.sign_in("journal", "tone-bakke")
    path = await chart(tone, "journal", "Ingrid Haugen")
    ingrid = await world.sign_in("innbygger", "ingrid")
    form = (await ingrid.get("/innbygger/personvern/skjul")).text
    named = re.search(r'value="(staff:310000116\.[^"]+:Tone Bakke)"', form)
    assert named, form
    assert "Tone Bakke kan ikke se journalen" in await choose(ingrid, hvem=named[1], omfang="alt")
    journal = side(world, "journal")
    patient = path.rpartition("/")[2]

    async def opens(browser):
        secret = next(cookie.value for cookie in browser.cookies.jar if "journal" in cookie.name)
        actor = await journal.people.find_actor((await journal.sessions.find(secret)).caller)
        async with opened(journal.place, actor) as ctx:
            return await closed.is_open(ctx, patient, PIDS["ingrid"], "CarePlan/x")

    async def shut():
        return not await opens(tone)

    await within_limit(shut)
    hanne = await world.sign_in("journal", "hanne-lunde", "hjemmesykepleier")
    assert await opens(hanne)
