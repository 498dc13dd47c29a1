"""Commits that wait for the disk together: nobody goes on before it is there, and many go on by one wait."""

import asyncio

import pytest
import pytest_asyncio

from akson.kit.errors import Unavailable
from akson.store.database.commits import Commits
from akson.store.database.pool import Database
from akson.store.database.reader import NOBODY, NODE, OWNER
from akson.store.underway import keep

pytestmark = pytest.mark.store
ADD = "insert into keep (kind, key, value, expires) values ('t', %s, '{}', now() + interval '1 hour')"


async def is_on_disk(database, key, *, fail=False):
    """Add a row; whether all that was written until then is on disk once the transaction is over."""
    async with database.transaction(together=True) as tx:
        await tx.later(ADD, [key])
        (written,) = await tx.one("select pg_current_wal_insert_lsn()::text")
        if fail:
            raise ValueError(key)
    async with database.singly() as tx:
        return await tx.one("select pg_current_wal_flush_lsn() >= %s::text::pg_lsn", [written]) == (True,)


@pytest_asyncio.fixture
async def waiting(database):
    """The database with commits that wait for the disk, as they do outside of tests."""
    async with database.singly() as tx:
        (name,) = await tx.one("select quote_ident(current_database())")
        await tx.execute(f"alter database {name} set synchronous_commit = on")
    opened = Database(database.uri, 8, reader=OWNER)
    await opened.open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def acting(waiting):
    """The same, where it is told who reads."""
    opened = Database(waiting.uri, 20, reader=NOBODY)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def flushed(waiting):
    """Counts how often it was waited for the disk."""
    times = []
    flush = waiting.commits._flush

    async def counted():
        times.append(1)
        await flush()

    waiting.commits = Commits(counted)
    return times


async def test_each_is_on_disk_when_it_goes_on_and_many_by_one_wait(waiting, flushed):
    keys = [str(number) for number in range(24)]
    assert all(await asyncio.gather(*[is_on_disk(waiting, key) for key in keys]))
    assert 1 <= len(flushed) <= 12
    async with waiting.transaction() as tx:
        assert sorted(await keep.find(tx, "t")) == sorted(keys)


async def test_who_is_alone_waits_alone(waiting, flushed):
    assert await is_on_disk(waiting, "a")
    assert flushed == []


async def test_what_fails_leaves_nothing_and_keeps_nobody_waiting(waiting, flushed):
    tries = [is_on_disk(waiting, str(number), fail=number % 2 == 0) for number in range(8)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert [each is True for each in found] == [False, True] * 4
    async with waiting.transaction() as tx:
        assert sorted(await keep.find(tx, "t")) == ["1", "3", "5", "7"]


async def test_nobody_goes_on_when_the_disk_was_not_reached(waiting):
    async def broken():
        raise Unavailable("the database does not answer")

    whole, waiting.commits = waiting.commits, Commits(broken)
    found = await asyncio.gather(*[is_on_disk(waiting, key) for key in "abcd"], return_exceptions=True)
    # The last of them to commit may be alone by then, and wait by itself.
    assert sum(isinstance(each, Unavailable) for each in found) >= 3
    waiting.commits = whole
    assert await is_on_disk(waiting, "e")


async def test_the_wait_for_the_disk_gets_a_connection_before_those_who_only_begin(waiting):
    narrow = Database(waiting.uri, 1, reader=OWNER)
    await narrow.open()
    told = []

    async def look(number):
        async with narrow.transaction(together=True) as tx:
            told.append(f"begun {number}")
            await tx.later(ADD, [str(number)])
        told.append(f"done {number}")

    try:
        await asyncio.gather(*[look(number) for number in range(60)])
    finally:
        await narrow.close()
    assert told.index("done 0") < told.index("begun 59")


COUNTED = (
    "with told as (insert into keep (kind, key, value, expires) values ('t', %s, '{}', now() + interval '1 hour'))"
    " select current_setting('role'), %s::text"
)


async def by_itself(database, key, error=None):
    """Add a row by a statement that is all there is to a transaction; whether that was on disk when the block was left."""
    written = ""
    try:
        async with database.transaction(together=True, reader=NODE) as tx:
            assert tx.may_be_whole
            assert await tx.whole(COUNTED, [key, key]) == ("akson_node", key)
            async with database.singly() as other:
                (written,) = await other.one("select pg_current_wal_insert_lsn()::text")
                assert key in await keep.find(other, "t")  # it is committed with its answer
            if error:
                raise error
    except ValueError:
        pass
    async with database.singly() as tx:
        return await tx.one("select pg_current_wal_flush_lsn() >= %s::text::pg_lsn", [written]) == (True,)


@pytest.mark.parametrize("error", [None, ValueError()], ids=["well", "error"])
async def test_a_statement_that_is_a_transaction_by_itself_is_on_disk_also_when_an_error_follows(
    acting, error
):
    tries = [by_itself(acting, str(number), error) for number in range(8)]
    async with acting.transaction(together=True):  # nobody is alone, and waits by itself
        assert all(await asyncio.gather(*tries))
    async with acting.singly(NODE) as tx:
        assert len(await keep.find(tx, "t")) == 8


async def test_what_follows_it_is_a_transaction_that_knows_who_reads_and_is_undone_by_an_error(acting):
    async def look():
        async with acting.transaction(together=True, reader=NODE) as tx:
            await tx.whole(COUNTED, ["a", "a"])
            assert tx.may_be_whole
            assert await tx.one("select current_setting('role')") == ("akson_node",)
            assert not tx.may_be_whole
            await tx.later(ADD, ["b"])
            raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        await look()
    async with acting.singly(NODE) as tx:
        assert set(await keep.find(tx, "t")) == {"a"}
        assert await tx.one("select current_setting('role')") == ("akson_node",)


async def test_only_a_transaction_that_looks_and_was_asked_nothing_may_be_whole(acting):
    async with acting.transaction(reader=NODE) as tx:
        assert not tx.may_be_whole
    async with acting.transaction(together=True, reader=NODE) as tx:
        async with tx.savepoint():
            assert not tx.may_be_whole
            await tx.later(ADD, ["a"])
        await tx.take_time(1)
    async with acting.transaction(together=True) as tx:
        assert tx.may_be_whole  # a connection that was given back knows nothing of before
        assert set(await keep.find(tx, "t")) == {"a"}


async def test_a_transaction_in_which_nothing_is_asked_asks_nothing(acting):
    async with acting.transaction():
        pass
    async with acting.singly(NODE) as tx:
        link = tx._link
        assert not link.in_transaction
        assert link.begin == ""
