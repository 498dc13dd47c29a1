"""A load from beginning to end: read, stage part by part, put into use, tell."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from akson.cli.database import Where, opened
from akson.cli.importing.progress import Progress
from akson.cli.loading.find import Item, Problem, Small, items
from akson.cli.loading.release import Release
from akson.fhir.terminology.concept import Concept
from akson.fhir.terminology.hierarchy import Hierarchy
from akson.kit.errors import AksonError
from akson.store.database.pool import Database
from akson.store.terms import sources, write

PART = 5_000
"""Concepts a transaction."""


@dataclass(frozen=True, slots=True)
class Options:
    """`version`: what to call what says no version itself. `languages`: of displays, the most wanted first."""

    version: str = ""
    languages: tuple[str, ...] = ()
    quiet: bool = False


@dataclass(slots=True)
class _Tally:
    lines: list[str] = field(default_factory=list[str])
    small: dict[str, int] = field(default_factory=dict[str, int])
    problems: list[Problem] = field(default_factory=list[Problem])


def load(paths: Sequence[Path], where: Where, options: Options) -> int:
    """Load everything; 0 when all was taken, 1 when something was not."""
    return asyncio.run(_load(paths, where, options))


async def _load(paths: Sequence[Path], where: Where, options: Options) -> int:
    tally = _Tally()
    async with opened(where) as database:
        async with database.transaction() as tx:
            await sources.sweep(tx, largest=write.LARGEST)
        for item in items(paths, options.languages):
            try:
                await _one(database, item, options, tally)
            except AksonError as error:
                source = item.source
                tally.problems.append(Problem(source, error.diagnostics or error.code))
    return _tell(tally)


async def _one(database: Database, item: Item, options: Options, tally: _Tally) -> None:
    match item:
        case Problem():
            tally.problems.append(item)
        case Small():
            async with database.transaction() as tx:
                await write.replace_resource(tx, _versioned(item, options).resource)
            kind = item.resource["resourceType"]
            tally.small[kind] = tally.small.get(kind, 0) + 1
        case Release():
            await _release(database, item, options, tally)


def _versioned(item: Small, options: Options) -> Small:
    if options.version and not item.resource.get("version"):
        return replace(item, resource={**item.resource, "version": options.version})
    return item


async def _release(database: Database, release: Release, options: Options, tally: _Tally) -> None:
    system = release.system
    if options.version and not system.version:
        system = replace(system, version=options.version)
    hierarchy = Hierarchy(release.hierarchy())
    progress = Progress(len(hierarchy), quiet=options.quiet)
    async with database.transaction() as tx:
        source = await write.stage(tx, system)
    done = 0
    for part in _parts(iter(release.concepts())):
        async with database.transaction() as tx:
            done += await write.add_concepts(tx, source, system, part, hierarchy)
        progress.show(done, done, 0)
    async with database.transaction() as tx:
        await write.switch(tx, source, system, done)
    progress.end()
    version = f"|{system.version}" if system.version else ""
    rate = done / max(progress.seconds, 0.001)
    tally.lines.append(
        f"{system.url}{version}: {done} concepts in {progress.seconds:.1f} s ({rate:.0f}/s) from {release.source}"
    )


def _parts(concepts: Iterator[Concept]) -> Iterator[list[Concept]]:
    while part := list(islice(concepts, PART)):
        yield part


def _tell(tally: _Tally) -> int:
    """The summary, and everything that was not taken."""
    for line in tally.lines[:40]:
        print(line)
    if len(tally.lines) > 40:
        print(f"... and {len(tally.lines) - 40} code systems more")
    for kind, count in tally.small.items():
        print(f"{kind}: {count}")
    if not tally.lines and not tally.small and not tally.problems:
        print("Nothing there is terminology that Akson knows")
        return 1
    if tally.problems:
        print("Not loaded, and why:")
        for problem in tally.problems:
            print(f"  {problem.source}: {problem.reason}")
    return 1 if tally.problems else 0
