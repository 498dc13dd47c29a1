"""What was known of the patients of some rows of the log when they were written: who treated them, what was closed.

Care relations under other limits are made anew from the version of the resource that made them, by the same code.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from akson.fhir.strict_json import loads
from akson.record.emergency import LASTS
from akson.record.relations import LIMITS, Limits, relations_of
from akson.store.access import replay
from akson.store.access.audit import Entry
from akson.store.access.relations import BEGINNING, END
from akson.store.access.replay import Closed, Opening, Relation, Version
from akson.store.database.pool import Tx
from akson.store.index.hashing import resource_key
from akson.store.scope_holds import Block

LABELLED = frozenset({"Communication", "Subscription"})
"""Types of which labels say whose they are."""
JUST_BEFORE = timedelta(seconds=10)
"""The look by which a record is opened is logged before the opening begins."""


@dataclass(slots=True)
class Facts:
    """Of the patients and resources of some rows."""

    ids: dict[int, str] = field(default_factory=dict)
    relations: dict[int, list[Relation]] = field(default_factory=dict)
    tried: dict[int, list[Relation]] = field(default_factory=dict)
    """The same under the limits that are tried."""
    blocks: dict[int, list[Closed]] = field(default_factory=dict)
    labels: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)

    def closed(self, pat: int, moment: datetime) -> tuple[Block, ...]:
        """What was closed as far as it was known at a moment."""
        return tuple(each.block for each in self.blocks.get(pat, ()) if each.recorded <= moment < each.ended)


def parties(relations: Sequence[Relation], moment: datetime) -> frozenset[str]:
    """Who had a care relation at a moment, as far as it was known then."""
    return frozenset(
        each.party for each in relations if each.low <= moment < each.high and each.recorded <= moment
    )


async def facts(tx: Tx, entries: Sequence[Entry], limits: Limits) -> Facts:
    """What is needed to decide these rows anew."""
    pats = {entry.row.pat for entry in entries} - {0}
    found = Facts(await replay.patients(tx, pats), await replay.relations(tx, pats))
    found.tried = found.relations
    if limits != LIMITS:
        found.tried = await _limited(tx, found.relations, limits)
    found.blocks = await replay.blocks(tx, pats)
    keys = {
        resource_key(entry.row.type, entry.row.id)
        for entry in entries
        if entry.row.type in LABELLED and entry.row.id
    }
    found.labels = await replay.labels(tx, keys) if keys else {}
    return found


async def _limited(tx: Tx, relations: dict[int, list[Relation]], limits: Limits) -> dict[int, list[Relation]]:
    sources = {each.source for some in relations.values() for each in some}
    made = await _versions(tx, sources)
    return {
        pat: [_by_limits(each, made.get(each.source, ()), limits) for each in some]
        for pat, some in relations.items()
    }


async def _versions(tx: Tx, references: Collection[str]) -> dict[str, list[Version]]:
    keys = {resource_key(*reference.split("/", 1)) for reference in references if "/" in reference}
    found: dict[str, list[Version]] = {}
    for version in sorted(await replay.versions(tx, keys), key=lambda each: each.updated):
        found.setdefault(version.reference, []).append(version)
    return found


def _by_limits(relation: Relation, versions: Sequence[Version], limits: Limits) -> Relation:
    """The relation as it would have been made under other limits; as it stands where nothing says what made it."""
    for version in reversed(versions):
        if version.deleted:
            continue
        resource = loads(version.body)
        before = relations_of(resource, LIMITS, version.updated)
        after = relations_of(resource, limits, version.updated)
        for was, would in zip(before, after, strict=True):
            same = (was.party, was.kind, was.low or BEGINNING) == (
                relation.party,
                relation.kind,
                relation.low,
            )
            if same and (relation.ended is not None or (was.high or END) == relation.high):
                high = would.high or END
                high = min(high, relation.ended) if relation.ended else high
                return relation._replace(low=would.low or BEGINNING, high=high)
    return relation


def opened(
    openings: Sequence[Opening], moment: datetime, lasts: timedelta | None = None, *, is_itself: bool = False
) -> frozenset[str]:
    """Ids of the Patients whose record was open in an emergency. `lasts`: had an opening lasted so long.

    What was ended early stays ended then; `is_itself`: the row may be of the look by which one was opened.
    """
    return frozenset(
        each.patient
        for each in openings
        if each.low - (JUST_BEFORE if is_itself else timedelta()) <= moment < _until(each, lasts)
    )


def _until(opening: Opening, lasts: timedelta | None) -> datetime:
    if lasts is None:
        return opening.high
    is_early = opening.high < opening.low + LASTS
    would = opening.low + lasts
    return min(opening.high, would) if is_early else would
