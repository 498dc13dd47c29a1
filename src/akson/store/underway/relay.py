"""What passes through the message exchange, counted in the database: no payload and no patient leaves it.

Receipts are not counted as messages of their own: each is the answer to one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akson.store.database.pool import Tx

HELD, HANDLED = "held", "handled"
TRAFFIC = """
select m.from_her, r.her_id, count(*), count(*) filter (where r.state <> 'waiting' or r.status <> ''),
    count(*) filter (where r.status in ('1', '3')), count(*) filter (where r.status = '2'),
    percentile_cont(0.95) within group (order by extract(epoch from r.updated - m.made))
        filter (where r.status <> '')
from message m join message_receiver r on r.message = m.id
where m.direction = 'relay' and m.type <> 'APPREC' and m.made >= %s
group by m.from_her, r.her_id order by count(*) desc, m.from_her, r.her_id"""
STUCK = """
select m.id, m.type, m.from_her, r.her_id, r.state, r.status, r.errors, m.made,
    (select count(*) from message_event e where e.message = m.id and e.state = 'offered')
from message m join message_receiver r on r.message = m.id
where m.direction = 'relay' and m.type <> 'APPREC' and m.state = 'held'
  and (r.status = '2' or (r.status = '' and m.made < %s))
order by m.made limit %s"""
OFFER = """
update message_receiver r set state = 'waiting', updated = now() from message m
where m.id = r.message and m.direction = 'relay' and r.message = %s and r.status = ''"""
HANDLE = "update message set state = 'handled', updated = now() where id = %s and direction = 'relay' and state = 'held'"
STEP = "insert into message_event (message, state, detail) values (%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went from one address to another."""

    sender: str
    receiver: str
    sent: int
    fetched: int
    acknowledged: int
    rejected: int
    answer_seconds: float | None
    """95th percentile of the time until the receiver had answered; None while nothing is answered."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message that one receiver rejected or has not answered in time."""

    id: str
    type: str
    sender: str
    receiver: str
    is_fetched: bool
    is_rejected: bool
    errors: tuple[dict[str, Any], ...]
    made: datetime
    offered: int
    """How often somebody had it offered again."""


async def traffic(tx: Tx, since: datetime) -> list[Traffic]:
    """What was sent since a moment, by sender and receiver, the busiest first."""
    return [Traffic(*row) for row in await tx.fetch(TRAFFIC, [since])]


async def stuck(tx: Tx, unanswered_before: datetime, limit: int = 200) -> list[Stuck]:
    """What a person must look at, the oldest first: rejected, or sent before a moment and not answered."""
    rows = await tx.fetch(STUCK, [unanswered_before, limit])
    return [
        Stuck(
            row[0], row[1], row[2], row[3], row[4] != "waiting", row[5] == "2", tuple(row[6]), row[7], row[8]
        )
        for row in rows
    ]


async def offer_again(tx: Tx, id_: str, who: str) -> bool:
    """Offer a message anew to the receivers that have not answered; False when all have."""
    if await tx.execute(OFFER, [id_]) == 0:
        return False
    await tx.execute(STEP, [id_, "offered", who])
    return True


async def handle(tx: Tx, id_: str, who: str) -> bool:
    """Somebody has dealt with a message outside the exchange; False when that was noted before."""
    if await tx.execute(HANDLE, [id_]) == 0:
        return False
    await tx.execute(STEP, [id_, HANDLED, who])
    return True
