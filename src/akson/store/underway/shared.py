"""What a node knows of the platform's shared registers without keeping a copy: which items changed, and who has read since."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from akson.store.database.pool import Tx

# Told twice, or late, it changes nothing: the newest version of an item stands.
TOLD = """
insert into shared_change (pat, service, reference, version, moment) values (%s, %s, %s, %s, %s)
on conflict (pat, reference) do update
    set service = coalesce(nullif(excluded.service, ''), shared_change.service), version = excluded.version, moment = excluded.moment
    where shared_change.version < excluded.version"""
# Each list that somebody has read may have changed in a way that nobody can tell any more.
ALL_AGAIN = """
insert into shared_change (pat, service, reference, version, moment)
select distinct pat, service, 'List/' || service, 0, now() from shared_read"""
NEWS = """
select c.service, count(*) from shared_change c
join shared_read r on r.person = %s and r.pat = c.pat and r.service = c.service
where c.pat = %s and c.moment > r.moment group by c.service"""
LAST = "select moment from shared_read where person = %s and pat = %s and service = %s"
READ = """
insert into shared_read (person, pat, service, moment) values (%s, %s, %s, now())
on conflict (person, pat, service) do update set moment = excluded.moment"""


class Told(NamedTuple):
    """One change of an item of a patient (number here)."""

    pat: int
    service: str
    reference: str
    version: int
    moment: datetime


async def tell(tx: Tx, changes: Iterable[Told]) -> None:
    """Keep that these items changed."""
    for each in changes:
        await tx.execute(TOLD, list(each))


async def again(tx: Tx) -> None:
    """What was told before may be wrong: to all who have read a list, it may have changed since."""
    await tx.execute("delete from shared_change")
    await tx.execute(ALL_AGAIN)


async def news(tx: Tx, person: str, pat: int) -> dict[str, int]:
    """How many items changed since the person read the list, by service; lists that the person never read are not there."""
    return dict(await tx.fetch(NEWS, [person, pat]))


async def read(tx: Tx, person: str, pat: int, service: str) -> datetime | None:
    """The person reads a list now; when that was the last time, None for the first."""
    row = await tx.one(LAST, [person, pat, service])
    await tx.execute(READ, [person, pat, service])
    return row[0] if row else None
