"""The feed of changes in the shared registers: each record system is told of the items of those it has something of.

A reader goes on from a cursor. Changes come in the order of their commits, each once, none left out: the mark never passes an
open transaction (store/record/events.py). What cannot be told any more, because the log was swept or the database put back,
is said, and the reader begins anew. Nothing of what a change was about is told but which list, which item, which version, and
that a measurement must be seen at once, of which kind; not that where the patient has closed anything of it to anybody.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from akson.exchange.declare import TAG_SYSTEM, Mode, load
from akson.fhir.model import Resource, split_reference
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import Malformed
from akson.kit.ids import new_id
from akson.record.context import Place
from akson.record.identity import numbers
from akson.store.access import blocks as closing
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE as READER
from akson.store.index.hashing import resource_key
from akson.store.operations import many
from akson.store.record import events
from akson.store.record.events import Happening, Mark
from akson.store.scope import NODE
from akson.store.underway import keep

PAUSE, LONGEST = 0.4, 25.0
"""Seconds between two looks, and at most before an answer."""
PAGE = 200
REACHES_BACK = timedelta(days=6)
"""A cursor that is older is told that it has to begin anew: the log of events is kept for seven days."""
FEED, OWN = "shared-feed", "own"
FOREVER = 3600.0 * 24 * 365 * 100


Alarm = Callable[[Resource, Sequence[Resource]], str]
"""Of an Observation and the Goals of its patient: the kind of a measurement that must be seen at once, empty for others."""
JUDGED = frozenset({"Observation", "Goal"})
"""Types that an alarm tells of."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader stands: in which feed, after what, as of when."""

    feed: str
    mark: Mark
    at: datetime

    def __str__(self) -> str:
        return f"{self.feed}.{self.mark.xid}.{self.mark.sequence}.{int(self.at.timestamp())}"

    @classmethod
    def of(cls, words: str) -> "Cursor":
        """Malformed for what no answer gave."""
        try:
            feed, xid, sequence, at = words.split(".")
            return cls(feed, Mark(int(xid), int(sequence)), datetime.fromtimestamp(int(at), now().tzinfo))
        except (ValueError, OverflowError, OSError) as error:
            raise Malformed("after is a cursor that an earlier answer gave", expression=("after",)) from error


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One version of an item of a register. `service` is empty for one that stands in no register any more."""

    number: str
    pid: str
    service: str
    reference: str
    version: int
    moment: datetime
    alarm: str = ""
    """The kind of a measurement that must be seen at once."""


@dataclass(frozen=True, slots=True)
class Told:
    """What changed, and the cursor to go on from. `again`: what the reader knows may be wrong, and begins anew here."""

    after: Cursor
    changes: tuple[ItemChange, ...] = ()
    again: bool = False


@lru_cache
def shared_types() -> frozenset[str]:
    """Types that the shared registers hold."""
    return frozenset(part.type for each in load() if each.mode is Mode.SHARE for part in each.parts) | {
        "List"
    }


async def told(place: Place, source: str, after: Cursor | None, wait: float, alarm: Alarm) -> Told:
    """What changed for the patients of a source (short name) after the cursor; waits at most `wait` seconds for something."""
    feed = await _feed(place)
    until = time.monotonic() + min(wait, LONGEST)
    while True:
        async with place.database.transaction(read_only=True, reader=READER) as tx:
            # Taken first: all that is before it is seen by the look that follows.
            here = Cursor(feed, await events.latest(tx), now())
            if after is None or after.feed != feed or after.at < now() - REACHES_BACK:
                return Told(here, again=after is not None)
            found = await events.located(tx, after.mark, source=source, types=shared_types(), limit=PAGE)
            changes = tuple(await _named(tx, found, alarm))
        mark = found[-1].mark if found else max(here.mark, after.mark)
        if changes or len(found) == PAGE or time.monotonic() >= until:
            return Told(Cursor(feed, mark, here.at), changes)
        after = Cursor(feed, mark, here.at)
        await asyncio.sleep(PAUSE)


async def _named(tx: Tx, found: Iterable[Happening], alarm: Alarm) -> list[ItemChange]:
    """The events that are about items of registers, with which and whose."""
    found = list(found)
    stored = await many.read_many(tx, NODE, [split_reference(each.reference) for each in found])
    bodies = {f"{each.type}/{each.id}": None if each.deleted else loads(each.body) for each in stored}
    people: dict[int, str] = {}
    made = []
    for each in found:
        body = bodies.get(each.reference)
        service = _service(body) if body else ""
        if body and not service:
            continue
        if each.pat not in people:
            people[each.pat] = await _number(tx, each.pat)
        if pid := people[each.pat]:
            number = f"{each.mark.xid}.{each.mark.sequence}"
            rung = (
                await _rung(tx, each, body, alarm) if body and body["resourceType"] == "Observation" else ""
            )
            made.append(ItemChange(number, pid, service, each.reference, each.version, each.moment, rung))
    return made


async def _rung(tx: Tx, found: Happening, body: Resource, alarm: Alarm) -> str:
    """What must be seen at once of a measurement; nothing where its patient has closed anything of it to anybody."""
    held = await many.of_patient(tx, NODE, found.pat, ["Goal"])
    kind = alarm(body, [loads(each.body) for each in held if not each.deleted])
    if not kind:
        return ""
    blocks = (await closing.of_patients(tx, [found.pat])).get(found.pat, ())
    keys = {0, resource_key(*split_reference(found.reference))}
    moment = now()
    is_closed = any(
        each.low <= moment < each.high and each.key in keys and (not each.types or each.types & JUDGED)
        for each in blocks
    )
    return "" if is_closed else kind


def _service(resource: Resource) -> str:
    tags = resource.get("meta", {}).get("tag", [])
    return next((str(tag["code"]) for tag in tags if tag.get("system") == TAG_SYSTEM), "")


async def _number(tx: Tx, pat: int) -> str:
    """Identity number of the patient with this number; empty where there is none."""
    patients = [each for each in await many.of_patient(tx, NODE, pat, ["Patient"]) if not each.deleted]
    return next((pid for each in patients for pid in numbers(loads(each.body))), "")


async def _feed(place: Place) -> str:
    """The name of the feed: a new one where the database was put back (store/access/restored.py)."""
    async with place.database.transaction(reader=READER) as tx:
        await keep.add(tx, FEED, OWN, {"name": new_id()}, FOREVER)
        kept = await keep.get(tx, FEED, OWN)
    return str(kept["name"]) if kept else ""
