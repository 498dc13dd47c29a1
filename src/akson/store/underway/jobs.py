"""Work that is done later: put in the queue by the transaction that wants it, done by a worker, tried again.

A job is claimed for a short time, again and again while it is done, so that a worker that died soon gives it back. It is
done at least once: what it does must bear being done twice. Long work is done in steps (`Later`). Jobs with the same
key run one after the other. A job that failed for the last time is dead: it stays for a person to look at.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.kit.errors import AksonError, Unavailable
from akson.kit.log import Event, log
from akson.store.database.pool import Database, Tx

LEASE = 120
"""Seconds a worker has for one job, or one step of it."""
CLAIMED, RENEWED = 15, 4
"""Seconds for which a job is claimed, and after which the claim is renewed while the job is being done."""
ATTEMPTS = 10
"""Tries before a job is dead; with the waits between them some two and a half hours."""
LONGEST_WAIT = 3600
IDLE = 0.25
"""Seconds between looks when there was nothing to do."""

ENQUEUE = """
insert into job (kind, key, payload, due) values (%s, %s, %s, coalesce(%s, now())) returning id"""
CLAIM = """
update job set attempts = attempts + 1, claimed_until = now() + make_interval(secs => %s)
where id in (
    select j.id from job j
    where j.state = 'ready' and j.due <= now() and (j.claimed_until is null or j.claimed_until < now())
      and j.kind = any(%s::text[])
      and (j.key = '' or not exists (
          select 1 from job e where e.key = j.key and e.key <> '' and e.state = 'ready' and e.id < j.id))
    order by j.due, j.id limit %s for update skip locked)
returning id, kind, key, payload, attempts, made, error, due"""
# Whoever claimed it last: each try counts up, and each step begins at another moment.
DONE = "delete from job where id = %s and attempts = %s and due = %s"
AGAIN = """
update job set claimed_until = null, due = now() + make_interval(secs => %s), error = %s
where id = %s and attempts = %s and due = %s"""
DEAD = """
update job set claimed_until = null, state = 'dead', error = %s
where id = %s and attempts = %s and due = %s"""
ON = """
update job set claimed_until = null, attempts = 0, error = '', payload = coalesce(%s, payload),
    due = greatest(clock_timestamp(), due + interval '1 microsecond') + make_interval(secs => %s)
where id = %s and attempts = %s and due = %s"""
BACK = """
update job set claimed_until = null, attempts = attempts - 1
where id = %s and attempts = %s and due = %s"""
RENEW = """
update job set claimed_until = now() + make_interval(secs => %s)
where id = %s and attempts = %s and due = %s"""
LIST_DEAD = (
    "select id, kind, key, payload, attempts, made, error from job where state = 'dead' order by id limit %s"
)
RETRY = (
    "update job set state = 'ready', attempts = 0, due = now(), error = '' where id = %s and state = 'dead'"
)
WAITING = "select kind, state, count(*), min(due) from job group by kind, state order by kind, state"


class Job(NamedTuple):
    """One job as its handler gets it."""

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int
    """Which try this is, from 1."""
    made: datetime
    error: str = ""
    """What went wrong the last time."""
    due: datetime | None = None

    @property
    def claim(self) -> list[Any]:
        """What tells this claim from any other."""
        return [self.id, self.attempts, self.due]


class Later(NamedTuple):
    """A step went well and there is more: go on after `seconds`, with another payload where one is given."""

    seconds: float = 0.0
    payload: dict[str, Any] | None = None


class Waiting(NamedTuple):
    """How much of one kind is in the queue, for the operator's view."""

    kind: str
    state: str
    number: int
    oldest: datetime


Handler = Callable[[Database, Job], Awaitable[Later | None]]
"""Does one job, or one step of it, with transactions of its own. An exception means: try again later."""


async def enqueue(
    tx: Tx, kind: str, payload: dict[str, Any], *, key: str = "", due: datetime | None = None
) -> int:
    """Put a job in the queue, in the caller's transaction; its number. `key` orders, `due` delays."""
    row = await tx.one(ENQUEUE, [kind, key, Jsonb(payload), due])
    return int(row[0]) if row else 0


