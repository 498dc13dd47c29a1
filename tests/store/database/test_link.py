"""A connection at the level of libpq: what a statement gives, and what happens when something goes wrong in between."""

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest

from akson.kit.errors import AksonError, Contended, Unavailable
from akson.store.database.link import PREPARED, Link
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER

pytestmark = pytest.mark.store


@pytest.fixture
async def link(new_database):
    connection = await psycopg.AsyncConnection.connect(new_database(), autocommit=True)
    made = Link(connection)
    yield made
    made.rest()
    await connection.close()


@pytest.mark.parametrize("prepare", [True, False])
async def test_values_come_back_as_they_went(link, prepare):
    moment = datetime(2026, 11, 26, 8, 5, tzinfo=UTC)
    values = [7, "æøå %", b"\x00\xff", True, 1.5, moment, None, [2**62, -1], ["a", None]]
    sql = (
        "select %s::bigint, %s::text, %s::bytea, %s::boolean, %s::float8, %s::timestamptz, %s::text,"
        " %s::bigint[], %s::text[], 'a' like '%%'"
    )
    result = await link.run(sql, values, prepare=prepare)
    assert link.rows(result) == [(*values, True)]


async def test_an_answer_larger_than_any_buffer_and_a_question_as_large(link):
    large = "x" * 30_000_000
    result = await link.run("select %s::text from generate_series(1, 2)", [large])
    assert [len(row[0]) for row in link.rows(result)] == [30_000_000] * 2


async def test_the_statements_kept_prepared_are_bounded(link):
    for number in range(PREPARED + 20):
        await link.run(f"select {number}")
    kept = link.rows(await link.run("select count(*) from pg_prepared_statements"))
    assert kept[0][0] <= PREPARED
    assert link.rows(await link.run("select 0")) == [(0,)]


async def test_a_failed_statement_raises_its_own_error_and_the_connection_goes_on(link):
    with pytest.raises(psycopg.errors.DivisionByZero):
        await link.run("select 1 / %s::bigint", [0])
    with pytest.raises(psycopg.errors.SyntaxError):
        await link.script("selec 1")
    assert link.rows(await link.run("select 1")) == [(1,)]


async def test_an_interrupted_wait_closes_the_connection_and_no_other_gets_its_answer(database):
    async def sleep():
        async with database.transaction() as tx:
            await tx.fetch("select pg_sleep(20)")

    waiting = asyncio.create_task(sleep())
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    for number in range(20):
        async with database.transaction() as tx:
            assert await tx.one("select %s::bigint", [number]) == (number,)


async def test_a_server_that_ends_the_connection_is_noticed_before_the_next_question(database, new_database):
    async with database.transaction() as tx:
        mine = (await tx.one("select pg_backend_pid()"))[0]
    with psycopg.connect(database.uri, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [mine])
    await asyncio.sleep(0.1)
    async with database.transaction() as tx:
        assert (await tx.one("select pg_backend_pid()"))[0] != mine


async def test_who_waits_longest_gets_the_next_connection_and_who_waits_too_long_is_told(new_database):
    database = Database(new_database(), 1, wait=0.5, reader=OWNER)
    await database.open()
    order = []

    async def use(name, seconds):
        async with database.singly() as tx:
            await tx.fetch(f"select pg_sleep({seconds})")
            order.append(name)

    await asyncio.gather(*[use(number, 0.05) for number in range(4)])
    assert order == [0, 1, 2, 3]
    holding = asyncio.create_task(use("long", 1.2))
    await asyncio.sleep(0.1)
    with pytest.raises(Unavailable):
        await use("late", 0)
    await holding
    await use("after", 0)
    await database.close()


async def test_one_who_stops_waiting_does_not_take_the_connection_along(new_database):
    database = Database(new_database(), 1, reader=OWNER)
    await database.open()

    async def use(seconds):
        async with database.singly() as tx:
            await tx.fetch(f"select pg_sleep({seconds})")

    holding = asyncio.create_task(use(0.3))
    await asyncio.sleep(0.05)
    waiting = asyncio.create_task(use(0))
    await asyncio.sleep(0.05)
    waiting.cancel()
    await holding
    await asyncio.wait_for(use(0), 5)
    await database.close()


async def keep(tx, name):
    await tx.execute("insert into secret (name, value) values (%s, 'b')", [name])


async def test_a_transaction_that_fell_is_never_taken_for_committed(database):
    async def passes_over():
        async with database.transaction() as tx:
            await keep(tx, "a")
            with pytest.raises(psycopg.errors.UniqueViolation):
                await keep(tx, "a")

    with pytest.raises(AksonError, match="undone"):
        await passes_over()


async def test_a_savepoint_undoes_its_own_part_only(database):
    async def both(tx):
        async with tx.savepoint():
            await keep(tx, "gone")
            await keep(tx, "kept")

    async with database.transaction() as tx:
        await keep(tx, "kept")
        with pytest.raises(psycopg.errors.UniqueViolation):
            await both(tx)
        async with tx.savepoint():
            await keep(tx, "more")
    async with database.transaction(read_only=True) as tx:
        rows = await tx.fetch("select name from secret where name <> 'cursor' order by name")
    assert [row[0] for row in rows] == ["kept", "more"]
    with pytest.raises(Contended):
        async with database.transaction() as tx:
            await keep(tx, "kept")
    async with database.transaction() as tx:
        await tx.execute("delete from secret where name <> 'cursor'")


async def test_a_server_that_hangs_up_on_a_connection_at_rest_leaves_no_error_and_no_watch(link):
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: complaints.append(told))
    mine = link.rows(await link.run("select pg_backend_pid()"))[0][0]
    with psycopg.connect(link.connection.info.dsn, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [mine])
    async with asyncio.timeout(10):
        while not link.closed:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.1)
    link.rest()
    assert complaints == []


async def test_a_connection_that_comes_back_after_the_close_is_closed_too(new_database):
    opened = Database(new_database(), 2)
    await opened.open()
    kept, free = await opened.take(), await opened.take()
    opened.give(free)
    await opened.close()
    assert free.closed
    assert not kept.closed
    opened.give(kept)
    await asyncio.sleep(0.1)
    assert kept.closed
