"""Tells record systems at once when a register of the platform changes for the patients they have on screen.

A long poll: the record system names the patients it shows now, and gets an answer when something changed or the wait is
over. Nothing is told of patients it did not name, and nothing of what the change was about but what it is a change of.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from akson.record.context import Place
from akson.record.people import People
from akson.store.database.reader import NODE
from akson.store.index.hashing import patient_number
from akson.store.record import events
from akson.store.record.events import Happening, Mark

PAUSE = 0.15
"""Seconds between two looks."""
LONGEST = 25.0
MOST = 500
"""Patients in one call."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed for a person."""

    pid: str
    reference: str
    """Of what changed, by which the asking system finds out to whom it is closed, e.g. AllergyIntolerance/x."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since the mark, and the mark to go on from."""

    mark: Mark
    changes: tuple[Change, ...] = ()


async def changes(place: Place, pids: Sequence[str], mark: Mark | None, wait: float) -> Changes:
    """What changed for these people after the mark; waits at most `wait` seconds for something to happen."""
    known = await _patients(place, pids[:MOST])
    until = time.monotonic() + min(wait, LONGEST)
    while True:
        found, mark = await _look(place, list(known), mark)
        if found or place.database.ending or time.monotonic() >= until:
            numbers = {patient_number(patient): pid for patient, pid in known.items()}
            told = dict.fromkeys(Change(numbers[each.pat], each.reference) for each in found)
            return Changes(mark, tuple(told))
        await asyncio.sleep(PAUSE)


async def _look(place: Place, patients: list[str], mark: Mark | None) -> tuple[list[Happening], Mark]:
    async with place.database.transaction(read_only=True, reader=NODE) as tx:
        if mark is None:
            return [], await events.latest(tx)
        found = await events.after(tx, mark, patients=patients)
    return found, found[-1].mark if found else mark


async def _patients(place: Place, pids: Sequence[str]) -> dict[str, str]:
    """Ids of the Patients here, and the identity number of each."""
    people = People(place)
    async with place.database.transaction(read_only=True, reader=NODE) as tx:
        found = {pid: await people.patient(tx, pid) for pid in pids}
    return {patient["id"]: pid for pid, patient in found.items() if patient}
