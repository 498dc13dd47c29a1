"""The index rows of one resource: its index values as the numbers and texts that the tables hold."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from akson.fhir.index import (
    CompositeValue,
    DateValue,
    Index,
    NumberValue,
    QuantityValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
)
from akson.fhir.model import Resource
from akson.store import hashing

SMALLEST, LARGEST = 1, 2
COLUMN = frozenset({"_id", "_lastUpdated"})
"""Parameters that are columns of resource."""
SYSTEM_INDEXED = frozenset({"identifier"})
"""Tokens found by their system alone through the index."""


@dataclass(slots=True)
class Rows:
    """What the index tables hold of one resource, without its patient and number."""

    tokens: list[int] = field(default_factory=list)
    """For idx_token."""
    marks: list[int] = field(default_factory=list)
    """In resource.tok only: marks of parameters that have a value, and systems of tokens."""
    references: list[tuple[int, int]] = field(default_factory=list)
    """(target, param)."""
    dates: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(hash, low, high, first)."""
    quantities: list[tuple[int, float, float, float, int, int]] = field(default_factory=list)
    """(hash, value, low, high, unit, first)."""
    strings: list[tuple[int, str, str, int]] = field(default_factory=list)
    """(hash, norm, exact, first)."""
    composites: list[tuple[int, list[int], float | None, float | None, float | None, float | None]] = field(
        default_factory=list
    )
    """(hash, tok, low1, high1, low2, high2)."""
    content: str = ""

    @property
    def tok(self) -> list[int]:
        """resource.tok."""
        return self.tokens + self.marks


def rows(kind: str, index: Index) -> Rows:
    """The rows of a resource of this type."""
    params = {
        value.param
        for values in (
            index.tokens, index.strings, index.uris, index.dates, index.numbers, index.quantities,
            index.references, index.composites,
        )
        for value in values
    }  # fmt: skip
    return Rows(
        tokens=list(dict.fromkeys(_tokens(kind, index))),
        marks=[hashing.present(kind, param) for param in params] + list(_systems(kind, index)),
        references=list(dict.fromkeys(_references(kind, index.references))),
        dates=_dates(kind, index.dates),
        quantities=_quantities(kind, index),
        strings=_strings(kind, index),
        composites=[row for value in index.composites for row in _composite(kind, value)],
        content=index.content.replace("\x00", " "),
    )


def labels(resource: Resource) -> list[int]:
    """resource.labels: hashes of meta.security."""
    security = (resource.get("meta") or {}).get("security") or []
    return [hashing.label(coding.get("system", ""), coding.get("code", "")) for coding in security]


def _tokens(kind: str, index: Index) -> Iterable[int]:
    for value in index.tokens:
        if value.param in COLUMN:
            continue
        yield from token_forms(kind, value.param, value.system, value.code)
        for system, code in value.types:
            yield hashing.token(kind, f"{value.param}:of-type", f"{system}|{code}", value.code)
    for uri in index.uris:
        yield hashing.token(kind, uri.param, None, uri.uri)
    for reference in index.references:
        if reference.identifier is not None:
            yield from token_forms(kind, f"{reference.param}:identifier", *reference.identifier)


def token_forms(kind: str, param: str, system: str, code: str) -> Iterable[int]:
    """The hashes that find a token: by code, by system and code; an identifier by its system alone too."""
    if code:
        yield hashing.token(kind, param, None, code)
        yield hashing.token(kind, param, system, code)
    if system and param in SYSTEM_INDEXED:
        yield hashing.token(kind, param, system, None)


def _systems(kind: str, index: Index) -> Iterable[int]:
    """By system alone, rarely asked for: a filter, not an index."""
    pairs = {(value.param, value.system) for value in index.tokens if value.system}
    return (hashing.token(kind, *pair, None) for pair in pairs if pair[0] not in SYSTEM_INDEXED)


def _references(kind: str, values: Iterable[ReferenceValue]) -> Iterable[tuple[int, int]]:
    for value in values:
        param = hashing.parameter(kind, value.param)
        if value.id:
            yield hashing.resource_key(value.type, value.id), param
        if value.url:
            yield hashing.url_key(value.url), param


