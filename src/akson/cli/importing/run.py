"""An import from beginning to end: read, send, count, try again what waited for something else, tell."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from akson.cli import hosting
from akson.cli.importing.files import Files
from akson.cli.importing.jobs import Job, jobs
from akson.cli.importing.progress import Progress
from akson.cli.importing.tally import Tally
from akson.cli.importing.targets import Inside, Target, over_http
from akson.kit.errors import PeerSilent
from akson.record.bulk.steps import Troubled

MAY_PASS_LATER = frozenset({409, 412, 422})
"""A transaction refused with one of these may refer to something that a later file brings."""


@dataclass(frozen=True, slots=True)
class Options:
    """Where to: a server's base or a data folder. How many Bundles are under way at once; whether to show progress."""

    url: str | None = None
    data: Path | None = None
    parallel: int = 2
    quiet: bool = False


def load(paths: Sequence[Path], options: Options) -> int:
    """Import; 0 when everything was taken, 1 when something was refused or the target went away."""
    return hosting.run(_load(Files(paths), options))


async def _load(files: Files, options: Options) -> int:
    tally = Tally()
    progress = Progress(files.size, quiet=options.quiet)
    way = _online if options.data is None else _offline
    broken = await way(files, options, tally, progress)
    progress.end()
    _tell(tally, progress.seconds)
    if broken:
        print(f"Stopped: {broken}. Run the same command again to go on; nothing is loaded twice.")
    return 1 if broken or tally.refused else 0


def _first(stopped: BaseExceptionGroup[BaseException]) -> str:
    """What the first of several exceptions says."""
    found: BaseException = stopped
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return str(found)


async def _online(files: Files, options: Options, tally: Tally, progress: Progress) -> str:
    """Over HTTP, Bundle by Bundle; what stopped it."""
    broken = ""
    async with over_http(options.url or "") as target:
        try:
            left = await _all(_shown(files, tally, progress), target, tally, options.parallel)
            await _again(left, target, tally)
        except* PeerSilent as silent:
            broken = _first(silent)
    return broken


async def _offline(files: Files, options: Options, tally: Tally, progress: Progress) -> str:
    """In bulk, and what cannot go in bulk as single Bundles afterwards; what stopped it."""
    from akson.cli.importing import offline
    from akson.rest.direct import Direct

    broken = ""
    async with offline.place_of(options.data or Path()) as place:
        try:
            slow = await offline.load(place, files, tally, progress)
            target = Inside(Direct(place))
            left = await _all(jobs(slow), target, tally, 1)
            await _again(left, target, tally)
        except* Troubled as troubled:
            broken = _first(troubled)
    return broken


def _shown(files: Files, tally: Tally, progress: Progress) -> Iterator[Job]:
    """The jobs, with the progress shown between them."""
    for job in jobs(files):
        progress.show(files.done, tally.done, len(tally.refused))
        yield job


async def _all(work: Iterable[Job], target: Target, tally: Tally, parallel: int) -> list[Job]:
    """Send every job, some at once; the transactions that may pass later."""
    later: list[Job] = []
    slots = asyncio.Semaphore(parallel)

    async def one(job: Job) -> None:
        try:
            reply = await target.send(job.bundle)
        finally:
            slots.release()
        if job.whole and reply.status in MAY_PASS_LATER:
            later.append(job)
        else:
            tally.add(job, reply)

    async with asyncio.TaskGroup() as group:
        for job in work:
            if job.problem:
                tally.refuse(job, job.problem)
            else:
                await slots.acquire()
                group.create_task(one(job))
    return later


async def _again(later: list[Job], target: Target, tally: Tally) -> None:
    """Send what may pass now, one by one, for as long as that helps."""
    while later:
        left = []
        for job in later:
            reply = await target.send(job.bundle)
            if reply.status in MAY_PASS_LATER:
                left.append((job, reply))
            else:
                tally.add(job, reply)
        if len(left) == len(later):
            for job, reply in left:
                tally.add(job, reply)
            return
        later = [job for job, _ in left]


def _tell(tally: Tally, seconds: float) -> None:
    """The summary, and every refusal."""
    rate = tally.done / max(seconds, 0.001)
    print(f"{tally.done} resources in {seconds:.1f} s ({rate:.0f}/s)")
    for name in ("created", "updated", "unchanged", "deleted"):
        if count := getattr(tally, name):
            print(f"  {name:10} {count}")
    if tally.refused:
        print(f"  {'refused':10} {sum(refused.resources for refused in tally.refused)}")
        print("Refused, and why:")
        for refused in tally.refused:
            many = f" ({refused.resources} resources)" if refused.resources > 1 else ""
            print(f"  {refused.source}{many}: {refused.reason}")
