"""Whether a predicate lets one row through, in Python: the same answer as the SQL of `scope_sql.py`.

For saying which rule let somebody see what was seen, for trying what a changed rule would have let through, and as
the other side of the tests. Pure: what is known of the row's patient is given with the row.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from akson.fhir.model import Resource
from akson.store.index.hashing import label, patient_number
from akson.store.scope import (
    AllOf,
    AnyOf,
    CareRelation,
    Coded,
    Everything,
    Labelled,
    NotBlocked,
    Nothing,
    OfPatients,
    OfTypes,
    Predicate,
    Tagged,
    Unlabelled,
    WithoutPatient,
)


@dataclass(frozen=True, slots=True)
class Block:
    """What is closed of a patient's record, to whom and when: a row of access_block."""

    subjects: frozenset[str]
    """`hpr:<number>`, `role:<code>`, `unit:<number>`, `org:<number>`."""
    low: datetime
    high: datetime
    listed: bool = True
    """Closed to those named; else to all but those named."""
    types: frozenset[str] = frozenset()
    """Of these types; empty: of all."""
    key: int = 0
    """The one entry with this key (hashing.resource_key); 0: all."""
    holds_in_emergency: bool = False
    excepted: frozenset[str] = frozenset()
    """Those to whom the patient has opened it, by a consent of that time."""

    def closes(self, row: "Row", subjects: frozenset[str], *, emergency: bool, named: bool = False) -> bool:
        """Whether it closes a row of its patient to somebody who is all of these subjects; `named`: because it names one."""
        fits = (not self.types or row.type in self.types) and self.key in (0, row.key)
        meant = self.listed == bool(self.subjects & subjects) and not (self.excepted & subjects)
        meant = meant and (self.listed or not named)
        return (
            fits and meant and self.low <= row.at < self.high and (self.holds_in_emergency or not emergency)
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One row of resource, with what is known of its patient at a moment."""

    at: datetime
    pat: int
    type: str
    key: int
    labels: frozenset[int] = frozenset()
    parties: frozenset[str] = frozenset()
    """Those that have a care relation with the patient at that moment."""
    blocks: tuple[Block, ...] = field(default=())
    """All of the patient."""
    content: Resource | None = field(default=None, hash=False)
    """The resource; None when it is deleted."""


def holds(predicate: Predicate, row: Row) -> bool:
    """Whether the predicate lets the row through."""
    return _HOLDS[type(predicate)](predicate, row)


def _hashes(names: frozenset[str]) -> frozenset[int]:
    return frozenset(label(*name.rpartition("|")[::2]) for name in names)


def _of_patients(predicate: OfPatients, row: Row) -> bool:
    return row.pat in {patient_number(patient) for patient in predicate.patients if patient}


def _coded(predicate: Coded, row: Row) -> bool:
    return any(_means(token, coding) for coding in _codings(predicate, row) for token in predicate.tokens)


def _codings(predicate: Coded, row: Row) -> Iterator[Resource]:
    value = (row.content or {}).get(predicate.element, [])
    for concept in value if isinstance(value, list) else [value]:
        yield from concept.get("coding", [])


def _means(token: str, coding: Resource) -> bool:
    system, bar, code = token.rpartition("|")
    if code and coding.get("code") != code:
        return False
    return coding.get("system") == (system or None) if bar else True


def _tagged(predicate: Tagged, row: Row) -> bool:
    tags = (row.content or {}).get("meta", {}).get("tag", [])
    return any(f"{each.get('system', '')}|{each.get('code', '')}" in predicate.tags for each in tags)


def _not_blocked(predicate: NotBlocked, row: Row) -> bool:
    return not any(
        block.closes(row, predicate.subjects, emergency=predicate.emergency, named=predicate.named)
        for block in row.blocks
    )


_HOLDS: dict[type, Callable[[Any, Row], bool]] = {
    Everything: lambda _predicate, _row: True,
    Nothing: lambda _predicate, _row: False,
    OfTypes: lambda predicate, row: row.type in predicate.types,
    OfPatients: _of_patients,
    WithoutPatient: lambda _predicate, row: row.pat == 0,
    CareRelation: lambda predicate, row: bool(predicate.parties & row.parties),
    Unlabelled: lambda predicate, row: not (_hashes(predicate.labels) & row.labels),
    Labelled: lambda predicate, row: bool(_hashes(predicate.labels) & row.labels),
    Coded: _coded,
    Tagged: _tagged,
    NotBlocked: _not_blocked,
    AllOf: lambda predicate, row: all(holds(part, row) for part in predicate.parts),
    AnyOf: lambda predicate, row: any(holds(part, row) for part in predicate.parts),
}
