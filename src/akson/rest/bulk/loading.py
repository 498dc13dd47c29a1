"""What a process of an import does: read, check and index some documents, and store them in one transaction.

Each process has an event loop and connections of its own. It ends with the program that began it, also when that is killed.
"""

import asyncio
import gc
import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from akson.fhir.model import Resource, outcome
from akson.kit.errors import AksonError, Contended, Unavailable
from akson.kit.packing import pack
from akson.record import gate
from akson.record.bulk.load import load
from akson.record.context import Context, Place, opened
from akson.record.subscriptions.register import TYPES
from akson.rest.bulk.reading import Refused, Slow, Unit, of_document, of_line, told
from akson.security.actor import Actor, Purpose
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import NODE, Reader
from akson.store.index.hashing import resource_key
from akson.store.index.search_parameters import KIND as SEARCH_PARAMETER
from akson.store.terms.definitions import KEPT, TERMS
from akson.store.underway import transfers
from akson.store.underway.transfers import Chunk

TRIES = 8
MORE = TERMS | KEPT | TYPES | {SEARCH_PARAMETER}
"""Types of which more than rows has to be written."""
COLLECT = 50
"""Tasks after which cycles of garbage are looked for: much less often than Python would, which costs half the time."""
NOTED = 0.25
"""Seconds after which it is noted how many lines of a part are read."""
_RACES = frozenset({"UniqueViolation", "DeadlockDetected", "SerializationFailure", "LockNotAvailable"})
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and on whose behalf a process works. `place` has no database: the process opens its own."""

    place: Place
    uri: str
    reader: Reader
    actor: Actor


@dataclass(frozen=True, slots=True)
class Task:
    """Some documents (source, content); or a part of an import, read from a file or from what was sent in."""

    documents: tuple[tuple[str, bytes], ...] = ()
    setting: Setting | None = None
    transfer: str = ""
    number: int = 0
    source: str = ""
    kind: str = ""
    path: str = ""
    start: int = 0
    length: int = 0
    line: int = 1
    """Number of its first line."""


@dataclass(slots=True)
class Done:
    """What became of a task: resources by what was done with them, and by type; what was refused; what is slow."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)

    def of(self, what: str) -> int:
        return sum(count for (name, _), count in self.counts.items() if name == what)


