"""Letters counted by day and pair of addresses: by their sender, their receiver and the platform between them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from akson.store.database.pool import Tx

SENDER, RECEIVER, BROKER = "sender", "receiver", "broker"
BY_SENDER = """
select m.from_her, r.her_id, 'sender', count(*), 0, count(*) filter (where r.status in ('1', '3')),
    count(*) filter (where r.status = '2')
from message m join message_receiver r on r.message = m.id
where m.direction = 'out' and m.day = %s and m.from_her = any(%s) and (m.transport_id <> '' or r.status <> '')
group by m.from_her, r.her_id"""
BY_RECEIVER = """
select m.from_her, r.her_id, 'receiver', 0, count(*),
    count(*) filter (where r.state = 'answered' and r.status in ('1', '3')),
    count(*) filter (where r.state = 'answered' and r.status = '2')
from message m join message_receiver r on r.message = m.id
where m.direction = 'in' and m.day = %s and r.her_id = any(%s) group by m.from_her, r.her_id"""
BY_BROKER = """
select m.from_her, r.her_id, 'broker', count(*), count(*) filter (where r.state <> 'waiting' or r.status <> ''),
    count(*) filter (where r.status in ('1', '3')), count(*) filter (where r.status = '2')
from message m join message_receiver r on r.message = m.id
where m.direction = 'relay' and m.type not in ('APPREC', 'HENDELSERESPONSE') and m.day = %s and (m.from_her = any(%s) or r.her_id = any(%s))
group by m.from_her, r.her_id"""
TOLD = """
select from_her, to_her, counted_by, sent, received, acknowledged, rejected from message_tally
where day = %s and (from_her = any(%s) or to_her = any(%s))"""
FORGET = """
delete from message_tally where day = %s
and (counted_by = 'sender' and from_her = any(%s) or counted_by = 'receiver' and to_her = any(%s))"""
TELL = """
insert into message_tally (day, from_her, to_her, counted_by, sent, received, acknowledged, rejected)
values (%s, %s, %s, %s, %s, %s, %s, %s)"""
TELLER = """
insert into message_tally_told (day, her_id) select %s, unnest(%s::text[])
on conflict (day, her_id) do update set moment = now()"""
# Both directions of the node's own pairs; a day without letters has no row.
BY_DAY = """
select m.day, m.from_her, r.her_id, count(*) from message m join message_receiver r on r.message = m.id
where m.direction = any(%s) and m.type not in ('APPREC', 'HENDELSERESPONSE') and m.day = any(%s) group by m.day, m.from_her, r.her_id"""


@dataclass(frozen=True, slots=True)
class Count:
    """Letters of one day from one address to another, as one of those concerned counts them."""

    sender: str
    receiver: str
    by: str
    """sender, receiver or broker."""
    sent: int = 0
    received: int = 0
    acknowledged: int = 0
    rejected: int = 0


async def counted(tx: Tx, day: date, own: Collection[str]) -> list[Count]:
    """What a node counts itself for its own addresses."""
    mine = sorted(own)
    rows = [*await tx.fetch(BY_SENDER, [day, mine]), *await tx.fetch(BY_RECEIVER, [day, mine])]
    return [Count(*row) for row in rows]


async def passed_on(tx: Tx, day: date, concerned: Collection[str]) -> list[Count]:
    """What the platform counts of the pairs that these addresses are part of."""
    theirs = sorted(concerned)
    return [Count(*row) for row in await tx.fetch(BY_BROKER, [day, theirs, theirs])]


async def tell(tx: Tx, day: date, teller: Collection[str], counts: Sequence[Count]) -> None:
    """Keep what a party says of a day, in place of what it said before."""
    theirs = sorted(teller)
    await tx.execute(FORGET, [day, theirs, theirs])
    await tx.execute(TELLER, [day, theirs])
    for c in counts:
        row = [day, c.sender, c.receiver, c.by, c.sent, c.received, c.acknowledged, c.rejected]
        await tx.execute(TELL, row)


async def told(tx: Tx, day: date, concerned: Collection[str]) -> list[Count]:
    """What both sides have said of the pairs that these addresses are part of."""
    theirs = sorted(concerned)
    return [Count(*row) for row in await tx.fetch(TOLD, [day, theirs, theirs])]


async def tellers(tx: Tx, day: date) -> frozenset[str]:
    """Addresses whose owners have told of a day."""
    rows = await tx.fetch("select her_id from message_tally_told where day = %s", [day])
    return frozenset(row[0] for row in rows)


async def by_day(
    tx: Tx, days: Sequence[date], directions: Sequence[str]
) -> dict[tuple[str, str], dict[date, int]]:
    """Letters by sender and receiver on some days."""
    found: dict[tuple[str, str], dict[date, int]] = {}
    for day, sender, receiver, count in await tx.fetch(BY_DAY, [list(directions), list(days)]):
        found.setdefault((sender, receiver), {})[day] = count
    return found
