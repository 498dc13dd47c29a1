"""What an office must look at that no letter alone shows: counts that differ, and a stream that has nearly stopped."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from akson.store.database.pool import Tx

DIFFERENCE, FALL = "difference", "fall"
# What somebody has seen to does not come again; what had gone and is there again does.
RAISE = """
insert into message_notice (id, kind, day, from_her, to_her, her_id, facts, owner_role)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (id) do update set facts = excluded.facts, state = 'open', updated = now()
where message_notice.state = 'gone' or message_notice.state = 'open' and message_notice.facts <> excluded.facts"""
GONE = """
update message_notice set state = 'gone', updated = now()
where state = 'open' and kind = %s and day = %s and her_id = any(%s) and id <> all(%s)"""
OPEN = """
select id, kind, day, from_her, to_her, her_id, facts, owner_role, made from message_notice
where state = 'open' and her_id = any(%s) order by made, id limit 200"""
DONE = """
update message_notice set state = 'done', seen_by = %s, updated = now()
where id = %s and state = 'open' and her_id = any(%s)"""


@dataclass(frozen=True, slots=True)
class Notice:
    """One finding about a pair of addresses on a day."""

    kind: str
    day: date
    sender: str
    receiver: str
    own: str
    """The own address of the two."""
    facts: Mapping[str, Any]
    role: str
    """Code of the role that sees to it."""
    made: datetime | None = None

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.day}:{self.sender}:{self.receiver}:{self.own}"


async def put(tx: Tx, kind: str, day: date, own: Collection[str], found: Sequence[Notice]) -> None:
    """What was found of a kind on a day, for all own addresses: new ones are open, those that are no more are gone."""
    for n in found:
        row = [n.id, n.kind, n.day, n.sender, n.receiver, n.own, Jsonb(dict(n.facts)), n.role]
        await tx.execute(RAISE, row)
    await tx.execute(GONE, [kind, day, sorted(own), [n.id for n in found]])


async def open_of(tx: Tx, own: Collection[str]) -> list[Notice]:
    """What nobody has seen to, the oldest first."""
    rows = await tx.fetch(OPEN, [sorted(own)])
    return [Notice(*row[1:]) for row in rows]


async def done(tx: Tx, id_: str, own: Collection[str], who: str) -> bool:
    """Somebody has seen to it; False when it is another's or was seen to before."""
    return await tx.execute(DONE, [who, id_, sorted(own)]) == 1
