"""Subscriptions at work: who waits for what, how far each has come, and its numbered events.

Several processes may work at once. Events of a subscription are numbered under a lock on its row, and delivered by the
one process that holds its claim, so that they go out once and in order.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.store.database.pool import Row, Tx
from akson.store.record.events import Happening, Mark

REQUESTED, ACTIVE, ERROR, OFF = "requested", "active", "error", "off"
COLUMNS = (
    "s.id, s.version, s.status, s.channel, s.plan, s.actor, s.purpose, s.latest, s.delivered, s.failures, s.error,"
    " s.failing_since, s.ends, s.xid::text, s.sequence, s.claim"
)
# What was collected before is kept; one that was off begins anew from now, with the next number.
REGISTER = """
insert into subscription as s (id, version, status, channel, plan, actor, purpose, ends)
values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (id) do update set version = excluded.version, status = excluded.status, channel = excluded.channel,
    plan = excluded.plan, actor = excluded.actor, purpose = excluded.purpose, ends = excluded.ends,
    xid = case when s.status in ('active', 'error') then s.xid end, horizon = null, failures = 0, error = '',
    failing_since = null, due = now(), beat = null, claim = '', claimed_until = null,
    delivered = case when s.status = 'off' then s.latest else s.delivered end"""
FORGET_TYPES = "delete from subscription_type where subscription = %s"
TYPES = "insert into subscription_type (type, subscription) select t, %s from unnest(%s::text[]) t"
OWNERS = ("kind", "client_id", "hpr", "patient")
"""What tells the owners of subscriptions apart."""
AT_WORK = f"""
select count(*) from subscription where status <> 'off'
    and {" and ".join(f"actor->>'{name}' = %s" for name in OWNERS)}"""  # noqa: S608
REMOVE = "delete from subscription where id = %s"
FIND = f"select {COLUMNS} from subscription s where s.id = any(%s::text[])"  # noqa: S608
# A transaction that began before the subscription was seen may write without telling: it must be over first.
SETTLE = """
update subscription set horizon = pg_snapshot_xmax(pg_current_snapshot())
where status = 'requested' and horizon is null"""
DUE = """
s.due <= now() and (s.claimed_until is null or s.claimed_until < now())
and (s.status = 'requested' and s.horizon <= pg_snapshot_xmin(pg_current_snapshot())
    or s.status in ('active', 'error') and s.channel = 'rest-hook' and (
        s.delivered < s.latest or s.beat <= now() or s.xid is null))"""
OVERVIEW = f"""
select (select count(*) from subscription where status <> 'off'),
    (select count(*) from subscription where status = 'requested' and horizon is null),
    (select count(*) from subscription s where {DUE}),
    (select count(*) from subscription where status <> 'off' and ends <= now()),
    exists (select 1 from event where (xid, sequence) > (%s::text::xid8, %s)
        and xid < pg_snapshot_xmin(pg_current_snapshot()))"""  # noqa: S608
TIMEOUT = "(s.plan->'channel'->>'timeout')::int"
CLAIM = f"""
update subscription s set claim = %s, claimed_until = now() + make_interval(secs => %s + {TIMEOUT})
where s.id in (select s.id from subscription s where {DUE} order by s.due limit %s for update skip locked)
returning {COLUMNS}"""  # noqa: S608
MINE = "s.id = %s and s.version = %s and s.claim = %s"
ACTIVATE = f"""
update subscription s set status = 'active', failures = 0, error = '', failing_since = null, version = %s,
    xid = coalesce(s.xid, (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text::xid8),
    sequence = case when s.xid is null then 4611686018427387904 else s.sequence end,
    beat = now() + make_interval(secs => nullif((s.plan->'channel'->>'heartbeat')::int, 0))
where {MINE}"""  # noqa: S608
DELIVERED = f"""
update subscription s set delivered = %s, failures = 0, error = '', failing_since = null, due = now(),
    claimed_until = case when %s then null else now() + make_interval(secs => %s + {TIMEOUT}) end,
    claim = case when %s then '' else s.claim end,
    beat = now() + make_interval(secs => nullif((s.plan->'channel'->>'heartbeat')::int, 0))
where {MINE}"""  # noqa: S608
FAILED = f"""
update subscription s set failures = s.failures + 1, error = %s, due = now() + make_interval(secs => %s),
    failing_since = coalesce(s.failing_since, now()), claim = '', claimed_until = null
where {MINE}"""  # noqa: S608
RELEASE = f"update subscription s set claim = '', claimed_until = null where {MINE}"  # noqa: S608
STAND = "update subscription s set status = %s, version = %s where s.id = %s and s.version = %s"
LOCKED = f"""
select {COLUMNS} from subscription s where s.id = %s and s.status in ('active', 'error') and s.xid is not null
for update skip locked"""  # noqa: S608
BETWEEN = """
select xid::text, sequence, pat, topic, reference, moment, version from event
where (xid, sequence) > (%s::text::xid8, %s) and (xid, sequence) <= (%s::text::xid8, %s) and version > 0
  and split_part(topic, '.', 1) = any(%s::text[])
order by xid, sequence limit %s"""
ADVANCE = "update subscription set xid = %s::text::xid8, sequence = %s, latest = %s where id = %s"
NUMBER = """
insert into subscription_event (subscription, number, action, type, id, version, moment)
select %s, e.number, e.action, e.type, e.id, e.version, e.moment
from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
    e(number, action, type, id, version, moment)"""
EVENTS = """
select number, action, type, id, version, moment from subscription_event
where subscription = %s and number > %s and number <= %s order by number limit %s"""
WAITING_FOR = """
select s.id from subscription s where s.status in ('active', 'error') and s.xid is not null
and exists (select 1 from subscription_type t where t.subscription = s.id and t.type = any(%s::text[]))"""
FURTHEST_BACK = """
select xid::text, sequence from subscription s where s.status in ('active', 'error') and s.xid is not null
order by s.xid, s.sequence limit 1"""
CATCH_UP = """
update subscription s set xid = %s::text::xid8, sequence = %s
where s.status in ('active', 'error') and (s.xid, s.sequence) < (%s::text::xid8, %s) and not exists (
    select 1 from event e where (e.xid, e.sequence) > (s.xid, s.sequence)
      and (e.xid, e.sequence) <= (%s::text::xid8, %s) and e.version > 0
      and exists (select 1 from subscription_type t
          where t.subscription = s.id and t.type = split_part(e.topic, '.', 1)))"""
ENDED = f"select {COLUMNS} from subscription s where s.status <> 'off' and s.ends <= now() limit %s"  # noqa: S608
POSITIONS = "select id, version, status, latest from subscription where id = any(%s::text[])"
SWEEP_EVENTS = "delete from subscription_event where moment < now() - make_interval(secs => %s)"
SWEEP_LOG = """
delete from event e where e.moment < now() - make_interval(secs => %s) and not exists (
    select 1 from subscription s where s.status in ('active', 'error') and s.xid <= e.xid)"""
PUT_TOPIC = """
insert into subscription_topic (url, basic, topic) values (%s, %s, %s)
on conflict (basic) do update set url = excluded.url, topic = excluded.topic"""
GET_TOPIC = "select topic from subscription_topic where url = %s"
HAS_TOPIC = "select 1 from subscription_topic where url = %s and basic <> %s"
ERASED = "delete from subscription where id = any(%s::text[])"
ERASED_TOPICS = "delete from subscription_topic where basic = any(%s::text[])"
OF_PATIENT = "delete from subscription where actor->>'patient' = %s"
REMOVE_TOPIC = "delete from subscription_topic where basic = %s"


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription at work, as its row has it."""

    id: str
    version: int
    status: str
    channel: str
    plan: dict[str, Any]
    actor: dict[str, Any]
    purpose: str
    latest: int
    """Number of its latest event."""
    delivered: int
    """Number of the latest event that was delivered."""
    failures: int
    error: str
    failing_since: datetime | None
    ends: datetime | None
    mark: Mark | None
    """How far the event log was looked through; None before it is active."""
    claim: str

    @classmethod
    def of(cls, row: Row) -> "Subscribed":
        xid, sequence, claim = row[13:]
        mark = Mark(int(xid), sequence) if xid is not None else None
        return cls(*(*row[:13], mark, claim))


class Numbered(NamedTuple):
    """One event of a subscription. `id` is empty when what it was about was erased."""

    number: int
    action: str
    type: str
    id: str
    version: int
    moment: datetime

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.id}"


