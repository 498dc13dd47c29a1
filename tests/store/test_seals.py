"""Seals over the access log: they fit what was written and break at any change."""

import asyncio
from hashlib import sha256

import orjson
import pytest

from akson.store.access import audit, seals
from akson.store.database.migrate import migrate, migrations
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
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
            "insert into audit overriding system value select (jsonb_populate_record(a, jsonb_build_object('number', 99, 'event', 'e'))).*"
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


OLD_ROW = """
insert into audit (pat, moment, actor_kind, actor_name, actor_id, practitioner, role, unit, organization,
    organization_name, client_id, node, action, purpose, granted, reason, basis, type, id, version, count, request_id)
values (7, '2026-11-01T12:00:00Z', 'personnel', 'Hanne', '', '', '', '', '', '', '', '', 'read', 'TREAT', true,
    'reason.care_relation', '', 'Condition', 'c1', 1, 1, 'r1')"""
OLD_COLUMNS = """
moment, actor_kind, action, purpose, granted, reason, actor_name, actor_id, practitioner, role, unit, organization,
organization_name, client_id, node, basis, pat, type, id, version, count, request_id"""


@pytest.fixture
async def sealed_before(bare_database):
    """A database of the version before decisions came into the log, with two rows under a seal of that version."""
    database = Database(bare_database, 2, reader=OWNER)
    await database.open()
    decision = next(each.number for each in migrations() if each.name == "audit_decision")
    await migrate(database, until=decision - 1)
    for _ in range(2):
        async with database.transaction() as tx:
            await tx.execute(OLD_ROW)
    async with database.transaction() as tx:
        hashed = sha256(bytes(32))
        for row in await tx.fetch(f"select number, {OLD_COLUMNS} from audit order by xid, number"):
            hashed.update(orjson.dumps(list(row)))
        await tx.execute(
            "insert into audit_seal (after_xid, until_xid, number, digest)"
            " select '0', max(xid::text)::xid8, 2, %s from audit", [hashed.digest()],
        )  # fmt: skip
    await migrate(database)
    yield database
    await database.close()


async def test_what_was_sealed_by_an_older_version_still_fits_and_the_chain_goes_on(sealed_before):
    await write(sealed_before, 1, decision="d1")
    assert (await sealed(sealed_before)).number == 1
    async with sealed_before.transaction() as tx:
        assert await seals.broken(tx) is None
        await tx.execute("update audit set actor_name = 'Ola' where number = 1")
        assert await seals.broken(tx) == 1
