"""Refusals of nobody in particular, counted by the minute: more than a few of a kind would only fill the log of accesses.

A count stands in the database before the answer leaves, so that none is lost, and becomes one row of the log when its
minute is over.
"""

from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx

COUNT = """
insert into refusal_count (minute, action, reason, seen) values (date_trunc('minute', now()), %s, %s, 1)
on conflict (minute, action, reason) do update set seen = refusal_count.seen + 1 returning seen"""
OVER = """
delete from refusal_count where minute < date_trunc('minute', now()) returning minute, action, reason, seen"""


class Counted(NamedTuple):
    """How many refusals of one kind there were in one minute."""

    minute: datetime
    action: str
    reason: str
    seen: int


async def count(tx: Tx, action: str, reason: str) -> int:
    """One more of this kind in this minute; how many that makes."""
    row = await tx.one(COUNT, [action, reason])
    return int(row[0]) if row else 0


async def over(tx: Tx) -> list[Counted]:
    """The counts of minutes that are over; each is given to the first who asks."""
    return sorted(Counted(*row) for row in await tx.fetch(OVER, []))
