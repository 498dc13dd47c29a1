"""Many messages in one statement: what engines and the platform do with a whole batch.

Each function does for several what one of `messages` does for one, with the same guarantees: a message of the same direction,
sender and MsgId is there once, and each step stands in its history.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from akson.kit.value import value
from akson.store.database.arrays import bigints, blobs, days, documents, moments, texts
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number
from akson.store.underway.messages import (
    FIELDS,
    OF_MESSAGE,
    RECEIVER_FIELDS,
    Message,
    Receiver,
    of_row,
    receiver_of_row,
)

ADD = """
with given as (
    select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::bytea[],
        %s::text[], %s::timestamptz[], %s::text[], %s::date[]) with ordinality
    as g (id, direction, msg_id, type, state, from_her, to_her, pat, patient, reference, answers, conversation, owner_role,
        due, detail, content_type, payload, transport_id, deadline, made_at_sender, day, place)
)
insert into message (id, direction, msg_id, type, state, from_her, to_her, pat, patient, reference, answers,
    conversation, owner_role, due, detail, content_type, payload, transport_id, deadline, made_at_sender, day)
select id, direction, msg_id, type, state, from_her, to_her, pat, patient, reference, nullif(answers, ''),
    conversation, owner_role, due, detail, content_type, payload, transport_id, deadline, made_at_sender, day
from given order by place
on conflict (direction, from_her, msg_id) do nothing returning id"""
STEPS = """
insert into message_event (message, state, detail)
select * from unnest(%s::text[], %s::text[], %s::text[])"""
CLAIM = f"""
with due as (
    select id as of, due as since from message where direction = 'out' and state = any(%s) and due <= %s
    order by due, made, id limit %s for update skip locked
)
update message set due = %s from due where id = due.of
returning {FIELDS}, case when octet_length(payload) <= %s then payload end, due.since"""  # noqa: S608
HELD = f"select {FIELDS} from message where id = any(%s) order by id for update"  # noqa: S608
SENT = f"select {FIELDS} from message where direction = 'out' and msg_id = any(%s) order by id for update"  # noqa: S608
WHOLE = f"select {FIELDS}, payload from message where id = any(%s) order by id for update"  # noqa: S608
CHANGE = """
with given as (
    select * from unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::timestamptz[],
        %s::text[], %s::text[], %s::text[], %s::bigint[])
    as g (id, state, detail, due, attempts, transport_id, deadline, owner_role, reference, patient, pat)
), steps as (
    insert into message_event (message, state, detail) select id, state, detail from given
)
update message m set state = g.state, detail = g.detail, due = g.due, attempts = g.attempts::int,
    transport_id = g.transport_id, deadline = g.deadline, owner_role = g.owner_role, reference = g.reference,
    patient = g.patient, pat = g.pat, updated = now()
