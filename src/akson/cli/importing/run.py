"""An import from beginning to end: read, send, count, try again what waited for something else, tell."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from akson.cli.importing.files import Files
from akson.cli.importing.jobs import Job, jobs
from akson.cli.importing.progress import Progress
from akson.cli.importing.tally import Tally, reason_of
from akson.cli.importing.targets import Reply, Target, offline, over_http
from akson.kit.errors import PeerSilent

MAY_PASS_LATER = frozenset({409, 412, 422})
"""A transaction refused with one of these may refer to something that a later file brings."""


def load(paths: Sequence[Path], *, url: str | None, data: Path | None, quiet: bool = False) -> int:
    """Import; 0 when everything was taken, 1 when something was refused or the target went away."""
    return asyncio.run(_load(Files(paths), url, data, quiet=quiet))


async def _load(files: Files, url: str | None, data: Path | None, *, quiet: bool) -> int:
    tally = Tally()
    progress = Progress(files.size, quiet=quiet)
    broken = ""
    where = offline(data) if data is not None else over_http(url or "")
    async with where as target:
        try:
            await _all(files, target, tally, progress)
        except PeerSilent as error:
            broken = error.diagnostics
    progress.end()
    _tell(tally, progress.seconds)
    if broken:
        print(f"Stopped: {broken}. Run the same command again to go on; nothing is loaded twice.")
    return 1 if broken or tally.refused else 0


async def _all(files: Files, target: Target, tally: Tally, progress: Progress) -> None:
    later: list[tuple[Job, Reply]] = []
    for job in jobs(files):
        if job.problem:
            tally.refuse(job, job.problem)
        else:
            reply = await target.send(job.bundle)
            if job.whole and reply.status in MAY_PASS_LATER:
                later.append((job, reply))
            else:
                tally.add(job, reply)
        progress.show(files.done, tally.done, len(tally.refused) + len(later))
    while later:
        left = []
        for job, _ in later:
            reply = await target.send(job.bundle)
            if reply.status in MAY_PASS_LATER:
                left.append((job, reply))
            else:
                tally.add(job, reply)
        if len(left) == len(later):
            for job, reply in left:
                tally.refuse(job, f"{reply.status} {reason_of(reply.body)}")
            return
        later = left


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
