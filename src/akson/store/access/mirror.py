"""The citizens' rules as this node knows them, and how far it has followed the register: what holds when the platform is down."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.store.database.pool import Tx
from akson.store.index.hashing import hash64

# One who closes for a person waits for another who does, and for a Patient of that person that is being written.
LOCK = "select pg_advisory_xact_lock(%s)"
# Versions may come again, and in two processes at once: an older one never takes the place of a newer.
PUT = """
insert into privacy_mirror (person, rule, version, definition, active, metadata, low, high)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (person, rule) do update set version = excluded.version, definition = excluded.definition,
    active = excluded.active, metadata = excluded.metadata, low = excluded.low, high = excluded.high
    where privacy_mirror.version < excluded.version"""
OF = """
select rule, version, definition, active, metadata, low, high from privacy_mirror
where person = any(%s::bigint[]) order by rule"""
FOLLOWED = """
insert into privacy_followed (mark, whole_since, heard) values (%s, case when %s then now() end, now())
on conflict (one) do update set mark = excluded.mark, heard = excluded.heard,
    whole_since = coalesce(privacy_followed.whole_since, excluded.whole_since)"""


class Rule(NamedTuple):
    """One rule of a citizen, in its latest version."""

    id: str
    version: int
    definition: str
    active: bool
    metadata: dict[str, Any]
    low: datetime
    high: datetime


class Followed(NamedTuple):
    """The mark to go on from, and since when all that stood in the register is known; None while it is not."""

    mark: str
    whole_since: datetime | None


def person(pid: str) -> int:
    """What stands for an identity number."""
    return hash64("person", pid)


async def hold(tx: Tx, pids: Iterable[str]) -> None:
    """From here to the end of the transaction nobody else closes anything for these people."""
    for number in sorted({person(pid) for pid in pids}):
        await tx.execute(LOCK, [number])


async def put(tx: Tx, pid: str, rule: Rule) -> None:
    """Keep a rule, unless a later version is kept already."""
    row: list[object] = [person(pid), *rule]
    row[5] = Jsonb(rule.metadata)
    await tx.execute(PUT, row)


async def of(tx: Tx, pids: Iterable[str]) -> list[Rule]:
    """The rules of somebody with these identity numbers."""
    return [Rule(*row) for row in await tx.fetch(OF, [[person(pid) for pid in pids]])]


async def followed(tx: Tx) -> Followed | None:
    """How far the register has been followed; None before the first answer."""
    row = await tx.one("select mark, whole_since from privacy_followed")
    return Followed(*row) if row else None


async def follow(tx: Tx, mark: str, *, whole: bool) -> None:
    """Followed up to here; `whole`: nothing more stood in the register then."""
    await tx.execute(FOLLOWED, [mark, whole])
