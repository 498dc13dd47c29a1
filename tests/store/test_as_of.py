"""A resource as it was, for the time of one search; afterwards nothing has happened."""

import pytest

from akson.fhir.extract import extract
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.store.record import resources
from akson.store.record.as_of import as_of, present_versions
from akson.store.scope import NODE
from akson.store.search import statements

pytestmark = pytest.mark.store


def patient(family):
    return {"resourceType": "Patient", "id": "p", "name": [{"family": family}]}


async def found(tx, criteria):
    page = await statements.search(tx, NODE, parse("Patient", [criteria], base=""))
    return [(each.id, each.version, loads(each.body)["name"][0]["family"]) for each in page.matches]


async def everything(tx):
    tables = ("resource", "history", "idx_token", "idx_string", "event")
    return [await tx.fetch(f"select * from {table} t order by t::text") for table in tables]


@pytest.fixture
async def old(database):
    """The first of two versions."""
    async with database.transaction() as tx:
        first = await resources.create(tx, patient("Lie"), extract(patient("Lie")))
        await resources.update(tx, NODE, patient("Berg"), extract(patient("Berg")))
    return first


@pytest.mark.parametrize("is_deleted", [False, True])
async def test_it_is_found_by_what_it_was_and_by_nothing_else(database, old, is_deleted):
    async with database.transaction() as tx:
        if is_deleted:
            await resources.delete(tx, NODE, "Patient", "p")
    async with database.transaction() as tx:
        before = await everything(tx)
        async with as_of(tx, old, loads(old.body), extract(patient("Lie"))):
            assert await found(tx, ("family", "Lie")) == [("p", 1, "Lie")]
            assert await found(tx, ("family", "Berg")) == []
            assert await found(tx, ("_id", "p")) == [("p", 1, "Lie")]
        assert await everything(tx) == before
    async with database.transaction() as tx:
        assert await everything(tx) == before
        assert await present_versions(tx, NODE, "Patient", ["p", "q"]) == (
            set() if is_deleted else {("p", 2)}
        )


async def test_an_error_inside_leaves_nothing_either(database, old):
    async with database.transaction() as tx:
        before = await everything(tx)
        with pytest.raises(ValueError, match="inside"):
            async with as_of(tx, old, loads(old.body), extract(patient("Lie"))):
                raise ValueError("inside")
        assert await everything(tx) == before