class Overview(NamedTuple):
    """Whether there is anything to do."""

    live: int
    unsettled: int
    due: int
    ended: int
    news: bool
    """Whether anything was committed after the mark."""


class Position(NamedTuple):
    """How far a subscription has come."""

    id: str
    version: int
    status: str
    latest: int


async def register(tx: Tx, made: Subscribed, types: Collection[str]) -> None:
    """A subscription that was written: it waits for resources of these types from when it becomes active."""
    values = [made.id, made.version, made.status, made.channel, Jsonb(made.plan), Jsonb(made.actor)]
    await tx.execute(REGISTER, [*values, made.purpose, made.ends])
    await tx.execute(FORGET_TYPES, [made.id])
    if made.status != OFF:
        await tx.execute(TYPES, [made.id, sorted(types)])


async def at_work(tx: Tx, actor: dict[str, Any]) -> int:
    """How many subscriptions of this actor there are that are not off."""
    row = await tx.one(AT_WORK, [actor[name] for name in OWNERS])
    return int(row[0]) if row else 0


async def remove(tx: Tx, id_: str) -> None:
    """Forget a subscription and its events."""
    await tx.execute(REMOVE, [id_])


async def find(tx: Tx, ids: Collection[str]) -> dict[str, Subscribed]:
    """Those of these that there are."""
    rows = await tx.fetch(FIND, [list(ids)])
    return {row[0]: Subscribed.of(row) for row in rows}


