"""Erasure through the one door: for who administers the node, and told in the access log."""

import pytest

from akson.kit.errors import NotFound
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.record.erasing import What, erase
from akson.record.refused import Refused
from akson.security.actor import Actor, Kind
from akson.store.access import audit, relations
from tests.record.making import ADMIN, INGRID, NURSE, condition, journal, treated
from tests.rest.operations.traces import places_of

pytestmark = pytest.mark.store


@pytest.fixture
async def place(database):
    made = journal(database)
    async with opened(made, NODE_ITSELF) as ctx:
        await gate.update(ctx, {"resourceType": "Patient", "id": "ingrid"})
        await gate.update(ctx, condition("c", "ingrid"))
        await gate.update(ctx, treated())
    return made


async def test_who_administers_erases_and_the_patient_can_see_it(place):
    async with opened(place, ADMIN) as ctx:
        erased = await erase(ctx, What.COMPARTMENT, "Patient", "ingrid")
    assert erased.resources == 3
    async with place.database.transaction() as tx:
        row = (await audit.find(tx, patient="ingrid"))[0]
        assert (row.action, row.type, row.count, row.client_id) == ("administer", "Patient", 3, "ops")
        assert await relations.of_patient(tx, "ingrid") == []


async def test_only_the_access_log_says_who_it_was(place):
    async with opened(place, ADMIN) as ctx:
        await erase(ctx, What.COMPARTMENT, "Patient", "ingrid")
    assert places_of(place.database.uri, "ingrid") == ["audit.id"]
    async with place.database.transaction() as tx:
        assert await tx.fetch("select topic, reference from event") == [("Patient.delete", "Patient")]


@pytest.mark.parametrize("actor", [NURSE, Actor(Kind.SYSTEM, client_id="other"), INGRID])
@pytest.mark.parametrize("what", [What.INSTANCE, What.VERSIONS])
async def test_nobody_else_erases(place, actor, what):
    with pytest.raises(Refused):
        async with opened(place, actor) as ctx:
            await erase(ctx, what, "Condition", "c")
    async with opened(place, NODE_ITSELF) as ctx:
        assert (await gate.read(ctx, "Condition", "c")).version == 1


async def test_what_is_not_there_is_not_found(place):
    with pytest.raises(NotFound):
        async with opened(place, ADMIN) as ctx:
            await erase(ctx, What.INSTANCE, "Condition", "none")
