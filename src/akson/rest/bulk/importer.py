"""The work of an import, a step at a time: cut the sources into parts, have processes take the parts in, close.

A part is some lines that follow each other. What it brings and that it is done is one transaction, so a process that is
killed leaves it undone; the ids of resources are kept, so what comes twice changes nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from akson.kit.clock import now
from akson.kit.packing import pack
from akson.record.bulk import own
from akson.record.bulk.exporter import Kept, files_of
from akson.record.context import Place
from akson.rest.bulk import sources
from akson.rest.bulk.loading import CREATED, UNCHANGED, UPDATED, Task
from akson.rest.bulk.sources import Unreadable
from akson.rest.bulk.workers import Workers, setting
from akson.store.database.pool import Tx
from akson.store.underway import transfers
from akson.store.underway.jobs import Job, Later
from akson.store.underway.transfers import Chunk, Part, Transfer

STEP = 8.0
"""Seconds that a step may take before the job goes back to the queue."""
PART = 1_500_000
"""Bytes of a part; it ends with the line that reaches them."""
LINE = 100_000_000
"""Bytes of one line; more is refused, and with it the source."""
GIVE_UP = 5
TALLIES = (CREATED, UPDATED, UNCHANGED, "error")


class Over(Exception):
    """The import has ended meanwhile: it was cancelled, or what it holds was erased."""


class Cutter:
    """Cuts a stream of bytes into parts of whole lines."""

    def __init__(self, line: int = 1) -> None:
        self._left = bytearray()
        self.line = line
        """Number of the first line of the next part."""

    def add(self, raw: bytes) -> Iterator[tuple[bytes, int]]:
        """Parts that are complete: (bytes, number of the first line)."""
        self._left += raw
        while len(self._left) >= PART:
            end = self._left.rfind(b"\n", 0, max(PART, 1)) + 1 or self._left.find(b"\n") + 1
            if not end:
                if len(self._left) > LINE:
                    raise Unreadable(f"line {self.line} is longer than {LINE} bytes")
                return
            yield self._cut(end)

    def end(self) -> Iterator[tuple[bytes, int]]:
        """What is left."""
        if self._left:
            yield self._cut(len(self._left))

    def _cut(self, end: int) -> tuple[bytes, int]:
        part, line = bytes(self._left[:end]), self.line
        del self._left[:end]
        self.line += part.count(b"\n")
        return part, line


@dataclass(slots=True)
class Importer:
    """Does imports of a place with some processes."""

    place: Place
    kept: Kept
    workers: Workers

    async def work(self, job: Job) -> Later | None:
        """Some steps; Later while there is more to do. Ends as done or failed, never in between."""
        id_ = job.payload["transfer"]
        try:
            return await self._steps(id_)
        except Over:
            return Later()
        except Unreadable as error:
            await self._fail(id_, str(error))
        except Exception as error:
            if job.attempts < GIVE_UP:
                raise
            await self._fail(id_, f"it could not be done ({type(error).__name__})")
        return None

    async def _steps(self, id_: str) -> Later | None:
        until = time.monotonic() + STEP
        while time.monotonic() < until:
            async with self.place.database.transaction() as tx:
                transfer = await transfers.hold(tx, id_)
                if transfer is not None and transfer.state == "cancelled":
                    await transfers.drop(tx, id_)
                    return None
                if transfer is None or transfer.state not in {"waiting", "planning", "running"}:
                    return None
                if own.still_granted(self.place, transfer) is None:
                    await self._end(tx, transfer, "failed", "whoever asked for it may not any more")
                    return None
            if transfer.state != "running":
                await self._plan(transfer, until)
            elif await self._take_in(transfer, until):
                await self._close(id_)
                return None
        return Later()

    # The plan: which bytes are which part

    async def _plan(self, transfer: Transfer, until: float) -> None:
        """Cut the next source, or some of it, into parts."""
        place = {"input": 0, "offset": 0, "line": 1, "number": 1} | transfer.place
        inputs = transfer.wanted["inputs"]
        if place["input"] >= len(inputs):
            async with self.place.database.transaction() as tx:
                await _move(tx, transfer.id, "running", place, transfer.total)
            return
        source = inputs[place["input"]]
        path = sources.path_of(source["url"])
        if path is not None:
            await self._plan_file(transfer, place, path, until)
        else:
            async with sources.reading(source["url"]) as pieces:
                await self._fetch(transfer, place, pieces)

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
                    count = _resources(part)
                    parts.append((str(place["input"]), (place["offset"], len(part), line)))
                    place["offset"] += len(part)
                    total += count
                place["line"] = cutter.line
                if not raw:
                    place |= {"input": place["input"] + 1, "offset": 0, "line": 1}
                async with self.place.database.transaction() as tx:
                    await transfers.add_parts(tx, transfer.id, place["number"], parts)
                    place["number"] += len(parts)
                    await _move(tx, transfer.id, "planning", place, total)
                if not raw:
                    return

    async def _fetch(self, transfer: Transfer, place: dict[str, Any], pieces: AsyncIterator[bytes]) -> None:
        """What comes over the network is kept until it is taken in. What an earlier try has kept is passed over."""
        stage = Stage(self.place, transfer.id, place, transfer.total)
        skip = int(place["offset"])
        async for piece in pieces:
            if skip >= len(piece):
                skip -= len(piece)
                continue
            await stage.add(piece[skip:])
            skip = 0
        await stage.end()

    # Taking in

    async def _take_in(self, transfer: Transfer, until: float) -> bool:
        """Give parts to the processes until the time is over; whether none is left."""
        begun: set[int] = set()
        doing: set[asyncio.Task[object]] = set()
        while True:
            wanted = self.workers.count + 1 - len(doing)
            parts: list[Part] = []
            if wanted > 0 and time.monotonic() < until:
                async with self.place.database.transaction(read_only=True) as tx:
                    found = await transfers.open_parts(tx, transfer.id, len(doing) + wanted)
                parts = [part for part in found if part.number not in begun][:wanted]
            for part in parts:
                begun.add(part.number)
                doing.add(asyncio.create_task(self.workers.do(self._task(transfer, part))))
            if not doing:
                return time.monotonic() < until
            finished, doing = await asyncio.wait(doing, return_when=asyncio.FIRST_COMPLETED)
            for each in finished:
                each.result()

    def _task(self, transfer: Transfer, part: Part) -> Task:
        actor = own.actor_of(transfer)
        source = transfer.wanted["inputs"][int(part.type)]
        path = sources.path_of(source["url"])
        start, length, line = part.rids
        return Task(
            (),
            setting(self.place, actor),
            transfer.id,
            part.number,
            source["url"],
            source["type"],
            str(path) if path else "",
            start,
            length,
            line,
        )

    async def _close(self, id_: str) -> None:
        async with self.place.database.transaction() as tx:
            transfer = await transfers.hold(tx, id_)
            if transfer is not None and transfer.state == "running":
                await transfers.analyze(tx)
                await self._end(tx, transfer, "done")

    async def _end(self, tx: Tx, transfer: Transfer, state: str, error: str = "") -> None:
        await transfers.drop_sources(tx, transfer.id)
        found = await transfers.sizes(tx, transfer.id)
        counts = await transfers.counts(tx, transfer.id, TALLIES)
        result = {"files": files_of(found, self.kept.file), "counts": _tally(counts)}
        await transfers.end(tx, transfer.id, state, result, now() + self.kept.time, error)

    async def _fail(self, id_: str, error: str) -> None:
        async with self.place.database.transaction() as tx:
            if (transfer := await transfers.hold(tx, id_)) is not None:
                await self._end(tx, transfer, "failed", error)


class Stage:
    """Keeps what comes in over the network, part by part, until a process takes it in."""

    def __init__(
        self, place: Place, id_: str, where: dict[str, Any], total: int = 0, *, state: str = "planning"
    ) -> None:
        self._place = place
        self._id = id_
        self._where = where
        self._cutter = Cutter(where["line"])
        self._total = total
        self._state = state

    async def add(self, raw: bytes) -> None:
        for part, line in self._cutter.add(raw):
            await self._keep(part, line)

    async def end(self) -> None:
        for part, line in self._cutter.end():
            await self._keep(part, line)
        self._where |= {"input": self._where["input"] + 1, "offset": 0, "line": 1}
        async with self._place.database.transaction() as tx:
            await _move(tx, self._id, self._state, self._where, self._total)

    async def _keep(self, part: bytes, line: int) -> None:
        number = self._where["number"]
        packed = await asyncio.to_thread(pack, part)
        self._total += _resources(part)
        self._where |= {
            "number": number + 1,
            "offset": self._where["offset"] + len(part),
            "line": self._cutter.line,
        }
        numbers = (self._where["offset"] - len(part), len(part), line)
        async with self._place.database.transaction() as tx:
            await transfers.add_parts(tx, self._id, number, [(str(self._where["input"]), numbers)])
            await transfers.add_chunk(tx, self._id, Chunk("source", "", number, 0, 0, packed))
            await _move(tx, self._id, self._state, self._where, self._total)


async def _move(tx: Tx, id_: str, state: str, place: dict[str, Any], total: int) -> None:
    """Write down how far it has come. Over when it goes no further: nothing of it is written then."""
    if not await transfers.move(tx, id_, state, place, total):
        raise Over


def _resources(part: bytes) -> int:
    """Lines that hold something."""
    return sum(1 for line in part.split(b"\n") if line.strip())


def _tally(counts: list[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for what, kind, count in counts:
        found.setdefault(what, {})[kind] = count
    return found