async def overview(tx: Tx, seen: Mark) -> Overview:
    """Whether there is anything to do for who has seen the log up to a mark: one statement, asked often."""
    return Overview(*(await tx.fetch(OVERVIEW, [str(seen.xid), seen.sequence]))[0])


async def settle(tx: Tx) -> None:
    """Note which transactions must be over before new subscriptions become active."""
    await tx.execute(SETTLE)


async def claim(tx: Tx, name: str, lease: float, most: int) -> list[Subscribed]:
    """Take what is due: to be activated, delivered, or to be given a sign of life. Nobody else gets it meanwhile."""
    return [Subscribed.of(row) for row in await tx.fetch(CLAIM, [name, lease, most])]


async def activate(tx: Tx, of: Subscribed, version: int) -> bool:
    """From now on its events are collected. `version` is that of the resource which says so. False: not ours any more."""
    return await tx.execute(ACTIVATE, [version, of.id, of.version, of.claim]) == 1


async def delivered(tx: Tx, of: Subscribed, number: int, lease: float, *, last: bool = False) -> bool:
    """Events up to this number have arrived; with `last` others may take it. False: not ours any more."""
    values = [number, last, lease, last]
    return await tx.execute(DELIVERED, [*values, of.id, of.version, of.claim]) == 1


async def failed(tx: Tx, of: Subscribed, error: str, wait: float) -> bool:
    """A delivery failed: try again after some seconds. False: not ours any more."""
    return await tx.execute(FAILED, [error, wait, of.id, of.version, of.claim]) == 1


async def release(tx: Tx, of: Subscribed) -> None:
    """Let others take it."""
    await tx.execute(RELEASE, [of.id, of.version, of.claim])


async def stand(tx: Tx, of: Subscribed, status: str, version: int) -> bool:
    """Another status, as the resource says in its new version. Off: nothing is collected any more."""
    changed = await tx.execute(STAND, [status, version, of.id, of.version]) == 1
    if changed and status == OFF:
        await tx.execute(FORGET_TYPES, [of.id])
    return changed


async def locked(tx: Tx, id_: str) -> Subscribed | None:
    """An active subscription, held until the transaction ends; None when it is not active or somebody holds it."""
    row = await tx.one(LOCKED, [id_])
    return Subscribed.of(row) if row else None


