"""What a node does beside its requests: jobs from its queue, and loops that go on for as long as it runs.

A new kind of job is one line in HANDLERS, a new loop one line in LOOPS. Several processes on one database share the
jobs, since each job is claimed; a loop runs in each of them and must bear that.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

from akson.kit.errors import Unavailable
from akson.kit.log import Event, log
from akson.record import reindexing
from akson.record.bulk import export, imports
from akson.record.context import Place
from akson.record.replay import runs
from akson.rest.bulk import work as bulk
from akson.rest.subscriptions import worker as subscriptions
from akson.store.database.pool import Database
from akson.store.database.reader import NODE, OWNER
from akson.store.underway import jobs
from akson.store.underway.jobs import Job, Later

Work = Callable[[Place, Job], Awaitable[Later | None]]
"""Does one job, or one step of it. An exception means: try again later."""
Loop = Callable[[Place], Awaitable[None]]
"""Goes on until it is cancelled. One that fails is begun again."""

HANDLERS: Mapping[str, Work] = {
    export.KIND: bulk.export,
    imports.KIND: bulk.import_,
    reindexing.JOB: reindexing.work,
    runs.JOB: runs.work,
}
"""By kind of job."""
LOOPS: tuple[Loop, ...] = (subscriptions.run, bulk.expire)

CONNECTIONS, AT_ONCE = 5, 4
"""Connections of the work beside the requests, so that neither waits for the other's; jobs done at once."""
STATEMENT_TIMEOUT = 300
IDLE = 0.5
"""Seconds between looks into an empty queue."""
PAUSE = 2.0
"""Seconds before a loop that failed is begun again."""
LAST_CALLS = 10
"""How often, a second apart, a task is told to end before the program ends without it."""


async def run(
    place: Place, handlers: Mapping[str, Work] | None = None, loops: Iterable[Loop] | None = None
) -> None:
    """Work until cancelled, with connections of its own. Jobs then under way are given back to the queue."""
    own = Database(
        place.database.uri,
        CONNECTIONS,
        reader=OWNER if place.database.reader is OWNER else NODE,
        statement_timeout=STATEMENT_TIMEOUT,
    )
    here = replace(place, database=own)
    work = HANDLERS if handlers is None else handlers
    try:
        with suppress(Unavailable):  # the pool goes on trying, and so does the work
            await own.open()
        async with asyncio.TaskGroup() as group:
            group.create_task(kept_up(partial(_jobs, work, here)))
            for loop in LOOPS if loops is None else loops:
                group.create_task(kept_up(partial(loop, here)))
    finally:
        await bulk.end(here)
        await own.close()


@asynccontextmanager
async def beside(place: Place) -> AsyncIterator[None]:
    """The work of a place goes on for as long as the block lasts."""
    task = asyncio.create_task(run(place))
    try:
        yield
    finally:
        await ended([task])


async def ended(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """Cancel tasks until they are over. One that is just taking in an error may miss the first call."""
    pending = set(tasks)
    for _ in range(LAST_CALLS):
        for task in pending:
            task.cancel()
        if not pending:
            break
        _, pending = await asyncio.wait(pending, timeout=1)


async def _jobs(handlers: Mapping[str, Work], place: Place) -> None:
    bound = {kind: _bound(work, place) for kind, work in handlers.items()}
    await jobs.run(place.database, bound, asyncio.Event(), at_once=AT_ONCE, idle=IDLE)


def _bound(work: Work, place: Place) -> jobs.Handler:
    async def handler(_database: Database, job: Job) -> Later | None:
        return await work(place, job)

    return handler


async def kept_up(job: Callable[[], Awaitable[object]]) -> None:
    """Go on with a job until cancelled, whatever it meets: what ended by an error is told, and begun again."""
    while True:
        try:
            await job()
        except Exception as error:  # noqa: BLE001  whatever one job meets, the others go on
            log(Event.JOB_FAILED, job=_label(job), error=type(error).__name__)
        await asyncio.sleep(PAUSE)


def _label(job: Callable[..., object]) -> str:
    """What a job is called: of one that is handed to another, its own name."""
    while isinstance(job, partial):
        job = next((each for each in reversed(job.args) if callable(each)), job.func)
    return getattr(job, "__qualname__", type(job).__name__)