from given g where m.id = g.id"""
RECEIVERS = (
    f"select {RECEIVER_FIELDS} from message_receiver r where r.message = any(%s) order by r.message, r.her_id"  # noqa: S608
)
PUT_RECEIVERS = """
insert into message_receiver (message, her_id, state, status, errors)
select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[]) order by 1, 2
on conflict (message, her_id) do update set state = excluded.state, status = excluded.status,
    errors = excluded.errors, updated = now()"""
PENDING = f"""
select {RECEIVER_FIELDS}, {OF_MESSAGE} from message_receiver r join message m on m.id = r.message
where r.state = 'pending' and m.direction = 'in' order by r.updated limit %s"""  # noqa: S608
KNOWN = """
select m.from_her, m.msg_id, r.her_id, r.state
from unnest(%s::text[], %s::text[]) as g (from_her, msg_id)
join message m on m.direction = 'in' and m.from_her = g.from_her and m.msg_id = g.msg_id
join message_receiver r on r.message = m.id"""
OFFERED = f"""
select r.her_id, case when octet_length(m.payload) <= %s then m.payload end, {OF_MESSAGE}
from message_receiver r join message m on m.id = r.message
where r.her_id = any(%s) and r.state in ('waiting', 'fetched') and m.direction = 'relay'
order by m.made_at_sender, m.id limit %s"""  # noqa: S608
FETCHED = """
update message_receiver r set state = 'fetched', updated = now()
from unnest(%s::text[], %s::text[]) as g (message, her_id)
where r.message = g.message and r.her_id = g.her_id and r.state = 'waiting'"""
READ = """
with given as (select * from unnest(%s::text[], %s::text[]) as g (message, her_id)), found as (
    select r.message, r.her_id, r.state from message_receiver r
    join given g on g.message = r.message and g.her_id = r.her_id
    join message m on m.id = r.message and m.direction = 'relay' order by 1, 2 for update of r
), done as (
    update message_receiver r set state = 'read', updated = now() from found f
    where r.message = f.message and r.her_id = f.her_id and f.state <> 'read'
)
select message, her_id from found"""


@value
class New:
    """A message to be stored, with those it is for."""

    message: Message
    payload: bytes
    receivers: tuple[Receiver, ...] = ()


async def add(tx: Tx, new: Sequence[New]) -> set[str]:
    """Store messages with their receivers; the ids of those that were not there before."""
    m = [each.message for each in new]
    columns = [
        _texts(m, "id"), _texts(m, "direction"), _texts(m, "msg_id"), _texts(m, "type"), _texts(m, "state"),
        _texts(m, "from_her"), _texts(m, "to_her"), bigints([patient_number(each.patient) for each in m]),
        _texts(m, "patient"), _texts(m, "reference"), _texts(m, "answers"), _texts(m, "conversation"),
        _texts(m, "owner_role"), moments([each.due for each in m]), _texts(m, "detail"), _texts(m, "content_type"),
        blobs([each.payload for each in new]), _texts(m, "transport_id"), moments([each.deadline for each in m]),
        _texts(m, "made_at_sender"), days([each.day for each in m]),
    ]  # fmt: skip
    added = {row[0] for row in await tx.fetch(ADD, columns)}
    fresh = [each for each in new if each.message.id in added]
    if fresh:
        # By themselves: who reads sees of these what belongs to messages that were there before the statement.
        steps = [each.message for each in fresh]
        await tx.later(STEPS, [_texts(steps, "id"), _texts(steps, "state"), _texts(steps, "detail")])
        if told := [receiver for each in fresh for receiver in each.receivers]:
            await tx.later(PUT_RECEIVERS, _receivers(told))
    return added


@value
class Due:
    """A message that was taken to be worked on, with its bytes where they are few."""

    message: Message
    payload: bytes | None


async def claim(
    tx: Tx, states: Sequence[str], now: datetime, limit: int, *, until: datetime, small: int
) -> list[Due]:
    """Own messages that are due, kept from other workers until a moment; in the order in which they were due."""
    rows = await tx.fetch(CLAIM, [list(states), now, limit, until, small])
    rows.sort(key=lambda row: (row[-1], row[0]))
    return [Due(of_row(row[:-2]), None if row[-2] is None else bytes(row[-2])) for row in rows]


async def held(tx: Tx, ids: Collection[str]) -> dict[str, Message]:
    """Messages by id; nobody else changes them before this transaction ends."""
    return {row[0]: of_row(row) for row in await tx.fetch(HELD, [texts(list(ids))])}


async def whole(tx: Tx, ids: Collection[str]) -> dict[str, tuple[Message, bytes]]:
    """As `held`, with their bytes."""
    rows = await tx.fetch(WHOLE, [texts(list(ids))])
    return {row[0]: (of_row(row[:-1]), bytes(row[-1])) for row in rows}


async def sent(tx: Tx, msg_ids: Collection[str]) -> dict[str, Message]:
    """Our own messages by MsgId, held."""
    return {m.msg_id: m for m in map(of_row, await tx.fetch(SENT, [texts(list(msg_ids))]))}


async def change(tx: Tx, changed: Sequence[Message]) -> None:
    """Write the new states of messages, each once, with a line in the history of each."""
    c = changed
    if not c:
        return
    values = [
        _texts(c, "id"), _texts(c, "state"), _texts(c, "detail"), moments([each.due for each in c]),
        bigints([each.attempts for each in c]), _texts(c, "transport_id"), moments([each.deadline for each in c]),
        _texts(c, "owner_role"), _texts(c, "reference"), _texts(c, "patient"),
        bigints([patient_number(each.patient) for each in c]),
    ]  # fmt: skip
    await tx.execute(CHANGE, values)


async def receivers(tx: Tx, ids: Collection[str]) -> dict[str, list[Receiver]]:
    """The receivers of messages, by the message."""
    found: dict[str, list[Receiver]] = {}
    for row in await tx.fetch(RECEIVERS, [texts(list(ids))]):
        found.setdefault(row[0], []).append(receiver_of_row(row))
    return found


async def put_receivers(tx: Tx, known: Iterable[Receiver]) -> None:
    """Note what is known of receivers; of one that is named twice the last holds."""
    last = list({(each.message, each.her_id): each for each in known}.values())
    if last:
        await tx.execute(PUT_RECEIVERS, _receivers(last))


async def pending(tx: Tx, limit: int) -> list[tuple[Message, Receiver]]:
    """Receipts of ours that were decided and not handed over, with their messages; those that wait longest first."""
    return [(of_row(row[6:]), receiver_of_row(row[:6])) for row in await tx.fetch(PENDING, [limit])]


async def known(tx: Tx, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str, str], str]:
    """How far the receipts of messages that came are: by sender, MsgId and own receiver."""
    senders, msg_ids = (texts([pair[place] for pair in pairs]) for place in (0, 1))
    return {(row[0], row[1], row[2]): row[3] for row in await tx.fetch(KNOWN, [senders, msg_ids])}


async def offered(
    tx: Tx, her_ids: Sequence[str], limit: int, small: int
) -> list[tuple[str, Message, bytes | None]]:
    """What waits for these receivers at the platform, the oldest first, with the bytes of those that are small."""
    rows = await tx.fetch(OFFERED, [small, list(her_ids), limit], prepare=False)
    return [(row[0], of_row(row[2:]), None if row[1] is None else bytes(row[1])) for row in rows]


async def fetched(tx: Tx, pairs: Sequence[tuple[str, str]]) -> None:
    """Receivers have what waited for them: by message and receiver."""
    if pairs:
        await tx.execute(FETCHED, _pairs(pairs))


async def read(tx: Tx, pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Receivers need not be offered a message again; those pairs that exist."""
    return {(row[0], row[1]) for row in await tx.fetch(READ, _pairs(pairs))} if pairs else set()


def _pairs(pairs: Sequence[tuple[str, str]]) -> list[Any]:
    return [texts([pair[place] for pair in pairs]) for place in (0, 1)]


def _texts(items: Sequence[Any], name: str) -> Any:
    return texts([getattr(each, name) for each in items])


def _receivers(known: Sequence[Receiver]) -> list[Any]:
    columns = [_texts(known, name) for name in ("message", "her_id", "state", "status")]
    return [*columns, documents([orjson.dumps(each.errors) for each in known])]