async def between(tx: Tx, of: Subscribed, until: Mark, types: Collection[str], most: int) -> list[Happening]:
    """Changes of resources of these types after what it has seen, in the order they were committed."""
    mark = of.mark or Mark()
    values = [str(mark.xid), mark.sequence, str(until.xid), until.sequence, list(types), most]
    rows = await tx.fetch(BETWEEN, values, prepare=False)
    return [Happening(Mark(int(xid), sequence), *rest) for xid, sequence, *rest in rows]


async def number(tx: Tx, of: Subscribed, matched: Sequence[Happening], until: Mark) -> int:
    """Give what matched the next numbers, and move the mark; the number of the latest event."""
    latest = of.latest + len(matched)
    if matched:
        parts = [(*each.topic.split(".", 1), each.reference.split("/", 1)[1]) for each in matched]
        await tx.execute(
            NUMBER,
            [
                of.id,
                list(range(of.latest + 1, latest + 1)),
                [action for _, action, _ in parts],
                [kind for kind, _, _ in parts],
                [identity for _, _, identity in parts],
                [each.version for each in matched],
                [each.moment for each in matched],
            ],
        )
    await tx.execute(ADVANCE, [str(until.xid), until.sequence, latest, of.id])
    return latest


async def events_of(tx: Tx, id_: str, after: int, until: int, most: int) -> list[Numbered]:
    """Events after one number and up to another."""
    return [Numbered(*row) for row in await tx.fetch(EVENTS, [id_, after, until, most])]


async def waiting_for(tx: Tx, types: Collection[str]) -> list[str]:
    """Ids of active subscriptions that wait for resources of one of these types."""
    return [row[0] for row in await tx.fetch(WAITING_FOR, [list(types)])]


async def furthest_back(tx: Tx) -> Mark | None:
    """The smallest mark of an active subscription: from where a process that has just begun looks on."""
    row = await tx.one(FURTHEST_BACK)
    return Mark(int(row[0]), row[1]) if row else None


async def catch_up(tx: Tx, until: Mark) -> None:
    """Move the marks of those for whom nothing has happened up to here."""
    mark = [str(until.xid), until.sequence]
    await tx.execute(CATCH_UP, [*mark, *mark, *mark])


async def ended(tx: Tx, most: int) -> list[Subscribed]:
    """Those whose time is over."""
    return [Subscribed.of(row) for row in await tx.fetch(ENDED, [most])]


async def positions(tx: Tx, ids: Collection[str]) -> list[Position]:
    """How far these have come."""
    return [Position(*row) for row in await tx.fetch(POSITIONS, [list(ids)])]


async def sweep(tx: Tx, days: int) -> None:
    """Forget events older than this that nobody still waits for."""
    await tx.execute(SWEEP_EVENTS, [days * 86_400.0])
    await tx.execute(SWEEP_LOG, [days * 86_400.0])


async def put_topic(tx: Tx, basic: str, url: str, topic: dict[str, Any]) -> None:
    """Keep the topic that the Basic resource of this id carries."""
    await tx.execute(PUT_TOPIC, [url, basic, Jsonb(topic)])


async def topic(tx: Tx, url: str) -> dict[str, Any] | None:
    """An uploaded topic."""
    row = await tx.one(GET_TOPIC, [url])
    return row[0] if row else None


async def has_topic(tx: Tx, url: str, other_than: str) -> bool:
    """Whether another Basic resource than this carries a topic of this url."""
    return await tx.one(HAS_TOPIC, [url, other_than]) is not None


async def remove_topic(tx: Tx, basic: str) -> None:
    """Forget the topic that the Basic resource of this id carries."""
    await tx.execute(REMOVE_TOPIC, [basic])


async def end_erased(tx: Tx, references: Collection[str]) -> None:
    """Subscriptions and topics among resources that were erased."""
    ids: dict[str, list[str]] = {"Subscription": [], "Basic": []}
    for kind, _, identity in (reference.partition("/") for reference in references):
        if kind in ids:
            ids[kind].append(identity)
    if ids["Subscription"]:
        await tx.execute(ERASED, [ids["Subscription"]])
    if ids["Basic"]:
        await tx.execute(ERASED_TOPICS, [ids["Basic"]])


async def end_of_patient(tx: Tx, patient: str) -> None:
    """The subscriptions that were written by a patient, or for the sake of one, whose record was erased."""
    await tx.execute(OF_PATIENT, [patient])
