"""Composite parameters: one index row holds all components of one combination.

Source: http://hl7.org/fhir/R4/search.html#composite.
"""

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
from akson.store import hashing
from akson.store.fragment import Sql, Table, Tables, both, either, index_row, sql
from akson.store.intervals import NUMBERS, date_condition


def composite(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """The resource has a combination that fulfils one of the terms in all its parts."""
    tests = []
    for term in criterion.terms:
        if isinstance(term, CompositeTerm):
            alias = tables.name()
            tests.append(index_row("idx_composite", alias, of, _row(criterion, term, alias, of)))
    return either(tests)


def _row(criterion: Filter, term: CompositeTerm, alias: str, of: Table) -> Sql:
    lead = _forms(term.parts[0])[:1]
    hashes = [
        hashing.hash64("composite", kind, criterion.param.code, form) for kind in of.kinds for form in lead
    ]
    if not hashes:
        raise UnsupportedParameter(f"{criterion.param.code}: the first component needs a code")
    tests = [sql(f"{alias}.hash = any(%s::bigint[])", hashes)]
    numbers = 0
    for place, part in enumerate(term.parts):
        forms = [hashing.hash64("part", str(place), form) for form in _forms(part)[place == 0 :]]
        if forms:
            tests.append(sql(f"{alias}.tok @> %s::bigint[]", forms))
        if isinstance(part, QuantityTerm | NumberTerm | DateTerm):
            numbers += 1
            tests.append(_measured(alias, numbers, part))
    return both(tests)


def _measured(alias: str, number: int, part: QuantityTerm | NumberTerm | DateTerm) -> Sql:
    low, high = f"{alias}.low{number}", f"{alias}.high{number}"
    if isinstance(part, DateTerm):
        return date_condition(low, high, part, float)
    term = part.number if isinstance(part, QuantityTerm) else part
    text, ends = NUMBERS[term.prefix]
    text = text.replace("{i}.value", low).replace("{i}.low", low).replace("{i}.high", high)
    given = {"a": float(term.low), "b": float(term.high), "v": float(term.value)}
    return sql(text, *(given[end] for end in ends))


def _forms(part: Term) -> list[str]:
    """The texts under which `rows.part_forms` keeps a component, the plain one first; all must be there."""
    if isinstance(part, TokenTerm):
        return _coded(part.system, part.code)
    if isinstance(part, QuantityTerm):
        return _coded(part.system or None, part.code)
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
    return [f"|{code}"] if system is None else [f"|{code}", f"{system}|{code}"]
