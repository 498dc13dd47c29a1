"""Who can read a patient besides those with a care relation: emergencies, attests, errands, representatives, apps."""

import re
from datetime import timedelta

import pytest
from tests.apps.client import Client, service
from tests.apps.client import register as registered
from tests.exchange.asking import PIDS, side
from tests.exchange.forms import chart, csrf
from tests.exchange.test_access_log import words
from tests.exchange.test_consent import closed_chart, end, send
from tests.exchange.test_emergency import HPR
from tests.exchange.test_emergency import opened as opened_in_emergency
from tests.exchange.test_follow import NUMBERS, settled
from tests.exchange.test_privacy import within_limit

from akson.apps import grants
from akson.kit.clock import now
from akson.record.context import NODE_ITSELF, opened
from akson.record.who_can_besides import Way, besides
from akson.store.access import attorneys, blocks
from akson.store.access.attorneys import Told
from akson.store.database.reader import OWNER
from akson.store.scope_holds import Block

pytestmark = pytest.mark.store


async def told(world, key="ingrid", day=""):
    """What the privacy officer reads about who can read somebody."""
    officer = await world.sign_in("journal", "anne-grete-rud")
    page = await officer.get("/journal/logg/tilgang")
    asked = {"csrf_token": csrf(page.text), "number": NUMBERS[key], "day": day}
    answer = await officer.post("/journal/logg/tilgang", data=asked)
    assert answer.status_code == 200, answer.text
    assert NUMBERS[key] not in answer.text
    return words(answer.text)


async def found(world, key, at):
    async with opened(side(world, "journal").place, NODE_ITSELF) as ctx:
        patient = await side(world, "journal").people.patient(ctx.tx, NUMBERS[key])
        return await besides(ctx, patient["id"], at)


async def test_a_record_opened_in_an_emergency_is_told_with_its_reason_until_it_ends(world):
    assert "Silje Aune" not in await told(world)
    browser, path, _ = await opened_in_emergency(world)
    said = await told(world)
    assert "Silje Aune, helsesykepleier" in said
    assert re.search(r"nødåpning: «Falt om på gata, trenger medisinliste», til i (dag|morgen) kl\.", said)
    assert "Silje Aune" not in await told(world, day=(now() - timedelta(days=1)).date().isoformat())
    page = await browser.get(path)
    await browser.post(f"{path}/nodapning/avslutt", data={"csrf_token": csrf(page.text)})
    assert "Silje Aune" not in await told(world)


async def test_an_opening_by_consent_is_told_of_those_it_is_for_until_it_ends(world):
    hanne, path, ingrid = await closed_chart(world)
    shut = await told(world)
    assert not {each for each in ("Hanne Lunde", "Amir Khan") if each in shut}
    await send(hanne, path, way="muntlig", said="ja")
    said = await told(world)
    assert "Hanne Lunde, hjemmesykepleier" in said
    assert re.search(r"Pasienten har åpnet det som var sperret, til i (dag|morgen) kl\.", said)
    assert "Amir Khan" not in said, "the colleague of the unit was not named"
    assert "har åpnet det som var sperret" not in await told(
        world, day=(now() - timedelta(days=1)).date().isoformat()
    )
    await end(ingrid)

    async def closed_again():
        return "Hanne Lunde" not in await told(world)

    await within_limit(closed_again)


async def test_who_came_by_an_attest_stands_for_the_hour_that_it_lasts_and_not_when_closed_out(world, live):
    doctor = await world.sign_in("sykehus", "ola-strand")
    here = await chart(doctor, "sykehus", "Ingrid Haugen")
    assert (await doctor.get(f"{here}/dokumenter/andre")).status_code == 200
    said = await told(world)
    assert "Uten stilling her" in said
    assert "Ola Strand" in said
    assert re.search(r"Attest fra egen virksomhet, til i (dag|morgen) kl\.", said)
    assert [each.name for each in await found(world, "ingrid", now())] == ["Ola Strand"]
    assert await found(world, "ingrid", now() + timedelta(minutes=61)) == []
    assert await found(world, "ingrid", now() - timedelta(minutes=10)) == []
    each = side(world, "journal")
    async with each.place.database.transaction(reader=OWNER) as tx:
        patient = await each.people.patient(tx, NUMBERS["ingrid"])
        start, end = now() - timedelta(days=1), now() + timedelta(days=1)
        row = Block(frozenset({f"hpr:{HPR['ola-strand']}"}), start, end)
        await blocks.replace(tx, "rule", 1, patient["id"], [row])
    assert await found(world, "ingrid", now()) == []


async def test_parents_and_who_holds_a_power_are_told(world):
    await settled(world, "journal")
    said = await told(world, "noah")
    assert "Kristine Eriksen" in said
    assert "Foreldreansvar" in said
    begins = now()
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        high = now() + timedelta(days=30)
        await attorneys.keep(tx, Told("a", 1, PIDS["ingrid"], PIDS["olav"], ["journal"], high))
        await attorneys.keep(tx, Told("b", 1, PIDS["ingrid"], PIDS["thomas"], ["personvern"], high))
    said = await told(world)
    assert "En person med fullmakt" in said
    assert said.count("Fullmakt, til og med") == 1, "a power for something else opens nothing of the record"
    assert [each.way for each in await found(world, "ingrid", begins - timedelta(minutes=1))] == []
    assert [each.way for each in await found(world, "ingrid", now())] == [Way.POWER]


async def test_apps_of_those_who_can_read_and_services_are_told_until_they_end(world):
    nurse = await world.sign_in("journal", "hanne-lunde")
    client = Client(world, *await registered(side(world, "journal"), name="Vekstapp"))
    await client.tokens(nurse, "offline_access user/Observation.rs")
    await service(world, name="Rapporten")
    said = await told(world)
    assert "Vekstapp" in said
    assert "App som Hanne Lunde bruker, siden i dag kl." in said
    assert "Rapporten" in said
    assert "Tjeneste som er godkjent her, siden i dag kl." in said
    async with side(world, "journal").place.database.transaction(reader=OWNER) as tx:
        await grants.end_all(tx, client.app.id)
    said = await told(world)
    assert "Vekstapp" not in said
    assert "Rapporten" in said
