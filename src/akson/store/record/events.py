"""What happened, in the order it was committed: the source of updates on screens and in other nodes.

A reader goes on from a mark and never misses an event of a transaction that was slow: only events of transactions
older than every open one are read.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number

APPEND = "insert into event (pat, topic, reference) values (%s, %s, %s)"
# Of many writes: of all, or of those to whose type somebody subscribes. Single writes do the same (migration 0014).
TELL_MANY = """
insert into event (pat, topic, reference, version)
select e.pat, e.type || '.' || e.action, e.type || '/' || e.id, e.version
from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[]) with ordinality
    e(pat, type, action, id, version, place)
where %s or exists (select 1 from subscription_type s where s.type = e.type)
order by e.place"""
AFTER = """
select xid::text, sequence, pat, topic, reference, moment, version from event
where (xid, sequence) > (%s::text::xid8, %s) and xid < pg_snapshot_xmin(pg_current_snapshot())
  and (%s::bigint[] is null or pat = any(%s::bigint[]))
order by xid, sequence limit %s"""
# Of the patients whom a source has something of, and of no copies of what record systems hold (security/copies.py).
LOCATED = """
select e.xid::text, e.sequence, e.pat, e.topic, e.reference, e.moment, e.version from event e
where (e.xid, e.sequence) > (%s::text::xid8, %s) and e.xid < pg_snapshot_xmin(pg_current_snapshot())
  and split_part(e.topic, '.', 1) = any(%s::text[]) and e.version > 0
  and not (e.reference like '%%.%%' and split_part(split_part(e.reference, '/', 2), '.', 1) in (select source from hotel_source))
  and exists (select from hotel_patient h where h.pat = e.pat and h.source = %s)
order by e.xid, e.sequence limit %s"""
LATEST = "select pg_snapshot_xmin(pg_current_snapshot())::text"


class Mark(NamedTuple):
    """Where a reader stands."""

    xid: int = 0
    sequence: int = 0


class Happening(NamedTuple):
    """One event: `topic` is the resource type and the action, e.g. AllergyIntolerance.create."""

    mark: Mark
    pat: int
    topic: str
    reference: str
    moment: datetime
    version: int = 0
    """Of the resource; 0 for what is no resource."""


async def append(tx: Tx, topic: str, pat: int, reference: str) -> None:
    """Tell what happened, in the transaction in which it happens."""
    await tx.execute(APPEND, [pat, topic, reference])


async def after(
    tx: Tx, mark: Mark, *, patients: Sequence[str] | None = None, limit: int = 500
) -> list[Happening]:
    """Events after the mark in their order; of these patients (ids) only, where they are given."""
    pats = None if patients is None else [patient_number(patient) for patient in patients]
    rows = await tx.fetch(AFTER, [str(mark.xid), mark.sequence, pats, pats, limit], prepare=False)
    return [Happening(Mark(int(xid), sequence), *rest) for xid, sequence, *rest in rows]


async def located(
    tx: Tx, mark: Mark, *, source: str, types: Collection[str], limit: int = 500
) -> list[Happening]:
    """Events after the mark in their order, of these types and of the patients of whom a source has something."""
    values = [str(mark.xid), mark.sequence, list(types), source, limit]
    rows = await tx.fetch(LOCATED, values, prepare=False)
    return [Happening(Mark(int(xid), sequence), *rest) for xid, sequence, *rest in rows]


async def latest(tx: Tx) -> Mark:
    """The mark of now: events that follow it have not been seen by anyone who starts here."""
    row = await tx.one(LATEST)
    return Mark(int(row[0]) - 1 if row else 0, 2**62)
