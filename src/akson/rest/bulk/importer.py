"""The work of an import, a step at a time: cut the sources into parts, have processes take the parts in, close.

A part is some lines that follow each other. What it brings and that it is done is one transaction, so a process that is
killed leaves it undone; the ids of resources are kept, so what comes twice changes nothing.
"""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akson.record.bulk import own
from akson.record.bulk.steps import Steps
from akson.rest.bulk import sources
from akson.rest.bulk.loading import CREATED, UNCHANGED, UPDATED, Task
from akson.rest.bulk.sources import Unreadable
from akson.rest.bulk.staging import Cutter, Stage, moved, resources
from akson.rest.bulk.workers import Workers, setting
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE
from akson.store.underway import transfers
from akson.store.underway.transfers import Part, Transfer

FETCH = 60.0
"""Seconds that one step may fetch: not many steps, since a source that gives no part of itself is read from its start."""
TALLIES = (CREATED, UPDATED, UNCHANGED, "error")


@dataclass(slots=True)
class Importer(Steps):
    """Does imports of a place with some processes."""

    workers: Workers

    async def step(self, id_: str, until: float, /) -> float | None:
        """One step, after the transaction that has begun it: the processes write down themselves what they do."""
        async with self.place.database.transaction(reader=NODE) as tx:
            held = await self.held(tx, id_)
            if held is None:
                return None
            transfer, _ = held
            if transfer.state == "running" and not await transfers.open_parts(tx, id_, 1):
                await self._close(tx, id_)
                return 0.0
        await (self._take_in if transfer.state == "running" else self._plan)(transfer, until)
        return 0.0

    # The plan: which bytes are which part

    async def _plan(self, transfer: Transfer, until: float) -> None:
        """Cut the next source, or some of it, into parts."""
        place = {"input": 0, "offset": 0, "line": 1, "number": 1} | transfer.place
        inputs = transfer.wanted["inputs"]
        if place["input"] >= len(inputs):
            async with self.place.database.transaction(reader=NODE) as tx:
                await moved(tx, transfer.id, "running", place, transfer.total)
            return
        source = inputs[place["input"]]
        path = sources.path_of(source["url"])
        if path is not None:
            await self._plan_file(transfer, place, path, until)
        else:
            await self._fetch(transfer, place, source["url"])

    async def _plan_file(self, transfer: Transfer, place: dict[str, Any], path: Path, until: float) -> None:
        """A file is read twice: now to find where its parts begin, later by the processes that take them in."""
        total = transfer.total
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except OSError as error:
            raise Unreadable(f"the file cannot be read ({type(error).__name__})") from error
        with file:
            file.seek(place["offset"])
            cutter = Cutter(place["line"])
            while time.monotonic() < until:
                raw = await asyncio.to_thread(file.read, 16_000_000)
                cuts = list(cutter.add(raw)) if raw else list(cutter.end())
                parts = []
                for part, line in cuts:
                    count = resources(part)
                    parts.append((str(place["input"]), (place["offset"], len(part), line)))
                    place["offset"] += len(part)
                    total += count
                place["line"] = cutter.line
                if not raw:
                    place |= {"input": place["input"] + 1, "offset": 0, "line": 1}
                async with self.place.database.transaction(reader=NODE) as tx:
                    await transfers.add_parts(tx, transfer.id, place["number"], parts)
                    place["number"] += len(parts)
                    await moved(tx, transfer.id, "planning", place, total)
                if not raw:
                    return

    async def _fetch(self, transfer: Transfer, place: dict[str, Any], url: str) -> None:
        """What comes over the network is kept until it is taken in; what was kept before is not fetched again."""
        until = time.monotonic() + FETCH
        stage = Stage(self.place, transfer.id, place, transfer.total)
        async with sources.reading(url, place["offset"]) as pieces:
            async for piece in pieces:
                await stage.add(piece)
                if stage.kept and time.monotonic() >= until:
                    return
        await stage.end()

    # Taking in

    async def _take_in(self, transfer: Transfer, until: float) -> None:
        """Give parts to the processes until the time is over or none is left."""
        begun: set[int] = set()
        doing: set[asyncio.Task[object]] = set()
        try:
            while True:
                for part in await self._next(transfer, begun, len(doing), until):
                    begun.add(part.number)
                    doing.add(asyncio.create_task(self.workers.do(self._task(transfer, part))))
                if not doing:
                    return
                finished, doing = await asyncio.wait(doing, return_when=asyncio.FIRST_COMPLETED)
                for each in finished:
                    each.result()
        finally:
            for each in doing:
                each.cancel()
            await asyncio.gather(*doing, return_exceptions=True)

    async def _next(self, transfer: Transfer, begun: set[int], doing: int, until: float) -> list[Part]:
        """Parts that nobody here has begun, one for each process and one more, so that none waits for its next."""
        wanted = self.workers.count + 1 - doing
        if wanted <= 0 or time.monotonic() >= until:
            return []
        async with self.place.database.transaction(read_only=True, reader=NODE) as tx:
            found = await transfers.open_parts(tx, transfer.id, doing + wanted)
        return [part for part in found if part.number not in begun][:wanted]

    def _task(self, transfer: Transfer, part: Part) -> Task:
        source = transfer.wanted["inputs"][int(part.type)]
        path = sources.path_of(source["url"])
        start, length, line = part.rids
        return Task(
            setting=setting(self.place, own.actor_of(transfer)),
            transfer=transfer.id,
            number=part.number,
            source=source["url"],
            kind=source["type"],
            path=str(path) if path else "",
            start=start,
            length=length,
            line=line,
        )

    async def _close(self, tx: Tx, id_: str) -> None:
        await transfers.analyze(tx)
        counts = await transfers.counts(tx, id_, TALLIES)
        await self.end(tx, id_, "done", counts=_tally(counts))


def _tally(counts: list[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for what, kind, count in counts:
        found.setdefault(what, {})[kind] = count
    return found
