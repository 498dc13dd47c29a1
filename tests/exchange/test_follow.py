"""What changes in a register takes effect in every node within a minute, over real HTTP between the nodes."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from tests.exchange.asking import attested_nurse, side
from tests.exchange.forms import chart
from tests.exchange.test_registers import change
from tests.world import TODAY

from akson.demo.citizens import citizens
from akson.demo.registers import contract, person_id
from akson.exchange.edge import follow, taken
from akson.kit.clock import now
from akson.kit.errors import Unprocessable
from akson.kit.norwegian import FNR
from akson.record import gate, registers
from akson.record.context import NODE_ITSELF, opened
from akson.record.people import People
from akson.record.registers import Register
from akson.store.access import relations
from akson.store.database.reader import OWNER
from akson.store.record import events, resources
from akson.store.record.resources import HistoryOf
from akson.store.scope import NODE

pytestmark = pytest.mark.store

NODES = ("journal", "sykehus", "fjellheim", "samhandling")
PROMISED = 60.0
NUMBERS = {one.key: one.pid for each in citizens(TODAY) for one in (each, *each.relatives)}
NURSE = "9100101"
"""HPR number of Hanne Lunde, home nurse of Solvik."""


async def settled(world, *names):
    """Each node looks into the feeds once."""
    for name in names or NODES:
        for _ in range(100):
            if await side(world, name).registers.round():
                break
            await asyncio.sleep(0.2)


async def patient(world, node, key):
    place = side(world, node).place
    async with place.database.transaction(read_only=True, reader=OWNER) as tx:
        found = await People(place).patient(tx, NUMBERS[key])
        return found, await relations.of_patient(tx, found["id"])


async def authorize(world, until, number=NURSE):
    """The authorisations of somebody end at a moment, or have no end (None)."""

    def made(body):
        return body | {"authorizations": [each | {"validTo": until} for each in body["authorizations"]]}

    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        return await registers.change(ctx, Register.PERSONNEL, number, "AuthorizationChanged", made)


async def withdraw(world):
    return await authorize(world, "2026-11-01T00:00:00")


@pytest.mark.proves("T2")
async def test_a_withdrawn_authorisation_ends_access_everywhere_within_a_minute(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    path = await chart(nurse, "journal", "Ingrid Haugen")
    assert (await nurse.get(path)).status_code == 200
    ask = await attested_nurse(world, nurse)
    url = f"{world.base}/samhandling/fhir/AllergyIntolerance"
    assert (await ask("GET", url)).status_code == 200

    began = time.monotonic()
    await withdraw(world)
    while (shown := await nurse.get(path)).status_code == 200 and "/role" not in str(shown.url):
        assert time.monotonic() - began < PROMISED
        await asyncio.sleep(0.5)
    while (await ask("GET", url)).status_code == 200:
        assert time.monotonic() - began < PROMISED
        await asyncio.sleep(0.5)
    assert time.monotonic() - began < PROMISED
    assert "Ingrid" not in shown.text
    again = await world.sign_in("journal", "hanne-lunde")
    assert "Ingrid" not in (await again.get(path)).text


async def test_an_authorisation_given_back_gives_access_again(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    path = await chart(nurse, "journal", "Ingrid Haugen")
    await withdraw(world)
    await settled(world)
    assert "Ingrid Haugen" not in (await nurse.get(path)).text
    await authorize(world, None)
    await settled(world)
    assert "Ingrid Haugen" in (await nurse.get(path)).text


@pytest.mark.proves("T2")
async def test_a_death_closes_the_portal_and_ends_what_the_regular_doctor_may(world):
    kari = await world.sign_in("innbygger", "kari")
    assert (await kari.get("/innbygger/innsyn")).status_code == 200
    died = {"death": [{"dateOfDeath": "2026-09-01T00:00:00"}], "status": [{"status": "Deceased"}]}
    await change(world, Register.PERSON, person_id("kari"), "ChangeInDeath", **died)
    await settled(world)
    for node in ("journal", "sykehus", "samhandling"):
        found, held = await patient(world, node, "kari")
        assert found["deceasedDateTime"] == "2026-09-01"
        assert not [each for each in held if each.kind == "general_practitioner"]
    page = await kari.get("/innbygger/innsyn")
    assert "Hvem har sett" not in page.text or page.status_code != 200


def protected(body):
    return any(NUMBERS[key].encode() in body for key in ("noah", "kristine"))


@pytest.mark.proves("T2")
async def test_a_protected_address_is_gone_also_from_versions_before_and_comes_back_when_it_is_open(world):
    before, _ = await patient(world, "journal", "noah")
    assert before["address"][0]["line"] == ["Lyngveien 7"]
    level = {"addressProtection": [{"level": "StrictlyConfidential"}]}
    for key in ("noah", "kristine"):
        await change(world, Register.PERSON, person_id(key), "ChangeInAddressProtection", **level)
    await settled(world)
    for node in ("journal", "sykehus", "samhandling"):
        found, _ = await patient(world, node, "noah")
        assert "address" not in found
        assert {"system": taken.PROTECTION, "code": "strengtFortrolig"} in found["meta"]["security"]
        place = side(world, node).place
        async with place.database.transaction(read_only=True, reader=OWNER) as tx:
            for kind in ("Patient", "RelatedPerson"):
                page = await resources.history(tx, NODE, HistoryOf(kind, count=500))
                told = [each.body for each in page.versions if protected(each.body)]
                assert told
                assert not [body for body in told if b"Lyngveien" in body]
            if node != "samhandling":  # which serves the register itself
                rows = await tx.fetch("select keys from register_entry where body::text like '%%Lyngveien%%'")
                assert not [keys for (keys,) in rows if {NUMBERS["noah"], NUMBERS["kristine"]} & set(keys)]
    doctor = await world.sign_in("journal", "mina-saether")
    page = (await doctor.get(await chart(doctor, "journal", "Noah Eriksen"))).text
    assert "Skjermet adresse" in page
    assert "Lyngveien" not in page
    await change(
        world,
        Register.PERSON,
        person_id("noah"),
        "ChangeInAddressProtection",
        addressProtection=[{"level": "Unclassified"}],
    )
    await settled(world, "journal")
    found, _ = await patient(world, "journal", "noah")
    assert found["address"][0]["line"] == ["Lyngveien 7"]
    assert "security" not in found["meta"]


@pytest.mark.proves("T2")
async def test_a_new_regular_doctor_gets_access_and_the_one_before_loses_it(world):
    _, held = await patient(world, "journal", "yusuf")
    assert {each.party for each in held if each.kind == "general_practitioner"}
    ended = contract("mina-saether") | {"validTo": "2026-11-20T00:00:00"}
    new = contract("knut-aasen", "2026-11-20T00:00:00")
    await change(world, Register.DOCTOR, person_id("yusuf"), "ContractChanged", contracts=[ended, new])
    await settled(world)
    found, held = await patient(world, "journal", "yusuf")
    assert found["generalPractitioner"][0]["identifier"]["value"] == new["generalPractitioner"]["hprNumber"]
    assert not [each for each in held if each.kind == "general_practitioner"]
    _, held = await patient(world, "fjellheim", "yusuf")
    parties = {each.party.partition("/")[0] for each in held if each.kind == "general_practitioner"}
    assert parties == {"PractitionerRole", "Organization"}


async def test_a_contract_that_begins_later_takes_effect_when_it_begins(world, monkeypatch):
    ended = contract("mina-saether") | {"validTo": "2027-01-01T00:00:00"}
    later = contract("jonas-berg", "2027-01-01T00:00:00")
    await change(world, Register.DOCTOR, person_id("yusuf"), "ContractChanged", contracts=[ended, later])
    await settled(world, "journal")
    found, _ = await patient(world, "journal", "yusuf")
    assert found["generalPractitioner"][0]["display"].startswith("Mina")

    monkeypatch.setattr(follow, "now", lambda: datetime(2027, 1, 1, 1, tzinfo=UTC))
    await settled(world, "journal")
    found, _ = await patient(world, "journal", "yusuf")
    assert found["generalPractitioner"][0]["display"].startswith("Jonas")


async def test_a_register_that_is_down_is_followed_on_from_where_it_was(world):
    world.silent.add("samhandling")
    await withdraw(world)
    await settled(world, "journal", "sykehus")
    nurse = await world.sign_in("journal", "hanne-lunde")
    assert "Ingrid Haugen" in (await nurse.get(await chart(nurse, "journal", "Ingrid Haugen"))).text
    world.silent.clear()
    await settled(world, "journal")
    assert "Ingrid Haugen" not in (await nurse.get("/journal/pasienter")).text


async def test_somebody_new_here_is_asked_for_and_a_second_look_changes_nothing(world):
    journal = side(world, "journal")

    person = {
        "resourceType": "Patient",
        "identifier": [{"system": FNR, "value": NUMBERS["tor"]}],
        "name": [{"text": "Tor"}],
    }
    async with opened(journal.place, NODE_ITSELF) as ctx:
        await gate.create(ctx, person)
    await settled(world, "journal")
    found, _ = await patient(world, "journal", "tor")
    assert found["name"][0]["family"] == "Nilsen"
    async with journal.place.database.transaction(read_only=True, reader=OWNER) as tx:
        mark = await events.latest(tx)
    await settled(world, "journal")
    async with journal.place.database.transaction(read_only=True, reader=OWNER) as tx:
        after = [each.topic for each in await events.after(tx, mark)]
    assert not [topic for topic in after if topic.startswith("Patient")]


async def test_an_entry_that_cannot_be_taken_does_not_hold_up_the_others(world, monkeypatch):
    """The first of two fails for whatever reason; the second is taken, and the first again later."""
    real, failing = taken.person, {person_id("astrid")}

    def once(resource, found):
        if found["id"] in failing:
            raise Unprocessable("no")
        return real(resource, found)

    monkeypatch.setattr(taken, "person", once)
    for key in ("astrid", "lukas"):
        await change(
            world, Register.PERSON, person_id(key), "ChangeInDeath", death=[{"dateOfDeath": "2026-11-22"}]
        )
    await settled(world, "journal")
    assert "deceasedDateTime" not in (await patient(world, "journal", "astrid"))[0]
    assert "deceasedDateTime" in (await patient(world, "journal", "lukas"))[0]
    failing.clear()
    monkeypatch.setattr(follow, "now", lambda: now() + timedelta(minutes=2))
    await settled(world, "journal")
    assert "deceasedDateTime" in (await patient(world, "journal", "astrid"))[0]
