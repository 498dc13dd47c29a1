"""The access log as the leaves of a Merkle tree: every row is given the next place when it is sealed, once and for good.

A leaf hides what it commits to behind a salt of its own, so that a row can be erased and the proofs of all others hold.
A place is given to each row that can be seen and has none, in whatever order transactions end; it survives a move to
another server, where numbers of transactions mean nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import orjson

from akson.kit.errors import AksonError, NotFound
from akson.kit.merkle import Place, Span, Subtree, Tree, subtrees
from akson.store.database.arrays import bigints, blobs
from akson.store.database.pool import Tx

FORM = 1
"""How a row is written before it is hashed; another way would be another number, in front of it."""
OLDER = "old-"
"""What begins the name of a row that stood before there were names (0021_audit_decision.sql)."""
SALT = 16
CHUNK = 2000
PIECE = 100
"""Rows that are hashed before others have their turn: requests that wait for more of them would be the slowest of all."""
MARGIN = 1000
"""Numbers below the last seen one that are looked at again: drawn, and their transaction without a number yet."""
MINUTES = 10
# Any constant, the same in all versions: one checkpoint is made at a time.
LOCK = 4_711_000_002
LAST = "select size, root, moment, note, settled from audit_checkpoint order by size desc limit 1"
SIZE = "select coalesce(max(leaf) + 1, 0) from audit_leaf"
# Numbers up to there cannot appear any more after this: whoever had drawn one when it was seen has ended.
OVER = """
select max(seen) from (select seen, horizon from audit_checkpoint order by size desc limit 100) c
where horizon <= pg_snapshot_xmin(pg_current_snapshot())"""
BEGIN = "select pg_snapshot_xmax(pg_current_snapshot())::text"
FRESH = """
select a.number, (to_jsonb(a) - 'xid')::text from audit a
where a.number > %s and a.number <= %s and not exists (select 1 from audit_leaf l where l.number = a.number)
order by a.number limit %s"""
HIGHEST = "select coalesce(max(number), 0) from audit"
ADD = """
insert into audit_leaf (leaf, number, salt, hash, above)
select * from unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[], %s::bytea[])"""
CHECKPOINT = """
insert into audit_checkpoint (size, root, moment, note, seen, horizon, settled)
values (%s, %s, %s, %s, %s, %s::text::xid8, %s)"""
PAGE = """
select l.leaf, l.number, l.salt, l.hash, l.above, (to_jsonb(a) - 'xid')::text
from audit_leaf l left join audit a on a.number = l.number where l.leaf > %s order by l.leaf limit %s"""
VALID = """
select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
where i.indrelid in ('audit'::regclass, 'audit_leaf'::regclass, 'audit_checkpoint'::regclass) and i.indisvalid"""
ROW = """
select (to_jsonb(a) - 'xid')::text, exists (select 1 from audit_leaf l where l.number = a.number)
from audit a where a.number = %s"""
EXISTS = "select to_regclass('audit_leaf') is not null and to_regclass('audit_checkpoint') is not null"
FORGET = "delete from audit where number = any(%s::bigint[])"
UNSALT = "update audit_leaf set salt = null where number = any(%s::bigint[])"
INDEXES = frozenset(
    {
        "audit_pkey", "audit_patient", "audit_number", "audit_event", "audit_moment", "audit_xid",
        "audit_leaf_pkey", "audit_leaf_number_key", "audit_checkpoint_pkey",
    }
)  # fmt: skip
"""By which entries are found, and stand once only."""
ERASED = "AuditEvent"
"""The type that an entry names which tells of the erasure of another."""
HASHES = "select leaf, hash, above from audit_leaf where leaf = any(%s::bigint[])"

Sign = Callable[[int, bytes, datetime], str]
"""From size, root and moment to the signed note."""


class Broken(AksonError):
    """The log in the database is not the one that its last checkpoint tells of."""


@dataclass(frozen=True, slots=True)
class Head:
    """The latest checkpoint."""

    size: int
    root: bytes
    moment: datetime
    note: str
    settled: int = 0
    """Rows with numbers up to there all have their leaf, and no more of them can appear."""


def form(row: Mapping[str, object]) -> bytes:
    """The one way to write a row (the names and values of its columns) that its leaf commits to.

    Columns that are empty are left out, so that a column which comes later changes no older row; and so is the name of a
    row that was made before rows had names.
    """
    told = {name: value for name, value in row.items() if value and name != "xid"}
    if str(told.get("event", "")).startswith(OLDER):
        del told["event"]
    return orjson.dumps([FORM, told], option=orjson.OPT_SORT_KEYS)


def commitment(salt: bytes, row: Mapping[str, object]) -> bytes:
    """The hash of the leaf of a row."""
    return sha256(b"\0" + salt + form(row)).digest()


async def seal(tx: Tx, sign: Sign, moment: datetime) -> Head | None:
    """Give every row that has none its place, and sign what the tree is then; None when there is nothing new.

    Broken when rows were taken from the tree or put into it since the last checkpoint.
    """
    await tx.take_time(MINUTES)
    await tx.fetch("select pg_advisory_xact_lock(%s)", [LOCK])
    last = await head(tx)
    tree = await _continued(tx, last)
    settled = last.settled if last else 0
    over = await tx.one(OVER)
    horizon = await tx.one(BEGIN)
    highest = await tx.one(HIGHEST)
    began, end, at = tree.size, highest[0] if highest else 0, max(0, settled - MARGIN)
    while rows := await tx.fetch(FRESH, [at, end, CHUNK]):
        await _add(tx, tree, rows)
        at = rows[-1][0]
    if tree.size == began:
        return None
    # A clock that was set back does not go back here: the rows that it dates are what tells of it.
    moment = max(moment, last.moment) if last else moment
    settled = max(settled, (over and over[0]) or 0)
    made = Head(tree.size, tree.root(), moment, sign(tree.size, tree.root(), moment), settled)
    values = [made.size, made.root, moment, made.note, end, horizon[0] if horizon else "0", settled]
    await tx.execute(CHECKPOINT, values)
    return made


async def head(tx: Tx) -> Head | None:
    """The latest checkpoint."""
    found = await tx.one(LAST)
    return Head(found[0], bytes(found[1]), *found[2:]) if found else None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it is kept, and the row it is of as JSON, where there still is one."""

    leaf: int
    number: int
    salt: bytes | None
    hash: bytes
    above: bytes
    row: str | None


