"""The access log as a tree: every row has one place, whatever the order in which transactions end."""

import asyncio
from datetime import timedelta

import pytest

from akson.kit import merkle
from akson.kit.clock import now
from akson.kit.merkle import consistency, extends, proof
from akson.store.access import audit, leaves
from akson.store.access.leaves import Broken, Head
from akson.store.database.arrays import blobs
from akson.store.database.migrate import migrate, migrations
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from tests.store.test_audit import row
from tests.store.test_seals import OLD_ROW


async def write(database, number, **values):
    for _ in range(number):
        async with database.transaction() as tx:
            await audit.append(tx, row(**values))


async def sealed(database, moment=None) -> Head | None:
    async with database.transaction() as tx:
        return await leaves.seal(tx, lambda size, root, _: f"{size} {root.hex()}", moment or now())


async def numbers(database):
    async with database.transaction() as tx:
        return [row[0] for row in await tx.fetch("select number from audit_leaf order by leaf")]


async def change(database, statement):
    async with database.transaction() as tx:
        assert await tx.execute(statement) >= 1, statement


async def test_each_row_has_one_leaf_and_each_checkpoint_the_root(database):
    assert await sealed(database) is None
    await write(database, 3)
    first = await sealed(database)
    assert (first.size, first.note) == (3, f"3 {first.root.hex()}")
    assert await sealed(database) is None
    await write(database, 4)
    second = await sealed(database)
    assert await numbers(database) == sorted(set(await numbers(database)))
    async with database.transaction() as tx:
        rows = await tx.fetch("select hash from audit_leaf order by leaf")
        assert merkle.root((0, 7), lambda level, place: by_hand(rows, level, place)) == second.root
        path = consistency(3, 7)
        steps = proof(path, await leaves.proven(tx, path))
        assert extends((3, first.root), (7, second.root), steps)
        assert await leaves.head(tx) == second


def by_hand(rows, level, place):
    """The hash of a subtree, from the leaves alone."""
    if level == 0:
        return bytes(rows[place][0])
    return merkle.parent(by_hand(rows, level - 1, 2 * place), by_hand(rows, level - 1, 2 * place + 1))


async def test_a_row_of_a_slow_transaction_is_sealed_when_it_ends(database, monkeypatch):
    monkeypatch.setattr(leaves, "MARGIN", 0)
    async with database.transaction() as slow:
        await audit.append(slow, row("slow"))
        # Rows go with the next statement.
        await slow.one("select 1")
        await write(database, 2)
        assert (await sealed(database)).size == 2
        await write(database, 1)
        assert (await sealed(database)).size == 3
    assert (await sealed(database)).size == 4
    # Out of the order of numbers, and never moved again.
    found = await numbers(database)
    assert found[-1] == min(found)
    await write(database, 1)
    assert (await sealed(database)).size == 5
    # Only what can still appear is looked at again.
    await write(database, 1)
    assert (await sealed(database)).settled == max(await numbers(database)) - 1


async def test_many_rows_are_sealed_at_once(database, monkeypatch):
    monkeypatch.setattr(leaves, "CHUNK", 2)
    await write(database, 9)
    assert (await sealed(database)).size == 9
    assert await sealed(database) is None


async def test_what_a_check_looks_for_is_there(database):
    async with database.transaction() as tx:
        assert await leaves.indexes(tx) == leaves.INDEXES


async def test_several_processes_seal_each_row_once(database):
    await write(database, 20)
    made = await asyncio.gather(*(sealed(database) for _ in range(4)))
    assert [each.size for each in made if each] == [20]


async def test_a_database_that_was_moved_goes_on(database):
    """In another cluster numbers of transactions begin anew, below those that stand in what was moved."""
    await write(database, 3)
    await sealed(database)
    await change(database, "update audit_checkpoint set horizon = '9000000000000'::xid8")
    await write(database, 2)
    assert (await sealed(database)).size == 5
    await write(database, 1)
    assert (await sealed(database)).size == 6


async def test_a_checkpoint_is_never_older_than_the_one_before(database):
    await write(database, 1)
    first = await sealed(database)
    await write(database, 1)
    assert (await sealed(database, now() - timedelta(days=1))).moment == first.moment


@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit_leaf where leaf = 4",
        "delete from audit_leaf where leaf = 3",
        "delete from audit_checkpoint",
        "update audit_leaf set hash = sha256('x') where leaf = 4",
        "update audit_leaf set above = sha256('x') || sha256('y') where leaf = 3",
        "update audit_checkpoint set root = sha256('x')",
    ],
)
async def test_nothing_is_signed_on_top_of_a_log_that_was_bent(database, statement):
    await write(database, 5)
    await sealed(database)
    await change(database, statement)
    await write(database, 1)
    with pytest.raises(Broken):
        await sealed(database)


async def test_a_column_that_comes_later_changes_no_older_leaf(database):
    """Columns of the log are empty in rows that were written before them."""
    async with database.transaction() as tx:
        defaults = await tx.fetch(
            "select column_name, column_default from information_schema.columns where table_name = 'audit'"
            " and column_default is not null and column_name not in ('number', 'xid', 'event')"
        )
    empty = ("''::text", "0", "false", "''::character varying")
    assert {name for name, default in defaults if default not in empty} == set()
    old = {"number": 1, "reason": "a", "granted": False, "count": 0, "unit": ""}
    assert leaves.form(old) == leaves.form(old | {"later": "", "number_later": 0, "xid": "7", "none": None})
    assert leaves.form(old) != leaves.form(old | {"later": "x"})
    assert leaves.form(old) == b'[1,{"number":1,"reason":"a"}]'


async def fits(database):
    """For each leaf, whether it commits to its row as that stands now."""
    async with database.transaction() as tx:
        found = await tx.fetch(
            "select l.salt, l.hash, to_jsonb(a) from audit_leaf l join audit a on a.number = l.number order by leaf"
        )
    return [leaves.commitment(bytes(salt), told) == bytes(kept) for salt, kept, told in found]


async def test_leaves_of_before_there_were_decisions_and_names_still_fit(bare_database):
    database = Database(bare_database, 2, reader=OWNER)
    await database.open()
    decision = next(each.number for each in migrations() if each.name == "audit_decision")
    await migrate(database, until=decision - 1)
    await change(database, OLD_ROW)
    assert (await sealed(database)).size == 1
    await migrate(database)
    await write(database, 1, decision="d1")
    assert (await sealed(database)).size == 2
    assert await fits(database) == [True, True]
    await change(database, "update audit set decision = 'd2', event = 'old-1' where decision <> ''")
    assert await fits(database) == [True, False]
    await database.close()


async def test_others_have_their_turn_while_many_rows_are_sealed(database, monkeypatch):
    monkeypatch.setattr(leaves, "PIECE", 7)
    commitment, turns, hashed = leaves.commitment, [0], []

    def noted(salt, row):
        hashed.append(turns[0])
        return commitment(salt, row)

    async def other():
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(leaves, "commitment", noted)
    await write(database, 30)
    task = asyncio.create_task(other())
    made = await sealed(database)
    task.cancel()
    assert (made.size, len(hashed)) == (30, 30)
    assert max(hashed.count(turn) for turn in hashed) == 7


async def test_salts_and_hashes_are_stored_as_they_are(database):
    rare = [b"", b"\0", bytes(range(256))]
    async with database.transaction() as tx:
        found = await tx.fetch("select * from unnest(%s::bytea[])", [blobs(rare)])
        assert [bytes(each) for (each,) in found] == rare
        assert await tx.fetch("select * from unnest(%s::bytea[])", [blobs([])]) == []
