"""Statements that are sent with the next one: begin, and what nobody waits for. Nothing of them is lost, or done without the rest."""

import psycopg
import pytest

from akson.store.underway import keep

pytestmark = pytest.mark.store
ADD = "insert into keep (kind, key, value, expires) values ('t', %s, '{}', now() + interval '1 hour')"


async def kept(database):
    async with database.transaction() as tx:
        return sorted(await keep.find(tx, "t"))


async def test_what_is_put_off_goes_with_the_next_statement_and_is_seen_by_it(database):
    async with database.transaction() as tx:
        await tx.later(ADD, ["a"])
        await tx.later(ADD, ["b"])
        assert await tx.fetch("select key from keep where kind = 't' order by key") == [("a",), ("b",)]
    assert await kept(database) == ["a", "b"]


@pytest.mark.parametrize("way", ["transaction", "singly"])
async def test_what_nothing_follows_goes_with_the_end(database, way):
    async with getattr(database, way)() as tx:
        await tx.later(ADD, ["a"])
    assert await kept(database) == ["a"]


@pytest.mark.parametrize("way", ["transaction", "singly"])
async def test_an_error_leaves_nothing_of_it(database, way):
    async def fail():
        async with getattr(database, way)() as tx:
            await tx.later(ADD, ["a"])
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        await fail()
    assert await kept(database) == []


async def test_what_is_wrong_with_it_is_told_at_the_end_and_undoes_the_rest(database):
    async def fail():
        async with database.transaction() as tx:
            await tx.execute(ADD, ["before"])
            await tx.later("select 1 / %s::bigint", [0])
            await tx.later(ADD, ["after"])

    with pytest.raises(psycopg.errors.DivisionByZero):
        await fail()
    assert await kept(database) == []
    async with database.transaction() as tx:
        assert await tx.one("select 1") == (1,)


async def test_a_wrong_first_statement_leaves_no_open_transaction(database):
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with database.transaction() as tx:
            await tx.one("select 1 / %s::bigint", [0])
    async with database.singly() as tx:
        row = await tx.one("select count(*) from pg_stat_activity where state like 'idle in transaction%'")
    assert row == (0,)


async def test_a_savepoint_undoes_what_was_put_off_within_it_and_no_more(database):
    async def fail(tx):
        async with tx.savepoint():
            await tx.later(ADD, ["undone"])
            raise ValueError("part")

    async with database.transaction() as tx:
        await tx.later(ADD, ["kept"])
        with pytest.raises(ValueError, match="part"):
            await fail(tx)
        async with tx.savepoint():
            await tx.later(ADD, ["too"])
    assert await kept(database) == ["kept", "too"]


async def test_copying_comes_after_what_was_put_off(database):
    async with database.transaction() as tx:
        await tx.later("create temporary table copied (n bigint) on commit drop")
        await tx.copy("copy copied from stdin", [b"7\n"])
        assert await tx.one("select n from copied") == (7,)
