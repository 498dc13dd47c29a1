"""What a validation needs to know, gathered from the database before it asks: definitions, and codes that tell slices.

Validation is plain code and cannot wait for a database. So it runs with what is known, the gaps are noted and
filled, and it runs again, until nothing new is wanted. What was learned is kept until the definitions change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from akson.fhir.model import Resource
from akson.fhir.profiles.catalogue import Catalogue, Compiled
from akson.fhir.validate.report import Report
from akson.record.context import Context
from akson.store.database.pool import Database, Tx
from akson.store.terms import definitions, questions
from akson.store.terms.definitions import Stamp
from akson.store.terms.questions import Verdict

ROUNDS = 20
"""Definitions that name definitions that name others: more than any package has."""
Code = tuple[str, str, str]
"""(value set, system, code); the system is empty for a bare code."""


@dataclass(slots=True)
class Held:
    """What was learned of one database while its definitions were these."""

    stamp: Stamp
    found: dict[str, Resource] = field(default_factory=dict)
    compiled: Compiled = field(default_factory=Compiled)


_held: "WeakKeyDictionary[Database, Held]" = WeakKeyDictionary()


@dataclass(slots=True)
class Gathering:
    """One validation's knowledge and its gaps."""

    held: Held
    absent: set[str] = field(default_factory=set)
    wanted: set[str] = field(default_factory=set)
    codes: dict[Code, bool | None] = field(default_factory=dict)
    asked: set[Code] = field(default_factory=set)

    def catalogue(self) -> Catalogue:
        return Catalogue(self.find, self.member, self.held.compiled)

    def find(self, canonical: str) -> Resource | None:
        found = self.held.found.get(canonical)
        if found is None and canonical not in self.absent:
            self.wanted.add(canonical)
        return found

    def member(self, value_set: str, system: str, code: str) -> bool | None:
        key = (value_set, system, code)
        if key not in self.codes:
            self.asked.add(key)
        return self.codes.get(key)

    async def fill(self, tx: Tx) -> bool:
        """Fill the gaps; whether there were any."""
        wanted, asked = self.wanted, sorted(self.asked)
        self.wanted, self.asked = set(), set()
        if wanted:
            found = await definitions.find(tx, wanted)
            self.absent |= wanted - found.keys()
            if found:
                self.held.found |= found
                self.held.compiled = Compiled()  # what was compiled may have missed just these
        if asked:
            verdicts = await questions.check_codes(
                tx, [(url, system or None, code) for url, system, code in asked]
            )
            self.codes |= {key: _told(verdict) for key, verdict in zip(asked, verdicts, strict=True)}
        return bool(wanted or asked)


def _told(verdict: Verdict) -> bool | None:
    return {Verdict.IN: True, Verdict.NOT_IN: False}.get(verdict)


async def knowing(ctx: Context, run: Callable[[Catalogue], Report]) -> Report:
    """The report of a validation that knows all that this node knows."""
    gathering = Gathering(await _present(ctx))
    report = run(gathering.catalogue())
    for _ in range(ROUNDS):
        if not await gathering.fill(ctx.tx):
            break
        report = run(gathering.catalogue())
    return report


async def _present(ctx: Context) -> Held:
    database = ctx.place.database
    stamp = await definitions.stamp(ctx.tx)
    held = _held.get(database)
    if held is None or held.stamp != stamp:
        held = _held[database] = Held(stamp)
    return held