async def must_be_there(tx: Tx) -> None:
    """NotFound when there is no log."""
    there = await tx.one(EXISTS)
    if not there or not there[0]:
        raise NotFound("the database has no sealed access log")


async def page(tx: Tx, after: int, count: int) -> list[Leaf]:
    """Leaves after one, in their order."""
    return [
        Leaf(
            row[0], row[1], row[2] if row[2] is None else bytes(row[2]), bytes(row[3]), bytes(row[4]), row[5]
        )
        for row in await tx.fetch(PAGE, [after, count])
    ]


async def fresh(tx: Tx, after: int, count: int) -> list[tuple[int, str]]:
    """Rows without a leaf, by number after one: number, and the row as JSON."""
    return [(row[0], row[1]) for row in await tx.fetch(FRESH, [after, 2**62, count])]


async def indexes(tx: Tx) -> set[str]:
    """The valid indexes of the log."""
    return {str(row[0]) for row in await tx.fetch(VALID)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log, and whether it is sealed."""

    row: Mapping[str, object]
    sealed: bool


async def row_of(tx: Tx, number: int) -> Entry | None:
    """The row of this number."""
    found = await tx.one(ROW, [number])
    return Entry(orjson.loads(found[0]), found[1]) if found else None


async def forget(tx: Tx, numbers: Sequence[int]) -> int:
    """Erase rows: what is left of them is the hash, by which the proofs of all others hold. How many there were.

    Whoever erases writes an entry about each (`erases`); without it a check calls the row removed.
    """
    await tx.execute(UNSALT, [list(numbers)])
    return await tx.execute(FORGET, [list(numbers)])


def erases(row: Mapping[str, object]) -> int | None:
    """The number of the row that this one says was erased."""
    told = str(row.get("id") or "")
    if row.get("type") != ERASED or row.get("action") != "administer" or not row.get("granted"):
        return None
    return int(told) if told.isdecimal() else None


async def proven(tx: Tx, path: Sequence[Span]) -> Subtree:
    """What a proof that consists of these spans is made of. KeyError later when the tree lacks a part of them."""
    places = {place for span in path for place in subtrees(span)}
    last = {place: (place[1] + 1 << place[0]) - 1 for place in places}
    rows = await tx.fetch(HASHES, [sorted(set(last.values()))])
    found = {row[0]: bytes(row[1]) + bytes(row[2]) for row in rows}

    def subtree(level: int, place: int) -> bytes:
        return found[last[level, place]][32 * level : 32 * (level + 1)]

    return subtree


async def _continued(tx: Tx, last: Head | None) -> Tree:
    """The tree up to here, to go on with."""
    counted = await tx.one(SIZE)
    size = counted[0] if counted else 0
    if size != (last.size if last else 0):
        raise Broken("the log does not end where its last checkpoint says")
    peaks: list[Place] = list(subtrees((0, size)))
    subtree = await proven(tx, [(0, size)])
    try:
        tree = Tree(size, [subtree(*place) for place in peaks])
    except KeyError as error:
        raise Broken("the log lacks a leaf") from error
    if last and tree.root() != last.root:
        raise Broken("the log has another root than its last checkpoint says")
    return tree


async def _add(tx: Tx, tree: Tree, rows: Sequence[Sequence[Any]]) -> None:
    leaves, numbers, salts, hashes, above = [], [], [], [], []
    for place, (number, raw) in enumerate(rows):
        if place % PIECE == 0:
            await asyncio.sleep(0)
        salt = token_bytes(SALT)
        found = commitment(salt, orjson.loads(str(raw)))
        leaves.append(tree.size)
        numbers.append(number)
        salts.append(salt)
        hashes.append(found)
        above.append(tree.append(found))
    await tx.execute(ADD, [bigints(leaves), bigints(numbers), blobs(salts), blobs(hashes), blobs(above)])
