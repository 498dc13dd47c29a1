"""Replays the log: each decision anew by the rules in force and by a change of them, with the facts of its time.

A row that the rules in force decide otherwise than the log tells is set aside: what a change does is only told of rows that
are reproduced. Nothing is written but by whoever keeps the tally.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from akson.record.all_types import joined
from akson.record.context import Policy
from akson.record.replay import facts as known
from akson.record.replay.actors import Actors, NotKnown
from akson.record.replay.change import Change
from akson.record.replay.facts import LABELLED, Facts
from akson.record.replay.staff import TYPES, Staff
from akson.record.replay.tally import LOST, MAYBE, WON, Tally
from akson.security.actor import Action, Actor, Purpose
from akson.security.policy import Decision, Grant, decide, judge
from akson.security.roles import trying
from akson.security.rules import RESTRICTIONS, RULES
from akson.store.access import errands, replay
from akson.store.access.audit import AuditRow, Entry
from akson.store.access.relations import BEGINNING
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import NODE
from akson.store.index.hashing import resource_key
from akson.store.scope_holds import Row
from akson.store.underway import keep

CHUNK = 2000
"""Rows that are read at once."""
ACTIONS = frozenset(Action)
OF_RULES = frozenset(
    [rule.reason for rule in RULES]
    + [restriction.reason for restriction in RESTRICTIONS]
    + ["reason.no_rule", "reason.outside_scope"]
)
"""Reasons that the rules give."""
BY_LABEL = frozenset({"reason.question_to_unit", "reason.own_subscription"})
APP = "app"
BEFORE = timedelta(days=2)
"""An opening that began so long ago may last still, under whatever is tried."""


@dataclass(slots=True)
class Cursor:
    """How far a replay is: moment and number of the last row."""

    since: datetime
    until: datetime
    after: tuple[datetime, int] = (BEGINNING, 0)


@dataclass(slots=True)
class Replay:
    """One change, replayed over a period of the log of one node."""

    database: Database
    change: Change
    cursor: Cursor
    tally: Tally = field(default_factory=Tally)
    _actors: Actors | None = None
    _decided: dict[tuple[int, Action, str], tuple[Actor, Decision]] = field(default_factory=dict)
    _reproduced: dict[tuple[int, Action, str], tuple[Actor, Decision]] = field(default_factory=dict)

    async def step(self) -> bool:
        """Replay the next rows; whether there were any."""
        async with self.database.transaction(read_only=True, reader=NODE) as tx:
            entries = await replay.rows(tx, self.cursor.since, self.cursor.until, self.cursor.after, CHUNK)
            if not entries:
                return False
            if self._actors is None:
                self._actors = await self._everybody(tx)
            facts = await known.facts(tx, entries, self.change.limits)
        await asyncio.to_thread(self._take, entries, facts)
        self.cursor.after = entries[-1].row.moment, entries[-1].number
        return True

    async def _everybody(self, tx: Tx) -> Actors:
        since, until = self.cursor.since, self.cursor.until
        return Actors.of(
            Staff(await replay.of_types(tx, TYPES)),
            await replay.tokens(tx, since, until),
            frozenset(await keep.find(tx, APP)),
            await replay.openings(tx, since - BEFORE, until),
            await errands.between(tx, since, until),
        )

    def _take(self, entries: Sequence[Entry], facts: Facts) -> None:
        for entry in entries:
            self.tally.read += 1
            row = entry.row
            if row.action not in ACTIONS or row.reason not in OF_RULES:
                self.tally.other += 1
                continue
            try:
                self._one(entry, facts)
            except NotKnown as why:
                self.tally.skipped[str(why)] += 1

    def _one(self, entry: Entry, facts: Facts) -> None:
        assert self._actors is not None  # noqa: S101  step has read them
        row, tally = entry.row, self.tally
        patient = facts.ids.get(row.pat, "")
        if row.pat and not patient:
            raise NotKnown("patient")
        if not row.granted and not row.pat and row.reason == "reason.outside_scope":
            raise NotKnown("which")
        now = self._actors.actor(row, patient)
        then = (
            self._actors.actor(row, patient, self.change.emergency)
            if self.change.emergency is not None
            else now
        )
        before = self._outcome(row, now, facts, tried=False)
        after = self._outcome(row, then, facts, tried=True)
        tally.replayed += 1
        tally.granted += row.granted
        if (before != "") != row.granted:
            tally.unlike += 1
            tally.show("unlike", _example(entry, row.reason, before))
        elif (after != "") != (before != ""):
            kind = LOST if before else MAYBE if _is_open(row) else WON
            rule = before or after
            values = {"rule": rule, "role": row.role, "unit": row.unit, "type": row.type}
            tally.differs(kind, values, _example(entry, before or row.reason, after))
        elif after != before:
            tally.otherwise += 1

    def _outcome(self, row: AuditRow, actor: Actor, facts: Facts, *, tried: bool) -> str:
        """The rule that lets the row through; "" where none does."""
        decision = self._decision(row, actor, tried=tried)
        if not isinstance(decision, Grant):
            return ""
        if not row.pat and not row.count and not (row.type in LABELLED and row.id):
            return decision.scope.reason  # nothing was shown: what is asked for may be asked for
        key = resource_key(row.type, row.id) if row.id else 0
        if row.type in LABELLED and not row.id and {each.reason for each in decision.grounds} <= BY_LABEL:
            raise NotKnown("labels")
        relations = facts.tried if tried else facts.relations
        found = decision.ground(
            Row(
                row.moment,
                row.pat,
                row.type,
                key,
                facts.labels.get((key, row.version), frozenset()),
                known.parties(relations.get(row.pat, ()), row.moment),
                facts.closed(row.pat, row.moment),
            )
        )
        return found.reason if found else ""

    def _decision(self, row: AuditRow, actor: Actor, *, tried: bool) -> Decision:
        # What is put into files and what leaves with them is the right to administer.
        action = (
            Action.ADMINISTER if row.reason == "reason.system_admin" and not row.id else Action(row.action)
        )
        made = self._decided if tried else self._reproduced
        key = (id(actor), action, row.type)
        if key not in made:
            made[key] = (actor, self._judged(row, actor, action, tried=tried))
        return made[key][1]

    def _judged(self, row: AuditRow, actor: Actor, action: Action, *, tried: bool) -> Decision:
        purpose = Purpose(row.purpose) if row.purpose in set(Purpose) else Purpose.TREATMENT
        if not tried or self.change.is_empty:
            return _of_type(decide, actor, action, row.type, purpose)
        with trying(self.change.tables):
            ask = partial(judge, rules=self.change.rules)
            return _of_type(ask, actor, action, row.type, purpose)


def _of_type(ask: Policy, actor: Actor, action: Action, kind: str, purpose: Purpose) -> Decision:
    if kind or action is Action.ADMINISTER:
        return ask(actor, action, kind, purpose)
    return joined(lambda each: ask(actor, action, each, purpose))


def _is_open(row: AuditRow) -> bool:
    """Whether it was refused before any record was looked for."""
    return not row.pat and not row.id


def _example(entry: Entry, before: str, after: str) -> dict[str, str]:
    """One row, by the name of its decision and its own in the log; who and whose is looked up there."""
    row = entry.row
    return {
        "event": entry.event,
        "decision": row.decision,
        "moment": row.moment.isoformat(timespec="seconds"),
        "action": row.action,
        "type": row.type,
        "role": row.role,
        "unit": row.unit,
        "before": before,
        "after": after,
    }


async def total(database: Database, cursor: Cursor) -> int:
    """How many rows there are to replay."""
    async with database.transaction(read_only=True, reader=NODE) as tx:
        return await replay.count(tx, cursor.since, cursor.until)