class _Process:
    """The state of this process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.places: dict[str, Place] = {}
        self.tasks = 0

    async def place(self, setting: Setting) -> Place:
        found = self.places.get(setting.uri)
        if found is None:
            database = Database(setting.uri, 1, reader=setting.reader, statement_timeout=600)
            await database.open()
            found = self.places[setting.uri] = replace(setting.place, database=database)
        return found


_process: _Process | None = None


def enter() -> None:
    """Begin as a process of an import."""
    global _process  # noqa: PLW0603  one a process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _process = _Process()
    gc.disable()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def work(task: Task) -> Done:
    """Do a task in this process."""
    process = _process
    if process is None or task.setting is None:
        raise RuntimeError("enter() has not been called")
    process.tasks += 1
    if process.tasks % COLLECT == 1:
        gc.collect()
        gc.freeze()
    return process.loop.run_until_complete(_work(process, task, task.setting))


async def _work(process: _Process, task: Task, setting: Setting) -> Done:
    place = await process.place(setting)
    raw = await _raw(place, task) if task.transfer else b""
    found = await _read(place, task, raw) if task.transfer else _documents(task, place.node.fhir)
    units = [each for each in found if isinstance(each, Unit)]
    refused = [each for each in found if isinstance(each, Refused)]
    slow = [each.source for each in found if isinstance(each, Slow)]
    for attempt in range(TRIES):
        done = Done(refused=list(refused), slow=list(slow))
        try:
            async with opened(place, setting.actor, Purpose.ADMINISTRATION) as ctx:
                await _store(ctx, units, done)
                if task.transfer:
                    await _note(ctx.tx, task, done)
        except _Over:
            return Done()
        except (Contended, Unavailable):
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(random.uniform(0.02, 0.1) * (attempt + 1))  # noqa: S311  no secret
        else:
            return done
    raise AssertionError


class _Over(Exception):
    """Somebody else has done the part, or the import was cancelled: nothing is written."""


async def _raw(place: Place, task: Task) -> bytes:
    if task.path:
        with Path(task.path).open("rb") as file:  # noqa: ASYNC230  the loop of this process does nothing else
            file.seek(task.start)
            return file.read(task.length)
    async with place.database.transaction(read_only=True, reader=NODE) as tx:
        return await transfers.source(tx, task.transfer, task.number)


async def _read(place: Place, task: Task, raw: bytes) -> list[Unit | Refused]:
    """What the lines of a part hold. How many are read is noted now and then: the part itself stands as a whole or not at all."""
    found: list[Unit | Refused] = []
    noted = time.monotonic()
    for each in _lines(task, raw):
        found.append(each)
        if time.monotonic() - noted >= NOTED:
            async with place.database.singly(NODE) as tx:
                await transfers.read_on(tx, task.transfer, task.number, len(found))
            noted = time.monotonic()
    return found


def _lines(task: Task, raw: bytes) -> Iterator[Unit | Refused]:
    for number, line in enumerate(raw.split(b"\n"), task.line):
        if line.strip():
            yield of_line(f"{task.source}:{number}", line, task.kind)


def _documents(task: Task, base: str) -> list[Unit | Refused | Slow]:
    return [of_document(source, raw, base) for source, raw in task.documents]


async def _store(ctx: Context, units: list[Unit], done: Done) -> None:
    """Store what can be; one that cannot does not hold up the others."""
    wanted = {key for unit in units for key in unit.outside}
    if wanted:
        written = {(each["resourceType"], each["id"]) for unit in units for each in unit.resources}
        missing = await gate.absent(ctx, wanted - written)
        done.slow += [unit.source for unit in units if unit.outside & missing]
        units = [unit for unit in units if not unit.outside & missing]
    for some in rounds(units):
        try:
            async with ctx.tx.savepoint():
                await _store_all(ctx, some, done)
        except Exception as error:
            if _is_race(error):
                raise
            await _store_singly(ctx, some, done)


async def _store_singly(ctx: Context, units: Sequence[Unit], done: Done) -> None:
    for unit in units:
        try:
            async with ctx.tx.savepoint():
                await _store_all(ctx, [unit], done)
        except Exception as error:
            if _is_race(error):
                raise
            reason = (
                f"{error.status} {told(list(error.issues))}"
                if isinstance(error, AksonError)
                else (f"it could not be stored ({type(error).__name__})")
            )
            done.refused.append(Refused(unit.source, len(unit.resources), reason))


def _is_race(error: Exception) -> bool:
    return isinstance(error, Contended | Unavailable) or type(error).__name__ in _RACES


async def _store_all(ctx: Context, units: Sequence[Unit], done: Done) -> None:
    # In one order, so that two processes which write the same never wait for each other.
    found = sorted((each for unit in units for each in unit.resources), key=_key)
    for stored in await load(ctx, found, MORE):
        what = UNCHANGED if not stored.changed else CREATED if stored.version == 1 else UPDATED
        done.counts[what, stored.type] += 1


def _key(resource: Resource) -> int:
    return resource_key(resource["resourceType"], resource["id"])


def rounds(units: Sequence[Unit]) -> list[list[Unit]]:
    """The units in groups in which no resource comes twice, those that come first in the first."""
    made: list[list[Unit]] = []
    last: dict[tuple[str, str], int] = {}
    for unit in units:
        keys = {(each["resourceType"], each["id"]) for each in unit.resources}
        place = max((last[key] + 1 for key in keys if key in last), default=0)
        if place == len(made):
            made.append([])
        made[place].append(unit)
        last |= dict.fromkeys(keys, place)
    return made


async def _note(tx: Tx, task: Task, done: Done) -> None:
    """Write down what became of a part, in the transaction of what it brought."""
    for number, ((what, kind), count) in enumerate(sorted(done.counts.items())):
        chunk = Chunk(what, kind, task.number, number, count, pack(b""))
        await transfers.add_chunk(tx, task.transfer, chunk)
    if done.refused:
        raw = b"".join(orjson.dumps(_told(each)) + b"\n" for each in done.refused)
        chunk = Chunk("error", "OperationOutcome", task.number, 0, len(done.refused), pack(raw))
        await transfers.add_chunk(tx, task.transfer, chunk)
    count = sum(done.counts.values()) + len(done.refused)
    if not await transfers.finish_part(tx, task.transfer, task.number, count):
        raise _Over


def _told(refused: Refused) -> Resource:
    issue = {"severity": "error", "code": "processing", "diagnostics": f"{refused.source}: {refused.reason}"}
    return outcome([issue])
