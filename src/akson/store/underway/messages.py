"""Messages in, out and passed on: one row each with state, owner and age, the payload byte-exact, every step kept."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from akson.kit.value import value
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number

COLUMNS = (
    "id", "direction", "msg_id", "type", "state", "from_her", "to_her", "patient", "reference", "answers",
    "conversation", "owner_role", "attempts", "due", "detail", "content_type", "made", "updated", "transport_id",
    "deadline", "made_at_sender", "day",
)  # fmt: skip
ANSWERS = COLUMNS.index("answers")
FIELDS = ", ".join(COLUMNS)
OF_MESSAGE = ", ".join(f"m.{column}" for column in COLUMNS)
ADD = """
insert into message (id, direction, msg_id, type, state, from_her, to_her, pat, patient, reference, answers,
    conversation, owner_role, due, detail, content_type, payload, transport_id, deadline, made_at_sender, day)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, nullif(%s, ''), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (direction, from_her, msg_id) do nothing"""
GET = f"select {FIELDS} from message where id = %s"  # noqa: S608
HELD = f"select {FIELDS} from message where id = %s for update"  # noqa: S608
BY_MSG_ID = f"select {FIELDS} from message where direction = %s and from_her = %s and msg_id = %s"  # noqa: S608
SENT = f"select {FIELDS} from message where direction = 'out' and msg_id = %s for update"  # noqa: S608
CLAIM = f"""
select {FIELDS} from message where direction = %s and state = any(%s) and due <= %s
order by due, made, id limit %s for update skip locked"""  # noqa: S608
LATE = f"""
select {FIELDS} from message where direction = 'out' and state = any(%s) and deadline <= %s
order by deadline limit %s for update skip locked"""  # noqa: S608
UNOPENED = f"""
select {FIELDS} from message where direction = 'in' and state = 'new' and owner_role = '' and made < %s
order by made limit %s for update skip locked"""  # noqa: S608
CHANGE = """
update message set state = %s, detail = %s, due = %s, attempts = %s, transport_id = %s, deadline = %s, owner_role = %s,
    reference = %s, patient = %s, pat = %s, updated = now() where id = %s"""
FIND = f"""
select {FIELDS} from message
where direction = %s and (%s::text[] is null or state = any(%s::text[]))
  and (%s::text[] is null or (case direction when 'out' then from_her else to_her end) = any(%s::text[]))
  and (%s::bigint is null or pat = %s) and (%s::text is null or reference = %s)
  and (%s::text[] is null or type = any(%s::text[]))
order by made desc, id desc limit %s"""  # noqa: S608
STEP = "insert into message_event (message, state, detail) values (%s, %s, %s)"
COUNTS = "select direction, state, count(*) from message group by direction, state"
RECEIVER_FIELDS = "r.message, r.her_id, r.state, r.status, r.errors, r.updated"
PUT_RECEIVER = """
insert into message_receiver (message, her_id, state, status, errors) values (%s, %s, %s, %s, %s)
on conflict (message, her_id) do update set state = excluded.state, status = excluded.status,
    errors = excluded.errors, updated = now()"""
RECEIVERS = f"select {RECEIVER_FIELDS} from message_receiver r where r.message = %s order by r.her_id"  # noqa: S608
PENDING = f"""
select {RECEIVER_FIELDS} from message_receiver r join message m on m.id = r.message
where r.state = 'pending' and m.direction = 'in' order by r.updated limit %s for update of r skip locked"""  # noqa: S608
WAITING = f"""
select r.her_id, {OF_MESSAGE}
from message_receiver r join message m on m.id = r.message
where r.her_id = any(%s) and r.state in ('waiting', 'fetched') and m.direction = 'relay'
  and (%s::text is null or m.from_her = %s) and (%s::text is null or m.msg_id = %s)
