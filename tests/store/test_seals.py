"""Seals over the access log: they fit what was written and break at any change."""

import asyncio

import pytest

from akson.store.access import audit, seals
from tests.store.test_audit import row


async def write(database, number, **values):
    for _ in range(number):
        async with database.transaction() as tx:
            await audit.append(tx, row(**values))


async def sealed(database):
    async with database.transaction() as tx:
        return await seals.seal(tx)


async def test_seals_cover_every_row_once_and_fit(database):
    assert await sealed(database) is None
    await write(database, 3)
    first = await sealed(database)
    assert first.number == 3
    assert await sealed(database) is None
    await write(database, 2)
    second = await sealed(database)
    assert (second.number, second.digest != first.digest) == (2, True)
    async with database.transaction() as tx:
        assert await seals.broken(tx) is None
        assert await seals.latest(tx) == second


@pytest.mark.parametrize(
    "change",
    [
        "update audit set reason = 'reason.other' where number = 2",
        "delete from audit where number = 2",
        "insert into audit select * from audit where number = 2",
        "update audit_seal set digest = sha256('x') where id = 1",
        "delete from audit_seal where id = 1",
    ],
)
async def test_a_change_breaks_the_chain(database, change):
    if change.startswith("insert"):
        change = (
            "insert into audit overriding system value select (jsonb_populate_record(a, jsonb_build_object('number', 99))).*"
            " from audit a where number = 2"
        )
    await write(database, 3)
    await sealed(database)
    await write(database, 1)
    await sealed(database)
    async with database.transaction() as tx:
        assert await tx.execute(change) == 1
        assert await seals.broken(tx) is not None


async def test_a_row_of_a_slow_transaction_is_sealed_later_and_not_missed(database):
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        async with database.transaction() as tx:
            await audit.append(tx, row())
            started.set()
            await go_on.wait()

    task = asyncio.create_task(slow())
    await started.wait()
    await write(database, 2)
    before = await sealed(database)
    go_on.set()
    await task
    after = await sealed(database)
    assert (before.number if before else 0) + after.number == 3
    async with database.transaction() as tx:
        assert await seals.broken(tx) is None
