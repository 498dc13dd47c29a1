"""The data hotel: what record systems tell, how it is kept, and what it never shows."""

import asyncio
from urllib.parse import urlencode

import pytest
from tests.exchange.asking import PIDS, ask, attested_nurse, side

from akson.fhir.model import coding
from akson.fhir.strict_json import loads
from akson.kit.norwegian import FNR
from akson.record import erasing, gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.entry_marks import MARK, WRITER
from akson.store.database.reader import NODE
from akson.store.index.hashing import patient_number
from akson.store.underway import hotel

pytestmark = pytest.mark.store

COPY = "akson:samhandling/hotell"


async def patient_at(world, node, key):
    there = side(world, node)
    async with there.place.database.transaction(read_only=True, reader=NODE) as tx:
        return (await there.people.patient(tx, PIDS[key]))["id"]


async def written(world, node, resource):
    """As the node itself writes it; told to the hotel."""
    async with opened(side(world, node).place, NODE_ITSELF) as ctx:
        await gate.update(ctx, resource)


async def copies(world, key, kind):
    """The copies of one type about a person, as the platform itself sees them."""
    hub = side(world, "samhandling")
    number = patient_number(await patient_at(world, "samhandling", key))
    async with hub.place.database.transaction(read_only=True, reader=NODE) as tx:
        rows = await tx.fetch(
            "select id from resource where pat = %s and type = %s and not deleted and id like '%%.%%'",
            [number, kind],
        )
    return {row[0] for row in rows}


async def until(probe):
    for _ in range(200):
        if await probe():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come about")


def condition(patient, id_, **more):
    return {
        "resourceType": "Condition",
        "id": id_,
        "code": {"text": "Eksem"},
        "subject": {"reference": f"Patient/{patient}"},
        "recorder": {"reference": "Practitioner/x", "display": "Ola Strand"},
    } | more


@pytest.mark.proves("I2", "P5")
async def test_what_is_written_is_copied_and_what_is_taken_away_goes(world):
    patient = await patient_at(world, "sykehus", "olav")
    await written(world, "sykehus", condition(patient, "eksem"))
    await until(lambda: is_there(world, "sykehus.eksem"))
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        copy = (await gate.read(ctx, "Condition", "sykehus.eksem")).body
    assert b'"source":"http://localhost:8000/sykehus/fhir/Condition/eksem"' in copy
    assert b'"reference":"http://localhost:8000/sykehus/fhir/Practitioner/x"' in copy
    async with opened(side(world, "sykehus").place, NODE_ITSELF) as ctx:
        await gate.delete(ctx, "Condition", "eksem")
    await until(lambda: is_gone(world, "sykehus.eksem"))


async def is_there(world, id_):
    return id_ in await copies(world, "olav", "Condition")


async def is_gone(world, id_):
    return id_ not in await copies(world, "olav", "Condition")


async def test_what_is_erased_is_erased_from_the_hotel(world):
    patient = await patient_at(world, "sykehus", "olav")
    await written(world, "sykehus", condition(patient, "eksem"))
    await until(lambda: is_there(world, "sykehus.eksem"))
    async with opened(side(world, "sykehus").place, NODE_ITSELF) as ctx:
        await erasing.erase(ctx, erasing.What.INSTANCE, "Condition", "eksem")
    await until(lambda: is_gone(world, "sykehus.eksem"))
    async with side(world, "samhandling").place.database.transaction(read_only=True, reader=NODE) as tx:
        assert await tx.fetch("select 1 from history where id = 'sykehus.eksem'") == []


@pytest.mark.proves("J20")
async def test_what_its_writer_does_not_share_is_not_copied_and_the_source_is_asked(world):
    patient = await patient_at(world, "sykehus", "olav")
    marks = {"security": [coding(MARK, "unit"), coding(WRITER, "hpr:1")]}
    await written(world, "sykehus", condition(patient, "hemmelig", meta=marks))
    await written(world, "sykehus", condition(patient, "aapen"))
    await until(lambda: is_there(world, "sykehus.aapen"))
    assert await is_gone(world, "sykehus.hemmelig")
    number = patient_number(await patient_at(world, "samhandling", "olav"))
    async with side(world, "samhandling").place.database.transaction(read_only=True, reader=NODE) as tx:
        assert (await hotel.located(tx, number))["sykehus"] is True


async def test_only_a_record_system_tells_and_only_of_its_own(world):
    url = f"{world.base}/samhandling/hotell"
    answer = await ask(world, "journal", url, scope="akson:samhandling/fhir", method="POST", json={})
    assert answer.status_code == 403
    patient = await patient_at(world, "sykehus", "olav")
    news = {"changed": [condition(patient, "eksem")], "people": {patient: PIDS["olav"]}}
    taken = await ask(world, "journal", url, scope=COPY, method="POST", json=news)
    assert taken.status_code == 200
    assert await is_there(world, "journal.eksem")
    assert await is_gone(world, "sykehus.eksem")


WRONG = (
    [],
    {"changed": {}},
    {"changed": [{"resourceType": "Condition"}]},
    {"changed": [condition("nobody", "a")]},
    {"people": {"a": 1}},
    {"gone": "a"},
    {"inventory": {"x": []}},
)


async def test_what_cannot_be_read_is_refused_whole(world):
    for news in WRONG:
        url = f"{world.base}/samhandling/hotell"
        answer = await ask(world, "journal", url, scope=COPY, method="POST", json=news)
        assert answer.status_code in {400, 422}, (news, answer.text)
        assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.proves("I9", "P4")
async def test_a_foreign_system_asks_all_records_by_plain_fhir(world):
    nurse = await attested_nurse(world, await world.sign_in("journal", "hanne-lunde"), "olav")
    form = {"patient.identifier": f"{FNR}|{PIDS['olav']}", "category": "vital-signs"}
    url = f"{world.base}/samhandling/oppslag/Observation/_search"
    head = {"content-type": "application/x-www-form-urlencoded"}
    answer = await nurse("POST", url, content=urlencode(form).encode(), headers=head)
    assert answer.status_code == 200, answer.content
    sources = {entry["fullUrl"].split("/")[3] for entry in loads(answer.content)["entry"]}
    assert sources == {"sykehus"}  # her own system has its own at hand, and Fjellheim has none
    wrong = await nurse("POST", url, content=urlencode(form | {"colour": "red"}).encode(), headers=head)
    assert wrong.status_code == 400
    other = await nurse(
        "POST",
        url,
        content=urlencode({"patient.identifier": f"{FNR}|{PIDS['ingrid']}"}).encode(),
        headers=head,
    )
    assert other.status_code in {403, 404}
