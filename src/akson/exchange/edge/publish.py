"""Tells the platform's data hotel what this record system writes and takes away, of what the look services show.

From a mark in the own events, which is kept: a node that was away goes on where it stood, and what is told twice after a crash
makes no difference. The first round tells all that is here. What its writer does not share with all who have a need,
or keeps from parents (security/entry_marks.py), never leaves; the platform is told only that there is something to ask for.

What is about nobody (offers, knowledge) is told where it is published: it carries the tag of its service (exchange/general.py).
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from akson.exchange import general
from akson.exchange.declare import copied_types, general_types
from akson.fhir.extract import extract
from akson.fhir.model import Resource, reference, split_reference
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import AksonError, PeerFailed
from akson.kit.log import Event, log
from akson.record.context import Place
from akson.record.identity import numbers
from akson.security import entry_marks
from akson.security.client import Peer
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE as READER
from akson.store.index.hashing import label
from akson.store.operations import many
from akson.store.record import events, resources
from akson.store.record.events import Happening, Mark
from akson.store.scope import NODE
from akson.store.search import statements
from akson.store.underway import keep

SCOPE = "akson:samhandling/hotell"
MARK, OWN = "hotel-mark", "own"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
PAUSE, RETRY, BEAT = 0.3, 2.0, 15.0
"""Seconds between two looks; after a failure; and between two signs that there is nothing new."""
LOT = 200
"""Resources, and events, that are told at once."""


@dataclass(slots=True)
class Telling:
    """What is told at once; the fields are those of the request's body."""

    changed: list[Resource] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    inventory: dict[str, list[str]] = field(default_factory=dict)
    whole: bool = False

    def body(self) -> bytes:
        names = ("changed", "gone", "people", "withheld", "inventory", "whole")
        return dumps({name: getattr(self, name) for name in names})


