"""Composite parameters: one index row holds all components of one combination.

Source: http://hl7.org/fhir/R4/search.html#composite.
"""

from dataclasses import replace
from itertools import product

from akson.fhir.search import (
    CompositeTerm,
    DateTerm,
    Filter,
    NumberTerm,
    QuantityTerm,
    ReferenceTerm,
    StringTerm,
    Term,
    TokenTerm,
    UriTerm,
)
from akson.kit.errors import UnsupportedParameter
from akson.store.fragment import Sql, Table, Tables, both, either, index_row, one_of, sql
from akson.store.index import hashing
from akson.store.index.amounts import UCUM, term_in_base
from akson.store.index.rows import BASE, NO_SYSTEM
from akson.store.search.intervals import NUMBER_BOUNDS, NUMBERS, date_condition

Measured = QuantityTerm | NumberTerm | DateTerm


def composite(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """The resource has a combination that fulfils one of the terms in all its parts."""
    alias = tables.name()
    readings = [
        parts
        for term in criterion.terms
        if isinstance(term, CompositeTerm)
        for parts in product(*(_readings(part) for part in term.parts))
    ]
    tests = [sql("(") + _row(criterion, parts, alias, of) + sql(")") for parts in readings]
    if len(tests) > 1:
        return index_row("idx_composite", alias, of, either(tests))
    return index_row("idx_composite", alias, of, tests[0], _along(readings[0]) if len(of.kinds) == 1 else "")


def _along(parts: tuple[Term, ...]) -> str:
    """The column along which an index gives the combinations: that of the first part that is measured."""
    first = next((part for part in parts if isinstance(part, Measured)), None)
    if first is None or isinstance(first, DateTerm):
        return ""
    number = first.number if isinstance(first, QuantityTerm) else first
    return f"{_column(first)}1" if number.prefix in NUMBER_BOUNDS else ""


def _readings(part: Term) -> list[Term]:
    """A quantity as it was written, and in base units where its unit is one of UCUM; all else as it is."""
    if not isinstance(part, QuantityTerm) or part.system not in {None, UCUM}:
        return [part]
    base = term_in_base(part.number, part.code)
    if base is None:
        return [part]
    amount = replace(part, number=base[0], system=BASE, code=base[1])
    # A unit of UCUM is always kept in base units too.
    return [amount] if part.system else [part, amount]


def _row(criterion: Filter, parts: tuple[Term, ...], alias: str, of: Table) -> Sql:
    lead = _forms(parts[0])[:1]
    hashes = [
        hashing.hash64("composite", kind, criterion.param.code, form) for kind in of.kinds for form in lead
    ]
    if not hashes:
        raise UnsupportedParameter(f"{criterion.param.code}: the first component needs a code")
    tests = [one_of(f"{alias}.hash", hashes)]
    numbers = 0
    for place, part in enumerate(parts):
        forms = [hashing.hash64("part", str(place), form) for form in _forms(part)[place == 0 :]]
        if forms:
            tests.append(sql(f"{alias}.tok @> %s::bigint[]", forms))
        if isinstance(part, Measured):
            numbers += 1
            tests.append(_measured(alias, numbers, part))
    return both(tests)


def _measured(alias: str, number: int, part: Measured) -> Sql:
    """Of an amount, `low` holds the number as it was written and `high` the same in base units."""
    low, high = f"{alias}.low{number}", f"{alias}.high{number}"
    if isinstance(part, DateTerm):
        return date_condition(low, high, part, float)
    term = part.number if isinstance(part, QuantityTerm) else part
    column = f"{alias}.{_column(part)}{number}"
    text, ends = NUMBERS[term.prefix]
    for name in ("value", "low", "high"):
        text = text.replace(f"{{i}}.{name}", column)
    given = {"a": float(term.low), "b": float(term.high), "v": float(term.value)}
    return sql(text, *(given[end] for end in ends))


def _column(part: NumberTerm | QuantityTerm) -> str:
    return "high" if isinstance(part, QuantityTerm) and part.system == BASE else "low"


def _forms(part: Term) -> list[str]:
    """The texts under which `rows.part_forms` keeps a component, the plain one first; all must be there."""
    if isinstance(part, TokenTerm):
        return _coded(part.system, part.code)
    if isinstance(part, QuantityTerm):
        return [f"{BASE}{part.code}"] if part.system == BASE else _coded(part.system or None, part.code)
    if isinstance(part, ReferenceTerm):
        return [part.url or f"{part.type}/{part.id}"]
    if isinstance(part, StringTerm):
        return [hashing.normal(part.text)]
    if isinstance(part, UriTerm):
        return [part.uri]
    return []


def _coded(system: str | None, code: str | None) -> list[str]:
    if not code:
        return []
    return [f"|{code}"] if system is None else [f"|{code}", f"{system or NO_SYSTEM}|{code}"]