async def run(
    database: Database,
    handlers: Mapping[str, Handler],
    stop: asyncio.Event,
    *,
    at_once: int = 4,
    idle: float = IDLE,
) -> None:
    """Work until `stop` is set: `at_once` jobs of the kinds that have a handler. Jobs begun are finished.

    Cancelled, it breaks off the jobs and gives them back, so that another worker goes on at once.
    """
    running: set[asyncio.Task[None]] = set()
    try:
        while not stop.is_set():
            claimed = await _claim(database, list(handlers), at_once - len(running))
            running |= {asyncio.create_task(_do(database, handlers[job.kind], job)) for job in claimed}
            wait = 0.0 if len(claimed) == at_once else idle
            waiting = [asyncio.create_task(stop.wait()), *running]
            await asyncio.wait(waiting, timeout=wait or None, return_when=asyncio.FIRST_COMPLETED)
            waiting[0].cancel()
            running = {task for task in running if not task.done()}
        await asyncio.gather(*running)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def run_due(database: Database, handlers: Mapping[str, Handler]) -> int:
    """Do what is due now and return how many jobs were tried: for commands and tests."""
    tried = 0
    while claimed := await _claim(database, list(handlers), 10):
        for job in claimed:
            await _do(database, handlers[job.kind], job)
        tried += len(claimed)
    return tried


async def _claim(database: Database, kinds: list[str], most: int) -> list[Job]:
    if most <= 0:
        return []
    try:
        async with database.transaction() as tx:
            rows = await tx.fetch(CLAIM, [float(CLAIMED), kinds, most])
    except Unavailable:
        return []
    return sorted(Job(*row) for row in rows)


async def _do(database: Database, handler: Handler, job: Job) -> None:
    keeper = asyncio.create_task(_keep_claim(database, job))
    try:
        async with asyncio.timeout(LEASE * 0.9):
            later = await handler(database, job)
    except asyncio.CancelledError:
        await _note(database, BACK, job)
        raise
    except Exception as error:  # noqa: BLE001  whatever a handler meets, the queue goes on
        await _failed(database, job, error)
        return
    finally:
        keeper.cancel()
    if later is None:
        noted = await _note(database, DONE, job)
    else:
        payload = None if later.payload is None else Jsonb(later.payload)
        noted = await _note(database, ON, job, payload, float(later.seconds))
    if not noted:
        # The claim runs out and the job is done once more: handlers bear that.
        log(Event.JOB_FAILED, kind=job.kind, job=job.id, error="not marked as done")


async def _keep_claim(database: Database, job: Job) -> None:
    """Renew the claim for as long as the job is being done."""
    while True:
        await asyncio.sleep(RENEWED)
        await _note(database, RENEW, job, float(CLAIMED))


async def _note(database: Database, statement: str, job: Job, *values: object) -> bool:
    """Write down what became of a job, unless somebody else has it now; False when the database does not answer."""
    try:
        async with database.transaction() as tx:
            await tx.execute(statement, [*values, *job.claim])
    except Unavailable:
        return False
    return True


async def _failed(database: Database, job: Job, error: Exception) -> None:
    """Wait longer each time; after the last try leave it to a person. Keeps no text that may be personal."""
    text = type(error).__name__
    if isinstance(error, AksonError) and error.diagnostics:
        text = f"{text}: {error.diagnostics}"[:500]
    last = job.attempts >= ATTEMPTS
    log(Event.JOB_DEAD if last else Event.JOB_FAILED, kind=job.kind, job=job.id, error=text)
    if last:
        await _note(database, DEAD, job, text)
    else:
        await _note(database, AGAIN, job, wait(job.attempts), text)


def wait(attempts: int) -> float:
    """Seconds until the next try: doubling from 2, at most an hour, a little scattered."""
    return min(float(2**attempts), LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311  no secret


async def dead(tx: Tx, count: int = 100) -> list[Job]:
    """Jobs that failed for the last time, oldest first."""
    return [Job(*row) for row in await tx.fetch(LIST_DEAD, [count])]


async def retry(tx: Tx, job: int) -> bool:
    """Give a dead job a new start; False when it is not dead."""
    return await tx.execute(RETRY, [job]) == 1


async def waiting(tx: Tx) -> list[Waiting]:
    """What is in the queue, by kind and state."""
    return [Waiting(*row) for row in await tx.fetch(WAITING)]