order by m.made_at_sender """  # noqa: S608


@value
class Message:
    """A message without its payload."""

    id: str
    direction: str
    """in, out or relay."""
    msg_id: str
    type: str
    state: str
    from_her: str
    to_her: str
    patient: str = ""
    """Id of the Patient on this node."""
    reference: str = ""
    """The resource it carries or became."""
    answers: str = ""
    """Id of the message it answers."""
    conversation: str = ""
    owner_role: str = ""
    attempts: int = 0
    due: datetime | None = None
    """When the engine looks at it next."""
    detail: str = ""
    content_type: str = "application/xml"
    made: datetime | None = None
    updated: datetime | None = None
    transport_id: str = ""
    deadline: datetime | None = None
    made_at_sender: str = ""
    day: date | None = None
    """The calendar day in Norway that it counts for, by its GenDate."""


@value
class Receiver:
    """One receiver of a message and what is known of it."""

    message: str
    her_id: str
    state: str
    status: str = ""
    errors: tuple[dict[str, Any], ...] = ()
    updated: datetime | None = None


@value
class Wanted:
    """Which messages: None is any. `her_ids` are our own addresses, of the sender of what went out, else the receiver."""

    states: Sequence[str] | None = None
    her_ids: Sequence[str] | None = None
    patient: str | None = None
    reference: str | None = None
    types: Sequence[str] | None = None


async def add(tx: Tx, message: Message, payload: bytes) -> bool:
    """Store a message; False when one of the same direction, sender and MsgId is there already."""
    m = message
    pat = patient_number(m.patient)
    row = [
        m.id, m.direction, m.msg_id, m.type, m.state, m.from_her, m.to_her, pat, m.patient, m.reference, m.answers,
        m.conversation, m.owner_role, m.due, m.detail, m.content_type, payload, m.transport_id, m.deadline,
        m.made_at_sender, m.day,
    ]  # fmt: skip
    added = await tx.execute(ADD, row) == 1
    if added:
        await tx.execute(STEP, [m.id, m.state, m.detail])
    return added


async def get(tx: Tx, id_: str, *, hold: bool = False) -> Message | None:
    """A message; with `hold` nobody else changes it before this transaction ends."""
    row = await tx.one(HELD if hold else GET, [id_])
    return of_row(row) if row else None


async def payload(tx: Tx, id_: str) -> bytes:
    """The bytes of a message, empty when there is none."""
    row = await tx.one("select payload from message where id = %s", [id_])
    return bytes(row[0]) if row else b""


async def by_msg_id(tx: Tx, direction: str, from_her: str, msg_id: str) -> Message | None:
    """The message that its sender calls `msg_id`."""
    row = await tx.one(BY_MSG_ID, [direction, from_her, msg_id])
    return of_row(row) if row else None


async def sent(tx: Tx, msg_id: str) -> Message | None:
    """Our own message that a receipt names, held."""
    row = await tx.one(SENT, [msg_id])
    return of_row(row) if row else None


async def claim(tx: Tx, direction: str, states: Sequence[str], now: datetime, limit: int) -> list[Message]:
    """Messages that are due, held for this transaction; those that another worker holds are passed over."""
    return [of_row(row) for row in await tx.fetch(CLAIM, [direction, list(states), now, limit])]


async def late(tx: Tx, states: Sequence[str], now: datetime, limit: int) -> list[Message]:
    """Own messages whose answer is overdue, held."""
    return [of_row(row) for row in await tx.fetch(LATE, [list(states), now, limit])]


async def unopened(tx: Tx, before: datetime, limit: int) -> list[Message]:
    """Letters that came before a moment, that nobody has opened and no person was told of, held."""
    return [of_row(row) for row in await tx.fetch(UNOPENED, [before, limit])]


async def lease(tx: Tx, id_: str, until: datetime) -> None:
    """Keep other workers from a message for a time, without a step in its history."""
    await tx.execute("update message set due = %s where id = %s", [until, id_])


async def change(tx: Tx, message: Message) -> None:
    """Write the message's new state, with a line in its history."""
    m = message
    values = [
        m.state, m.detail, m.due, m.attempts, m.transport_id, m.deadline, m.owner_role, m.reference, m.patient,
        patient_number(m.patient), m.id,
    ]  # fmt: skip
    await tx.execute(CHANGE, values)
    await tx.execute(STEP, [m.id, m.state, m.detail])


async def find(tx: Tx, direction: str, wanted: Wanted | None = None, *, limit: int = 100) -> list[Message]:
    """Newest first."""
    w = wanted or Wanted()
    states = list(w.states) if w.states is not None else None
    own = list(w.her_ids) if w.her_ids is not None else None
    pat = patient_number(w.patient) if w.patient is not None else None
    types = list(w.types) if w.types is not None else None
    about = [pat, pat, w.reference, w.reference, types, types]
    values = [direction, states, states, own, own, *about, limit]
    return [of_row(row) for row in await tx.fetch(FIND, values, prepare=False)]


async def steps(tx: Tx, id_: str) -> list[tuple[datetime, str, str]]:
    """What happened to a message: when, state, detail."""
    rows = await tx.fetch(
        "select moment, state, detail from message_event where message = %s order by id", [id_]
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def counts(tx: Tx) -> dict[tuple[str, str], int]:
    """How many messages there are of each direction and state."""
    return {(row[0], row[1]): row[2] for row in await tx.fetch(COUNTS)}


async def put_receiver(tx: Tx, receiver: Receiver) -> None:
    """Note what is known of a receiver."""
    r = receiver
    await tx.execute(PUT_RECEIVER, [r.message, r.her_id, r.state, r.status, Jsonb(list(r.errors))])


async def receivers(tx: Tx, id_: str) -> list[Receiver]:
    return [receiver_of_row(row) for row in await tx.fetch(RECEIVERS, [id_])]


async def pending(tx: Tx, limit: int) -> list[Receiver]:
    """Receipts of ours that have been decided and not yet been handed over, held."""
    return [receiver_of_row(row) for row in await tx.fetch(PENDING, [limit])]


async def waiting(
    tx: Tx, her_ids: Sequence[str], *, sender: str | None, msg_id: str | None, newest: bool, limit: int
) -> list[tuple[str, Message]]:
    """What the platform holds for these receivers and they have not read: receiver's address and message."""
    order = WAITING + ("desc, m.id desc limit %s" if newest else ", m.id limit %s")
    rows = await tx.fetch(order, [list(her_ids), sender, sender, msg_id, msg_id, limit], prepare=False)
    return [(row[0], of_row(row[1:])) for row in rows]


def of_row(row: Sequence[Any]) -> Message:
    """A message of a row with its columns (FIELDS)."""
    values = list(row)
    values[ANSWERS] = values[ANSWERS] or ""
    return Message(*values)


def receiver_of_row(row: Sequence[Any]) -> Receiver:
    """A receiver of a row with RECEIVER_FIELDS."""
    return Receiver(row[0], row[1], row[2], row[3], tuple(row[4]), row[5])
