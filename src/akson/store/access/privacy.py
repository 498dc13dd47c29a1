"""The register of the citizens' own rules, on the platform: versions that are only ever added, read by person or by order.

Who follows goes on from a mark and misses no version of a transaction that was slow: only those of transactions older
than every open one are told.
"""

from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.store.database.pool import Tx

_COLUMNS = "id, version, pid, pat, kind, definition, active, metadata, low, high, by_name, by_right, moment, xid::text, sequence"
# The identity of what is written is the number before it, so that of two who write at once one must look again.
ADD = """
insert into privacy_setting
    (id, version, pid, pat, kind, definition, active, metadata, low, high, by_name, by_right)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
CURRENT = f"""
select {_COLUMNS} from privacy_setting p
where pid = %s and version = (select max(version) from privacy_setting q where q.id = p.id)
order by (select min(moment) from privacy_setting q where q.id = p.id), id"""  # noqa: S608  the columns are ours
HISTORY = (
    f"select {_COLUMNS} from privacy_setting where pid = %s order by moment desc, sequence desc limit %s"  # noqa: S608
)
ONE = f"select {_COLUMNS} from privacy_setting where pid = %s and id = %s order by version desc limit 1"  # noqa: S608
AFTER = f"""
select {_COLUMNS} from privacy_setting
where (xid, sequence) > (%s::text::xid8, %s) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by xid, sequence limit %s"""  # noqa: S608
MOST = 1000


class Mark(NamedTuple):
    """Where one who follows stands; the beginning holds everything."""

    xid: int = 0
    sequence: int = 0


class Version(NamedTuple):
    """One version of one rule. `low` and `high`: in force from (included) to (not included)."""

    id: str
    version: int
    pid: str
    pat: int
    kind: str
    """reservasjon, samtykke or tilgangsbegrensning."""
    definition: str
    active: bool
    metadata: dict[str, Any]
    low: datetime
    high: datetime
    by_name: str
    by_right: str = ""
    """V7611: FO, FU or VE; empty when the citizen set it."""
    moment: datetime | None = None
    mark: Mark = Mark()


async def add(tx: Tx, version: Version) -> None:
    """Write the next version. Contended when another one has just been written."""
    row: list[object] = [*version[:12]]
    row[7] = Jsonb(version.metadata)
    await tx.execute(ADD, row)


async def current(tx: Tx, pid: str) -> list[Version]:
    """The latest version of each rule of a person, also of those that were withdrawn; the oldest rule first."""
    return [_version(row) for row in await tx.fetch(CURRENT, [pid])]


async def one(tx: Tx, pid: str, id_: str) -> Version | None:
    """The latest version of one rule of a person."""
    row = await tx.one(ONE, [pid, id_])
    return _version(row) if row else None


async def history(tx: Tx, pid: str) -> list[Version]:
    """All versions of all rules of a person, newest first."""
    return [_version(row) for row in await tx.fetch(HISTORY, [pid, MOST])]


async def after(tx: Tx, mark: Mark, limit: int) -> list[Version]:
    """What was written after a mark, in its order."""
    rows = await tx.fetch(AFTER, [str(mark.xid), mark.sequence, limit], prepare=False)
    return [_version(row) for row in rows]


def _version(row: tuple[Any, ...]) -> Version:
    return Version._make([*row[:-2], Mark(int(row[-2]), row[-1])])
