"""Everything of a patient through the one door: only what the scope holds, and one row in the access log."""

import pytest

from akson.kit.errors import NotFound
from akson.record import gate, whole
from akson.record.context import NODE_ITSELF, opened
from akson.record.whole import Told
from akson.store.access import audit
from akson.store.operations.whole import Whole
from tests.record.making import BASE, INGRID, NURSE, condition, journal, treated

pytestmark = pytest.mark.store


@pytest.fixture
async def place(database):
    made = journal(database)
    async with opened(made, NODE_ITSELF) as ctx:
        for name in ("ingrid", "per"):
            await gate.update(ctx, {"resourceType": "Patient", "id": name})
            for number in range(3):
                await gate.update(ctx, condition(f"c-{name}-{number}", name))
        await gate.update(ctx, {"resourceType": "Organization", "id": "nord", "name": "Nord"})
        await gate.update(ctx, treated())
        # Names Ingrid, but is about Per: outside the scope of those who treat Ingrid.
        await gate.update(ctx, condition("asserted", "per", asserter={"reference": "Patient/ingrid"}))
    return made


async def walk(place, actor, patient, count=2):
    """All pieces of a patient's everything, each in a transaction of its own."""
    found, mark, told = [], None, None
    of = Whole("Patient", patient)
    while mark is not None or told is None:
        async with opened(place, actor) as ctx:
            told = told or Told(await whole.root(ctx, of), at_once=True)
            piece = await whole.everything(ctx, of, told, count=count, mark=mark)
        found += [stored.reference for stored in (*piece.found, *piece.supporting)]
        mark = piece.next
    return found


async def rows(place, patient):
    async with place.database.transaction() as tx:
        return [row for row in await audit.find(tx, patient=patient) if row.actor_kind != "node"]


@pytest.mark.parametrize("actor", [NURSE, INGRID])
async def test_the_scope_holds_and_one_row_is_written(place, actor):
    found = await walk(place, actor, "ingrid")
    assert set(found) == {
        "EpisodeOfCare/e", "Organization/nord", *(f"Condition/c-ingrid-{n}" for n in range(3)),
    }  # fmt: skip
    (row,) = await rows(place, "ingrid")
    assert (row.action, row.type, row.id, row.count) == ("search", "Patient", "ingrid", 5)
    assert await rows(place, "per") == []


async def test_the_node_sees_what_names_the_patient_too(place):
    assert "Condition/asserted" in await walk(place, NODE_ITSELF, "ingrid")


async def test_a_patient_that_is_hidden_is_not_found(place):
    with pytest.raises(NotFound):
        await walk(place, INGRID, "per")
    with pytest.raises(NotFound):
        await walk(place, INGRID, "nobody")


async def test_a_search_of_all_types_holds_what_each_type_grants(place):
    from akson.fhir.search_parse import parse

    async with opened(place, NURSE) as ctx:
        page = await gate.search(ctx, parse("", [("_id", "c-ingrid-1,c-per-1,nord,e")], base=BASE))
    assert {stored.id for stored in page.matches} == {"c-ingrid-1", "nord", "e"}
