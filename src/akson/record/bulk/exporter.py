"""The work of an export, a step at a time: wait for who was writing, plan, fill part by part, close.

Each step of the work is one transaction that also says how far it has come, so that any process goes on where another
was killed. Memory does not follow the size of the export, nor that of a resource.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import orjson

from akson.fhir.model import outcome
from akson.fhir.search import Query
from akson.fhir.spec import spec
from akson.kit.clock import now
from akson.kit.packing import pack
from akson.record import trail
from akson.record.bulk import own
from akson.record.bulk.export import Wanted, queries
from akson.record.bulk.steps import Steps
from akson.record.context import Context
from akson.security.actor import Purpose
from akson.security.policy import Grant
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE
from akson.store.index.hashing import patient_number
from akson.store.operations import exporting
from akson.store.operations.exporting import Choice, Row, Times
from akson.store.underway import transfers
from akson.store.underway.transfers import Chunk, Part, Transfer

SETTLE = timedelta(seconds=1)
"""A write that began before the moment of the export has its number in the database by now."""
PLANNED = 50_000
"""Resources that one step of the plan looks at."""
PATIENTS = 200
"""Patients that one step of the plan looks at."""
SLICE = 4_000_000
"""Bytes of bodies that are held at once."""
MOST = 64_000_000
"""Bytes of bodies in one transaction: some seconds of work."""

Reduce = Callable[[bytes], bytes]
"""Makes of a body what `_elements` leaves of it."""
Reducing = Callable[[tuple[str, ...]], Reduce]


@dataclass(slots=True)
class Exporter(Steps):
    """Does exports of a place. `reducing` gives what reduces bodies to some elements."""

    reducing: Reducing

    async def step(self, id_: str, _until: float, /) -> float | None:
        """One step in one transaction."""
        async with self.place.database.transaction(reader=NODE) as tx:
            held = await self.held(tx, id_)
            if held is None:
                return None
            transfer, grant = held
            if transfer.state == "waiting":
                return await self._settle(tx, transfer)
            if transfer.state == "planning":
                await self._plan(tx, grant, transfer)
            elif (part := await transfers.next_part(tx, id_)) is not None:
                await self._fill(tx, grant, transfer, part)
            else:
                await self._close(tx, grant, transfer)
            return 0.0

    async def _settle(self, tx: Tx, transfer: Transfer) -> float:
        """Wait for transactions that may have written before the moment and are not over."""
        left = (transfer.moment + SETTLE - now()).total_seconds()
        if left > 0:
            return left
        mark = transfer.place.get("horizon")
        if mark is None:
            await transfers.move(tx, transfer.id, "waiting", {"horizon": await transfers.horizon(tx)})
            return 0.01
        if not await transfers.passed(tx, mark):
            return 0.25
        place = {"unit": 0, "after": 0, "number": 1, "upper": await exporting.upper(tx)}
        await transfers.move(tx, transfer.id, "planning", place)
        return 0.0

    async def _plan(self, tx: Tx, grant: Grant, transfer: Transfer) -> None:
        """Write the next parts: which resources, and how many there are."""
        place = dict(transfer.place)
        wanted = Wanted.read(transfer.wanted)
        known = await self.place.registry.fresh(tx)
        units = _units(wanted, await queries(tx, wanted, self.place, known))
        if place["unit"] >= len(units):
            await transfers.move(tx, transfer.id, "running", place, transfer.total)
            return
        choice = units[place["unit"]](place["after"], place["upper"])
        limit = PLANNED if choice.patients is None else None
        found = await exporting.plan(tx, grant.scope, transfer.id, choice, place["number"], limit)
        is_more = limit is not None and found.count >= limit
        place |= {
            "unit": place["unit"] + (0 if is_more else 1),
            "after": found.last if is_more else 0,
            "number": place["number"] + found.parts,
        }
        await transfers.move(tx, transfer.id, "planning", place, transfer.total + found.count)

    async def _fill(self, tx: Tx, grant: Grant, transfer: Transfer, part: Part) -> None:
        """Read what a part holds, or the first of it where it is much, and keep it packed."""
        wanted = Wanted.read(transfer.wanted)
        times = Times(transfer.moment, wanted.since, wanted.until)
        found = await exporting.rows(tx, grant.scope, part.rids, times)
        first = exporting.slices(found, MOST)[0] if found else []
        is_all = len(first) == len(found)
        taken = len(part.rids) if is_all else part.rids.index(first[-1].rid) + 1
        chunks = _Chunks(transfer.id, part)
        elements = _elements(wanted, part.type)
        reduce = self.reducing(elements) if elements else None
        for group in exporting.slices([row for row in first if not row.deleted], SLICE):
            if group[0].size > SLICE and reduce is None:
                async for raw, is_last in self._pieces(tx, grant, group[0], times):
                    await chunks.add(tx, raw, int(is_last))
                continue
            count, raw = await exporting.lines(tx, grant.scope, [row.rid for row in group], times)
            if reduce is not None:
                raw = await asyncio.to_thread(_reduced, raw, reduce)
            await chunks.add(tx, raw, count)
        gone = [row for row in first if row.deleted]
        if gone and wanted.since is not None:
            await chunks.add(tx, _deletions(gone), 1, "deleted", "Bundle")
        await transfers.take(tx, transfer.id, part.number, taken, chunks.number)

    async def _pieces(
        self, tx: Tx, grant: Grant, row: Row, times: Times
    ) -> AsyncIterator[tuple[bytes, bool]]:
        """A body too large to be held whole, piece by piece, and whether it is the last."""
        done = 0
        while done < row.size:
            raw = await exporting.piece(tx, grant.scope, row.rid, times, (done, SLICE))
            if not raw:  # taken away for good in between: the part is done again without it
                raise LookupError
            done += len(raw)
            yield (raw + b"\n", True) if done >= row.size else (raw, False)

    async def _close(self, tx: Tx, grant: Grant, transfer: Transfer) -> None:
        """Everything is there: tell what was left out, the access log whose data it is, and what the files are."""
        if ignored := Wanted.read(transfer.wanted).ignored:
            packed = pack(b"".join(_warning(each) for each in ignored))
            chunk = Chunk("error", "OperationOutcome", 0, 0, len(ignored), packed)
            await transfers.add_chunk(tx, transfer.id, chunk)
        ctx = Context(own.actor_of(transfer), tx, self.place, Purpose.ADMINISTRATION)
        if grant.audited:
            wanted = Wanted.read(transfer.wanted)
            times = Times(transfer.moment, wanted.since, wanted.until)
            held = await exporting.patients(tx, grant.scope, transfer.id, times)
            await trail.put_together(ctx, grant, held)
        await self.end(tx, transfer.id, "done")


class _Chunks:
    """The chunks that a part gives, each packed and written when it is there."""

    def __init__(self, transfer: str, part: Part) -> None:
        self._transfer = transfer
        self._part = part
        self.number = part.chunks

    async def add(self, tx: Tx, raw: bytes, count: int, kind: str = "output", type_: str = "") -> None:
        if not raw:
            return
        packed = await asyncio.to_thread(pack, raw)
        chunk = Chunk(kind, type_ or self._part.type, self._part.number, self.number, count, packed)
        await transfers.add_chunk(tx, self._transfer, chunk)
        self.number += 1


Unit = Callable[[int, int], Choice]
"""A step of the plan: (after which number, up to which number) to what it looks at."""


def _units(wanted: Wanted, searched: Mapping[str, list[Query]]) -> list[Unit]:
    """The steps of the plan, the same for whoever takes the next."""
    types = wanted.types or tuple(sorted(patient_types() if wanted.is_patients else spec().types))
    plain = tuple(kind for kind in types if kind not in searched)
    groups: list[tuple[tuple[str, ...], list[int] | None]] = []
    if wanted.patients is None:
        groups += [((kind,), None) for kind in types]
    else:
        numbers = [patient_number(patient) for patient in wanted.patients]
        for start in range(0, len(numbers), PATIENTS):
            some = numbers[start : start + PATIENTS]
            groups += [(kinds, some) for kinds in (plain, *((kind,) for kind in searched)) if kinds]

    def unit(kinds: tuple[str, ...], numbers: list[int] | None) -> Unit:
        found = searched.get(kinds[0], []) if len(kinds) == 1 else []
        return lambda after, upper: Choice(
            kinds, numbers, wanted.is_patients, found, wanted.since, after, upper
        )

    return [unit(*group) for group in groups]


def patient_types() -> frozenset[str]:
    """Types that can be about a patient."""
    return frozenset(spec().compartment("Patient")) | {"Patient"}


def _elements(wanted: Wanted, kind: str) -> tuple[str, ...]:
    """The elements that are wanted of a type; none: all."""
    found = [name.rpartition(".") for name in wanted.elements]
    return tuple(name for of, _, name in found if of in {"", kind})


def _reduced(raw: bytes, reduce: Reduce) -> bytes:
    return b"".join(reduce(line) + b"\n" for line in raw.split(b"\n") if line)


def _warning(said: str) -> bytes:
    """A line that says what was asked for and not done."""
    issue = {"severity": "warning", "code": "not-supported", "diagnostics": said}
    return orjson.dumps(outcome([issue])) + b"\n"


def _deletions(rows: list[Row]) -> bytes:
    """A Bundle, which is one line, that says what was deleted (STU2, deleted)."""
    entries = [{"request": {"method": "DELETE", "url": f"{row.type}/{row.id}"}} for row in rows]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    return orjson.dumps(bundle) + b"\n"
