"""The index rows of one resource: its index values as the numbers and texts that the tables hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from akson.fhir.canonicals import is_definition
from akson.fhir.index import (
    CANONICAL,
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
from akson.store.index import hashing
from akson.store.index.amounts import UCUM, in_base

SMALLEST, LARGEST = 1, 2
COLUMN = frozenset({"_id", "_lastUpdated"})
"""Parameters that are columns of resource."""
NO_SYSTEM = "none"
"""In the place of a system, where a component has none."""
BASE = "base:"
"""Before the base unit of an amount, where it stands for a component."""
SYSTEM_INDEXED = frozenset({"identifier"})
"""Tokens found by their system alone through the index."""

LONGEST = 250_000
"""Bytes of text: a quarter of what PostgreSQL has room for, since a word counts in two forms and with its places."""


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
    tokens, marks = _tokens(kind, index)
    return Rows(
        tokens=tokens,
        marks=marks,
        references=_references(kind, index),
        dates=_dates(kind, index.dates),
        quantities=_quantities(kind, index),
        strings=_strings(kind, index),
        composites=[row for value in index.composites for row in _composite(kind, value)],
        content=_words(index.content),
    )


def _words(text: str) -> str:
    """The text whose words are indexed; of a very long one each word once, as far as there is room."""
    text = text.replace("\x00", " ")
    if len(text) <= LONGEST // 4 or len(text.encode()) <= LONGEST:
        return text
    return " ".join(dict.fromkeys(text.split())).encode()[:LONGEST].decode(errors="ignore")


def labels(resource: Resource) -> list[int]:
    """resource.labels: hashes of meta.security."""
    security = (resource.get("meta") or {}).get("security") or []
    return [hashing.label(coding.get("system", ""), coding.get("code", "")) for coding in security]


def _tokens(kind: str, index: Index) -> tuple[list[int], list[int]]:
    """The hashes for idx_token, and those for resource.tok alone."""
    found: dict[int, None] = {}
    marks: dict[int, None] = {}
    for param, system, code, _text, types in index.tokens:
        if param in COLUMN:
            marks[hashing.present(kind, param)] = None
            continue
        forms, marked = _token(kind, param, system, code)
        found.update(forms)
        marks.update(marked)
        for of_system, of_code in types:
            found[hashing.token(kind, f"{param}:of-type", f"{of_system}|{of_code}", code)] = None
    for uri in index.uris:
        found[hashing.token(kind, uri.param, None, uri.uri)] = None
    for reference in index.references:
        if reference.identifier is not None:
            found.update(
                dict.fromkeys(token_forms(kind, f"{reference.param}:identifier", *reference.identifier))
            )
    for values in (
        index.strings, index.uris, index.dates, index.numbers, index.quantities, index.references, index.composites,
    ):  # fmt: skip
        for value in values:
            marks[hashing.present(kind, value.param)] = None
    return list(found), list(marks)


@lru_cache(maxsize=100_000)
def _token(kind: str, param: str, system: str, code: str) -> tuple[dict[int, None], dict[int, None]]:
    """The forms and the marks of one token: most codes come again and again."""
    marks = [hashing.present(kind, param)]
    if system and param not in SYSTEM_INDEXED:
        marks.append(hashing.token(kind, param, system, None))
    return dict.fromkeys(token_forms(kind, param, system, code)), dict.fromkeys(marks)


def token_forms(kind: str, param: str, system: str, code: str) -> Iterable[int]:
    """The hashes that find a token: by code, by system and code; an identifier by its system alone too."""
    if code:
        yield hashing.token(kind, param, None, code)
        yield hashing.token(kind, param, system, code)
    if system and param in SYSTEM_INDEXED:
        yield hashing.token(kind, param, system, None)


def _references(kind: str, index: Index) -> list[tuple[int, int]]:
    found: dict[tuple[int, int], None] = {}
    for code, target, identity, url, _identifier in index.references:
        param = hashing.parameter(kind, code)
        if identity:
            found[hashing.resource_key(target, identity), param] = None
        if url:
            found[hashing.url_key(url), param] = None
        if target == CANONICAL:
            found[hashing.url_key(url), hashing.canonical(kind, code)] = None
    if is_definition(kind):
        found |= dict.fromkeys(_named(kind, index))
    return list(found)


def _named(kind: str, index: Index) -> Iterable[tuple[int, int]]:
    """What canonical references to a definition say: its url, alone and with its version."""
    param = hashing.canonical(kind, "url")
    versions = [token.code for token in index.tokens if token.param == "version"]
    for value in index.uris:
        if value.param == "url":
            yield hashing.url_key(value.uri), param
            for version in versions:
                yield hashing.url_key(f"{value.uri}|{version}"), param


def _firsts(values: Iterable[tuple[int, Any]]) -> list[int]:
    """For each (group, value) whether it is the smallest and the largest of its group, as `first` has it."""
    lowest: dict[int, tuple[Any, int]] = {}
    highest: dict[int, tuple[Any, int]] = {}
    marks: list[int] = []
    for place, (group, value) in enumerate(values):
        marks.append(0)
        if group not in lowest:
            lowest[group] = highest[group] = (value, place)
        elif value < lowest[group][0]:
            lowest[group] = (value, place)
        elif value > highest[group][0]:
            highest[group] = (value, place)
    for _, place in lowest.values():
        marks[place] |= SMALLEST
    for _, place in highest.values():
        marks[place] |= LARGEST
    return marks


def _dates(kind: str, values: Iterable[DateValue]) -> list[tuple[int, int, int, int]]:
    found = dict.fromkeys(
        (hashing.parameter(kind, value.param), value.low, value.high)
        for value in values
        if value.param not in COLUMN
    )
    marks = _firsts([(row[0], row[1]) for row in found])
    return [(*row, mark) for row, mark in zip(found, marks, strict=True)]


Amount = tuple[int, float, float, float, int]
"""(hash, value, low, high, unit)."""


def quantity_forms(kind: str, value: QuantityValue) -> Iterable[Amount]:
    """By number alone, by code, by the unit people see. An amount in a UCUM unit stands in base units for its code."""
    plain = (value.value, value.low, value.high)
    yield hashing.parameter(kind, value.param), *plain, 0
    if value.code:
        yield _by_code(kind, value, plain)
    if value.unit and value.unit != value.code:
        yield hashing.hash64("quantity", kind, value.param, value.unit), *plain, 0


def _by_code(kind: str, value: QuantityValue, plain: tuple[float, float, float]) -> Amount:
    if value.system == UCUM:
        base, low, high = (in_base(number, value.code) for number in plain)
        if base and low and high:
            hashed = hashing.hash64("amount", kind, value.param, base[1])
            return hashed, base[0], low[0], high[0], 0
    hashed = hashing.hash64("quantity", kind, value.param, value.code)
    return hashed, *plain, hashing.hash64("unit", value.system)


def _quantities(kind: str, index: Index) -> list[tuple[int, float, float, float, int, int]]:
    found: dict[Amount, None] = {}
    for number in index.numbers:
        found[hashing.parameter(kind, number.param), number.value, number.low, number.high, 0] = None
    for value in index.quantities:
        found |= dict.fromkeys(quantity_forms(kind, value))
    marks = _firsts([(row[0], row[1]) for row in found])
    return [(*row, mark) for row, mark in zip(found, marks, strict=True)]


def _strings(kind: str, index: Index) -> list[tuple[int, str, str, int]]:
    found: dict[tuple[int, str, str], None] = {}
    for param, text in index.strings:
        found[hashing.parameter(kind, param), *_text(text)] = None
    for param, _system, _code, text, _types in index.tokens:
        if text:
            found[hashing.parameter(kind, f"{param}:text"), *_text(text)] = None
    for param, uri in index.uris:
        if not param.startswith("_"):
            found[hashing.parameter(kind, f"{param}:uri"), uri[:1000], ""] = None
    marks = _firsts([(row[0], row[1]) for row in found])
    return [(*row, mark) for row, mark in zip(found, marks, strict=True)]


@lru_cache(maxsize=65_536)
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
        if isinstance(part, QuantityValue):
            base = in_base(part.value, part.code) if part.system == UCUM else None
            numbers.append((part.value, base[0] if base else part.value))
        elif isinstance(part, NumberValue):
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
        base = in_base(part.value, part.code) if part.system == UCUM else None
        return _coded(part.system, part.code or part.unit) + ([f"{BASE}{base[1]}"] if base else [])
    if isinstance(part, ReferenceValue):
        return [part.url or f"{part.type}/{part.id}"]
    if isinstance(part, StringValue):
        return [hashing.normal(part.text)]
    if isinstance(part, UriValue):
        return [part.uri]
    return []


def _coded(system: str, code: str) -> list[str]:
    return [f"|{code}", f"{system or NO_SYSTEM}|{code}"] if code else []
