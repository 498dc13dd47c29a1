"""Simulations that somebody asked for on a page: begun by the privacy officer, worked out in steps beside the requests."""

from datetime import datetime, timedelta
from time import monotonic

from akson.kit.clock import now
from akson.kit.errors import NotFound
from akson.kit.ids import new_id
from akson.record import gate, trail
from akson.record.context import Context, Place
from akson.record.refused import Refused
from akson.record.replay.change import read
from akson.record.replay.replaying import Cursor, Replay
from akson.record.replay.tally import Tally
from akson.security.actor import Action
from akson.security.rules import access_log as rule
from akson.store.access import replay as rows
from akson.store.access import simulations
from akson.store.access.relations import BEGINNING
from akson.store.access.simulations import Simulation
from akson.store.database.reader import NODE
from akson.store.underway import jobs
from akson.store.underway.jobs import Job, Later

JOB = "simulate"
STEP = 5.0
"""Seconds of work in one step of a job."""
DAYS = 30
LATEST = 10


async def begin(ctx: Context, change: str, days: int = DAYS) -> str:
    """Ask what a change would have decided in the last days; the id of the question. Malformed says what is wrong with one.

    Refused for all who do not answer for the whole node; the look at the log is in the log.
    """
    await _looked(ctx)
    read(change)
    until = now()
    since = until - timedelta(days=days)
    total = await rows.count(ctx.tx, since, until)
    id_, actor = new_id(), ctx.actor
    made = Simulation(
        id_, actor.practitioner, actor.name, change, since, until, total, BEGINNING, 0, {}, False, until, until  # noqa: FBT003
    )  # fmt: skip
    await simulations.add(ctx.tx, made)
    await jobs.enqueue(ctx.tx, JOB, {"id": id_}, key=f"{JOB}:{id_}")
    return id_


async def one(ctx: Context, id_: str) -> Simulation:
    """A question with its answer so far. NotFound for none, Refused as `begin`."""
    await _looked(ctx)
    found = await simulations.one(ctx.tx, id_)
    if found is None:
        raise NotFound("No such simulation")
    return found


async def latest(ctx: Context) -> list[Simulation]:
    """The last questions of the node. Refused as `begin`."""
    await _looked(ctx)
    return await simulations.latest(ctx.tx, LATEST)


async def work(place: Place, job: Job) -> Later | None:
    """One step: it goes on where the last one ended, in whatever process that was."""
    async with place.database.transaction(read_only=True, reader=NODE) as tx:
        asked = await simulations.one(tx, job.payload["id"])
    if asked is None or asked.is_done:
        return None
    cursor = Cursor(asked.since, asked.until, (asked.at_moment, asked.at_number))
    replay = Replay(place.database, read(asked.change), cursor, Tally.of(asked.tally))
    until, more = monotonic() + STEP, True
    while more and monotonic() < until:
        more = await replay.step()
        async with place.database.transaction(reader=NODE) as tx:
            after: tuple[datetime, int] = cursor.after
            await simulations.save(tx, asked.id, after, replay.tally.told(), is_done=not more)
    return Later() if more else None


async def _looked(ctx: Context) -> None:
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    if not rule.sees_all(ctx.actor):
        row = trail.refused(ctx, Action.SEARCH, rule.LOG, "reason.no_rule")
        raise Refused("reason.no_rule", row)
    await trail.log_read(ctx, grant, {0: 0})
