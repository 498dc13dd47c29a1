"""Indexing again what is stored: one resource at once, types and the whole node as a run of steps beside the requests.

A search parameter that is added waits for such a run; it can be searched by when all is indexed. The right to ask for
one is checked by whoever does.
"""

from collections.abc import Iterable
from time import monotonic

from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.record.context import NODE_ITSELF, Context, Place, opened
from akson.record.prepare import complete
from akson.record.registry import LOOK
from akson.store.index import search_parameters
from akson.store.operations import reindex
from akson.store.operations.reindex import Run, Taken
from akson.store.underway import jobs
from akson.store.underway.jobs import Job, Later

JOB = "reindex"
STEP = 5.0
"""Seconds of work in one step of a job."""
WAIT = 2 * LOOK
"""Seconds until every process knows the search parameters of today."""
AGAIN = 0.2
"""Seconds until the next look at who still writes by those of before."""


async def begin(ctx: Context, kinds: list[str], parameter: str = "") -> str:
    """A run over these types (none: all) in the queue; its id."""
    identity = await reindex.start(ctx.tx, kinds, parameter)
    await jobs.enqueue(ctx.tx, JOB, {"id": identity}, key=f"{JOB}:{identity}")
    return identity


async def at_once(ctx: Context, kind: str, identity: str) -> bool:
    """Index one resource again, in this transaction; False where there is none."""
    taken = await reindex.take_named(ctx.tx, kind, identity)
    if taken is not None:
        await _again(ctx, [taken])
    return taken is not None


async def work(place: Place, job: Job) -> Later | None:
    """One step of a run: it goes on where the last one ended, in whatever process that was."""
    until = monotonic() + STEP
    while monotonic() < until:
        async with opened(place, NODE_ITSELF) as ctx:
            run = await reindex.one(ctx.tx, job.payload["id"])
            if run is None or run.state == "done":
                return None
            if run.state == "waiting" and (wait := await _wait(ctx, run)):
                return Later(wait)
            if await _step(ctx, run):
                return None
    return Later()


async def _wait(ctx: Context, run: Run) -> float:
    """Seconds to wait: until every process knows the parameters, then until all who began before that are through."""
    if run.free:
        return 0
    if run.age < WAIT:
        return WAIT - run.age + 0.01
    if not run.barred:
        await reindex.bar(ctx.tx, run.id)
    return AGAIN


async def _step(ctx: Context, run: Run) -> bool:
    """The next resources; whether the run is over."""
    taken, ahead = await reindex.take(ctx.tx, run)
    if ahead:
        held = {each.rid for each in taken}
        elsewhere = await reindex.present(ctx.tx, [rid for _, rid in ahead if rid not in held])
        await _again(ctx, taken)
        await reindex.save(ctx.tx, run, ahead[-1], [*run.later, *elsewhere], len(taken))
        return False
    if run.later:
        first, *later = run.later
        one = await reindex.take_one(ctx.tx, first)
        await _again(ctx, [one] if one else [])
        await reindex.save(ctx.tx, run, (run.type, run.rid), later, 1)
        return False
    await reindex.finish(ctx.tx, run.id)
    if run.parameter:
        await search_parameters.finish(ctx.tx, run.parameter)
    return True


async def _again(ctx: Context, taken: Iterable[Taken]) -> None:
    await reindex.rewrite(ctx.tx, [await _indexed(ctx, each) for each in taken])


async def _indexed(ctx: Context, taken: Taken) -> tuple[Taken, Resource, Index]:
    resource = loads(taken.body)
    index = (await ctx.definitions()).extract(resource, base=ctx.node.fhir)
    await complete(ctx, resource, index, {})
    return taken, resource, index
