"""The list of what meta elements hold: whole whatever became of the transactions, and asked in few steps."""

import asyncio
import json

import pytest

from akson.fhir.extract import extract
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from akson.store.operations import many
from akson.store.record import resources
from akson.store.record.resources import Write
from akson.store.scope import NODE, OfPatients, OfTypes, Scope

pytestmark = pytest.mark.store
PROFILE = "http://example.org/profile"


def tagged(code, **more):
    return {"resourceType": "Basic", "meta": {"tag": [{"system": "urn:x", "code": code}]}, **more}


async def create(tx, resource):
    return await resources.create(tx, resource, extract(resource))


async def tags(database, scope=NODE, kinds=("Basic",)):
    async with database.transaction(read_only=True) as tx:
        found = await many.metas(tx, scope, kinds)
    return [each["code"] for each in found.get("tag", ())]


async def undone(database):
    async with database.transaction() as tx:
        await create(tx, tagged("a"))
        await create(tx, tagged("a"))
        raise ZeroDivisionError


async def test_a_value_whose_first_writer_gave_up_is_known_from_the_next(database):
    one = Database(database.uri, 1, reader=OWNER)  # all on one connection, which remembers
    await one.open()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await undone(one)
    assert await tags(one) == []
    for _ in range(3):
        async with one.transaction() as tx:
            await create(tx, tagged("a"))
    assert await tags(one) == ["a"]
    async with one.transaction() as tx:
        assert (await tx.one("select count(*) from meta_value"))[0] == 1
        assert len(tx.seen) == 1
    await one.close()


async def test_who_writes_the_same_new_value_waits_for_nobody(database):
    both = asyncio.Barrier(2)

    async def write():
        async with database.transaction() as tx:
            await create(tx, tagged("new"))
            await asyncio.wait_for(both.wait(), 10)

    await asyncio.gather(write(), write())
    assert await tags(database) == ["new"]


async def test_what_is_outside_the_scope_is_not_told(database):
    async with database.transaction() as tx:
        await create(tx, tagged("of p", subject={"reference": "Patient/p"}))
        await create(tx, tagged("of q", subject={"reference": "Patient/q"}))
        await create(tx, {**tagged("other"), "resourceType": "Group"})
    mine = Scope(OfPatients(frozenset({"p"})), "test")
    assert await tags(database, mine) == ["of p"]
    assert await tags(database, mine, ()) == ["of p"]
    assert await tags(database, NODE, ()) == ["of p", "of q", "other"]
    assert await tags(database, Scope(OfTypes(frozenset({"Group"})), "test"), ()) == ["other"]


async def test_it_takes_few_steps_whatever_the_number_of_resources(database):
    """Also for a value that only the last of all has: its place in the index is known."""
    pages = []
    for last in (4000, 8000):
        async with database.transaction() as tx:
            for first in range(last - 4000, last, 1000):
                await resources.write_many(tx, [_write(n, last) for n in range(first, first + 1000)])
        async with database.transaction() as tx:
            await tx.script("analyze")
        async with database.transaction() as tx:
            statement = many.in_use(NODE, ["Basic"])
            [row] = await tx.fetch(
                "explain (analyze, buffers, format json) " + statement.text, statement.params, prepare=False
            )
        plan = row[0][0]["Plan"]
        assert "idx_token_hash" in json.dumps(plan)
        pages.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        rare = [f"rare {each}" for each in (4000, 8000) if each <= last]
        assert await tags(database) == ["a", "b", *rare]
    assert max(pages) < 60


def _write(number, last):
    code = f"rare {last}" if number == last - 1 else "ab"[number % 2]
    resource = tagged(code, id=f"b{number}")
    return Write("Basic", resource["id"], resource, extract(resource))