class Publisher:
    """The publisher of one node."""

    def __init__(self, place: Place, peer: Peer) -> None:
        self._place = place
        self._peer = peer
        self._url = f"{place.node.platform}/hotell"
        self._types = sorted(copied_types())
        self._all_types = [*self._types, *sorted(general_types())]
        self._told = 0.0

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                is_more = await self.once()
            except AksonError as error:
                log(Event.PEER_FAILED, peer=self._url, error=type(error).__name__)
                await asyncio.sleep(RETRY)
                continue
            await asyncio.sleep(0 if is_more else PAUSE)

    async def once(self) -> bool:
        """Tell the next that there is to tell; whether there may be more. PeerSilent or PeerFailed when it was not taken."""
        async with self._place.database.transaction(read_only=True, reader=READER) as tx:
            kept = await keep.get(tx, MARK, OWN)
            state = kept or await self._beginning(tx)
            telling, after = await (self._all if "type" in state else self._news)(tx, state)
            is_quiet = after == state
            telling.whole = is_quiet and "type" not in after
            if is_quiet and time.monotonic() < self._told + BEAT:
                return False
        again = await self._tell(telling)
        while again:
            again = await self._tell(await self._retold(again))
        if after != kept:
            async with self._place.database.transaction(reader=READER) as tx:
                await keep.put(tx, MARK, OWN, after, FOREVER)
        self._told = time.monotonic()
        return not is_quiet

    async def _beginning(self, tx: Tx) -> dict[str, Any]:
        """All types from the first; then what happens after now."""
        mark = await events.latest(tx)
        return {"xid": str(mark.xid), "sequence": mark.sequence, "type": 0, "cursor": ""}

    async def _all(self, tx: Tx, state: Mapping[str, Any]) -> tuple[Telling, dict[str, Any]]:
        """The next page of all that is here."""
        kind, cursor = self._all_types[state["type"]], state["cursor"]
        pairs = [("_count", str(LOT))] + ([("_cursor", cursor)] if cursor else [])
        page = await statements.search(tx, NODE, parse(kind, pairs, base=""))
        telling = Telling()
        await self._add(tx, telling, [loads(each.body) for each in page.matches])
        after = dict(state) | {"cursor": page.next or ""}
        if not page.next:
            after["type"] += 1
            if after["type"] == len(self._all_types):
                after = {"xid": state["xid"], "sequence": state["sequence"]}
        return telling, after

    async def _news(self, tx: Tx, state: Mapping[str, Any]) -> tuple[Telling, dict[str, Any]]:
        """What has happened after the mark."""
        found = await events.after(tx, Mark(int(state["xid"]), int(state["sequence"])), limit=LOT)
        telling = Telling()
        if not found:
            return telling, dict(state)
        wanted = self._wanted(found)
        there = await many.read_many(tx, NODE, wanted)
        living = [loads(each.body) for each in there if not each.deleted]
        await self._add(tx, telling, living)
        named = {split_reference(reference(each)) for each in telling.changed}
        telling.gone += [f"{kind}/{id_}" for kind, id_ in wanted if (kind, id_) not in named]
        for pat in {each.pat for each in found if "/" not in each.reference and each.pat}:
            telling.inventory[str(pat)] = await self._present(tx, pat)
        last = found[-1].mark
        return telling, {"xid": str(last.xid), "sequence": last.sequence}

    def _wanted(self, found: Iterable[Happening]) -> list[tuple[str, str]]:
        names = dict.fromkeys(split_reference(each.reference) for each in found if "/" in each.reference)
        return [name for name in names if name[0] in self._all_types]

    async def _retold(self, patients: Sequence[str]) -> Telling:
        """All there is of Patients who were somebody else, or nobody, to the platform before."""
        telling = Telling()
        async with self._place.database.transaction(read_only=True, reader=READER) as tx:
            for patient in patients:
                for kind in self._types:
                    pairs = [("patient", f"Patient/{patient}"), ("_count", "1000")]
                    page = await statements.search(tx, NODE, parse(kind, pairs, base=""))
                    await self._add(tx, telling, [loads(each.body) for each in page.matches])
        return telling

    async def _add(self, tx: Tx, telling: Telling, found: Iterable[Resource]) -> None:
        """What may be told of these resources, with whom it is about."""
        for resource in found:
            if general.is_published(resource):
                telling.changed.append(resource)
                continue
            patient = extract(resource).patient
            if not patient:
                continue
            if patient not in telling.people:
                if not (number := await _number(tx, patient)):
                    continue
                telling.people[patient] = number
                if await _withholds(tx, patient):
                    telling.withheld.append(patient)
            if not entry_marks.stays_home(resource):
                telling.changed.append(resource)

    async def _present(self, tx: Tx, pat: int) -> list[str]:
        """References of what there is still of a patient, by number."""
        found = await many.of_patient(tx, NODE, pat, self._types)
        return [each.reference for each in found if not entry_marks.stays_home(loads(each.body))]

    async def _tell(self, telling: Telling) -> list[str]:
        """Ids of the Patients of whom the platform wants to be told all."""
        answer = await self._peer.request(
            "POST", self._url, scope=SCOPE, content=telling.body(), timeout=30.0,
            headers={"content-type": "application/json"},
        )  # fmt: skip
        if answer.status_code != 200:
            raise PeerFailed(f"The platform answered {answer.status_code}")
        return [str(each) for each in loads(answer.content).get("retell", [])]


async def _number(tx: Tx, patient: str) -> str:
    """The identity number of a Patient; empty where there is none."""
    stored = await resources.read(tx, NODE, "Patient", patient)
    found = numbers(loads(stored.body)) if stored and not stored.deleted else []
    return next(iter(found), "")


async def _withholds(tx: Tx, patient: str) -> bool:
    """Whether something about a Patient is marked as not shared."""
    marks = [(entry_marks.MARK, whom) for whom in entry_marks.For]
    for system, code in [*marks, (entry_marks.KEPT, entry_marks.PARENTS)]:
        if await many.labelled(tx, NODE, patient, label(system, code)):
            return True
    return False
