"""Registers that access rests on: who people are, who is authorised as health personnel, who is whose regular doctor.

On the platform these rows are the registers that it serves; on other nodes they are what the node has taken from them. An
entry is found by its id, which means nothing and may stand in addresses, or by its keys, which may not.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.store.database.pool import Tx

# Any constant, the same in all versions: numbers of a register are given by one transaction at a time.
NUMBERING, FOLLOWING = 4_711_000_011, 4_711_000_012
HOLD = "select pg_advisory_xact_lock(%s)"
TRY = "select pg_try_advisory_xact_lock(%s)"
PUT = """
insert into register_entry as e (register, id, keys, body) values (%s, %s, %s, %s)
on conflict (register, id) do update set keys = excluded.keys, body = excluded.body, changed = now()
where e.body is distinct from excluded.body or e.keys is distinct from excluded.keys"""
TELL = """
insert into register_event (register, sequence, id, kind)
select %s, coalesce(max(sequence), 0) + 1, %s, %s from register_event where register = %s
returning sequence"""
_SELECT = "select id, keys, body from register_entry where register = %s "
BY_IDS = _SELECT + "and id = any(%s) order by id"
BY_KEYS = _SELECT + "and keys && %s::text[] order by id"
ALL = _SELECT + "order by id"
EVENTS = """
select sequence, id, kind, moment from register_event
where register = %s and sequence >= %s and (%s::text[] is null or kind = any(%s)) order by sequence limit %s"""
LATEST = (
    "select sequence, id, kind, moment from register_event where register = %s order by sequence desc limit 1"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One person, one of the personnel ... as its register has it."""

    id: str
    keys: tuple[str, ...]
    body: dict[str, Any]


class Happening(NamedTuple):
    """Something changed in an entry."""

    sequence: int
    id: str
    kind: str
    moment: datetime


async def put(tx: Tx, register: str, entry: Entry) -> bool:
    """Store an entry; False when it stood so already."""
    return await tx.execute(PUT, [register, entry.id, list(entry.keys), Jsonb(entry.body)]) == 1


async def tell(tx: Tx, register: str, entry_id: str, kind: str) -> int:
    """Tell those who follow the register that an entry changed; the number of the event."""
    await tx.fetch(HOLD, [NUMBERING])
    row = await tx.one(TELL, [register, entry_id, kind, register])
    return int(row[0]) if row else 0


async def by_ids(tx: Tx, register: str, ids: Collection[str]) -> list[Entry]:
    """The entries with these ids."""
    return _entries(await tx.fetch(BY_IDS, [register, list(ids)]))


async def by_keys(tx: Tx, register: str, keys: Collection[str]) -> list[Entry]:
    """The entries that have one of these keys."""
    return _entries(await tx.fetch(BY_KEYS, [register, list(keys)]))


async def everyone(tx: Tx, register: str) -> list[Entry]:
    """All entries."""
    return _entries(await tx.fetch(ALL, [register]))


async def events(
    tx: Tx, register: str, first: int, *, kinds: Collection[str] | None = None, limit: int = 1000
) -> list[Happening]:
    """Events from a number on, that number included."""
    named = None if kinds is None else list(kinds)
    return [Happening(*row) for row in await tx.fetch(EVENTS, [register, first, named, named, limit])]


async def latest(tx: Tx, register: str) -> Happening | None:
    """The last event; None before the first."""
    row = await tx.one(LATEST, [register])
    return Happening(*row) if row else None


async def take_turn(tx: Tx) -> bool:
    """Whether this transaction may follow the registers now: of several processes of a node one does at a time."""
    row = await tx.one(TRY, [FOLLOWING])
    return bool(row and row[0])


def _entries(rows: Sequence[tuple[Any, ...]]) -> list[Entry]:
    return [Entry(entry_id, tuple(keys), body) for entry_id, keys, body in rows]