def _firsts(values: list[tuple[int, Any]]) -> list[int]:
    """For each (group, value) whether it is the smallest and the largest of its group, as `first` has it."""
    if len({group for group, _ in values}) == len(values):
        return [SMALLEST | LARGEST] * len(values)
    groups: dict[int, list[int]] = defaultdict(list)
    for place, (group, _) in enumerate(values):
        groups[group].append(place)
    marks = [0] * len(values)
    for places in groups.values():
        marks[min(places, key=lambda place: values[place][1])] |= SMALLEST
        marks[max(places, key=lambda place: values[place][1])] |= LARGEST
    return marks


def _dates(kind: str, values: Iterable[DateValue]) -> list[tuple[int, int, int, int]]:
    found = dict.fromkeys(
        (hashing.parameter(kind, value.param), value.low, value.high)
        for value in values
        if value.param not in COLUMN
    )
    marks = _firsts([(row[0], row[1]) for row in found])
    return [(*row, mark) for row, mark in zip(found, marks, strict=True)]


def quantity_forms(kind: str, value: QuantityValue) -> Iterable[tuple[int, int]]:
    """(hash, unit): by number alone, by code, by the unit people see."""
    yield hashing.parameter(kind, value.param), 0
    system = hashing.hash64("unit", value.system)
    if value.code:
        yield hashing.hash64("quantity", kind, value.param, value.code), system
    if value.unit and value.unit != value.code:
        yield hashing.hash64("quantity", kind, value.param, value.unit), 0


def _quantities(kind: str, index: Index) -> list[tuple[int, float, float, float, int, int]]:
    found: dict[tuple[int, float, float, float, int], None] = {}
    for number in index.numbers:
        found[hashing.parameter(kind, number.param), number.value, number.low, number.high, 0] = None
    for value in index.quantities:
        for hashed, unit in quantity_forms(kind, value):
            found[hashed, value.value, value.low, value.high, unit] = None
    marks = _firsts([(row[0], row[1]) for row in found])
    return [(*row, mark) for row, mark in zip(found, marks, strict=True)]


def _strings(kind: str, index: Index) -> list[tuple[int, str, str, int]]:
    found = dict.fromkeys(
        [(hashing.parameter(kind, value.param), *_text(value.text)) for value in index.strings]
        + [
            (hashing.parameter(kind, f"{value.param}:text"), *_text(value.text))
            for value in index.tokens
            if value.text
        ]
        + [
            (hashing.parameter(kind, f"{value.param}:uri"), value.uri[:1000], "")
            for value in index.uris
            if not value.param.startswith("_")
        ]
    )
    marks = _firsts([(row[0], row[1]) for row in found])
    return [(*row, mark) for row, mark in zip(found, marks, strict=True)]


def _text(text: str) -> tuple[str, str]:
    text = text.replace("\x00", " ")
    return hashing.normal(text), text[:1000]


def _composite(
    kind: str, value: CompositeValue
) -> Iterable[tuple[int, list[int], float | None, float | None, float | None, float | None]]:
    """The row of one combination, under the plain form of its first component; none without it."""
    numbers: list[tuple[float | None, float | None]] = []
    tok: list[int] = []
    for place, part in enumerate(value.parts):
        if isinstance(part, QuantityValue | NumberValue):
            numbers.append((part.value, part.value))
        elif isinstance(part, DateValue):
            numbers.append((float(part.low), float(part.high)))
        tok += [hashing.hash64("part", str(place), form) for form in part_forms(part)]
    first, second = (numbers + [(None, None)] * 2)[:2]
    lead = part_forms(value.parts[0])[:1]
    return [(hashing.hash64("composite", kind, value.param, form), tok, *first, *second) for form in lead]


def part_forms(part: Any) -> list[str]:
    """The texts under which a component of a composite is found; for a quantity those of its unit."""
    if isinstance(part, TokenValue):
        return _coded(part.system, part.code)
    if isinstance(part, QuantityValue):
        return _coded(part.system, part.code or part.unit)
    if isinstance(part, ReferenceValue):
        return [part.url or f"{part.type}/{part.id}"]
    if isinstance(part, StringValue):
        return [hashing.normal(part.text)]
    if isinstance(part, UriValue):
        return [part.uri]
    return []


def _coded(system: str, code: str) -> list[str]:
    if not code:
        return []
    return [f"|{code}", f"{system}|{code}"] if system else [f"|{code}"]
