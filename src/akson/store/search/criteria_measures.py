"""Criteria on what is measured: dates, numbers, quantities with their unit, and places.

Source: http://hl7.org/fhir/R4/search.html#date, #number, #quantity; location.html#positional.
"""

from collections.abc import Mapping, Sequence
from math import cos, degrees, radians

from akson.fhir.search import DateTerm, Filter, NearTerm, NumberTerm, QuantityTerm, Term
from akson.store.fragment import (
    Sql,
    Table,
    Tables,
    both,
    either,
    index_row,
    kinds_of,
    one_of,
    parameters,
    sql,
)
from akson.store.index import hashing
from akson.store.index.amounts import UCUM, term_in_base
from akson.store.search.intervals import DATE_ORDER, NUMBER_ORDER, date_condition, number_condition

EARTH = 6371.0088
"""Mean radius in kilometres."""


def date(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A time stands to one of these as its prefix says."""
    alias = tables.name()
    tests = [
        date_condition(f"{alias}.low", f"{alias}.high", term)
        for term in criterion.terms
        if isinstance(term, DateTerm)
    ]
    where = both(
        [parameters(alias, criterion.param.code, of), tests[0] if len(tests) == 1 else either(tests)]
    )
    return index_row("idx_date", alias, of, where, _along(criterion.terms, of, DATE_ORDER))


def number(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A number stands to one of these as its prefix says."""
    alias = tables.name()
    tests = [number_condition(alias, term) for term in criterion.terms if isinstance(term, NumberTerm)]
    where = both(
        [parameters(alias, criterion.param.code, of), tests[0] if len(tests) == 1 else either(tests)]
    )
    return index_row("idx_qty", alias, of, where, _along(criterion.terms, of, NUMBER_ORDER))


def quantity(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A quantity of the unit asked for stands to one of these as its prefix says."""
    alias = tables.name()
    code = criterion.param.code
    tests = [
        test
        for term in criterion.terms
        if isinstance(term, QuantityTerm)
        for test in _quantities(alias, code, term, of)
    ]
    if len(tests) > 1:
        return index_row("idx_qty", alias, of, either(_bracketed(tests)))
    return index_row("idx_qty", alias, of, tests[0], _along(criterion.terms, of, NUMBER_ORDER))


def _along(terms: Sequence[Term], of: Table, orders: Mapping[str, str]) -> str:
    """The column along which an index gives what one term asks for."""
    if len(terms) != 1 or len(of.kinds) != 1:
        return ""
    term = terms[0].number if isinstance(terms[0], QuantityTerm) else terms[0]
    return orders.get(term.prefix, "") if isinstance(term, DateTerm | NumberTerm) else ""


def _quantities(alias: str, code: str, term: QuantityTerm, of: Table) -> list[Sql]:
    """The unit as it was written, and in base units where it is one of UCUM."""
    written = both([_unit(alias, code, term, of), number_condition(alias, term.number)])
    base = term_in_base(term.number, term.code) if term.system in {None, UCUM} else None
    if base is None:
        return [written]
    hashes = [hashing.hash64("amount", kind, code, base[1]) for kind in kinds_of(of)]
    here = one_of(f"{alias}.hash", hashes)
    in_base = both([here, number_condition(alias, base[0])])
    # Every amount in a unit of UCUM stands in base units too; one that only looks so stands as it was written.
    return [in_base] if term.system == UCUM else [written, in_base]


def _bracketed(tests: list[Sql]) -> list[Sql]:
    return [sql("(") + test + sql(")") for test in tests]


def _unit(alias: str, code: str, term: QuantityTerm, of: Table) -> Sql:
    if not term.code:
        return parameters(alias, code, of)
    test = one_of(
        f"{alias}.hash", [hashing.hash64("quantity", kind, code, term.code) for kind in kinds_of(of)]
    )
    if term.system:
        return both([test, sql(f"{alias}.unit = %s", hashing.hash64("unit", term.system))])
    return test


def near(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """The position lies within the distance of one of these places."""
    return either(
        [_within(criterion, term, of, tables) for term in criterion.terms if isinstance(term, NearTerm)]
    )


def _within(criterion: Filter, term: NearTerm, of: Table, tables: Tables) -> Sql:
    """By a box that an index answers, then by the great circle through both places (haversine)."""
    north, east = tables.name(), tables.name()
    reach = degrees(term.distance / EARTH) + 1e-9
    test = both(
        [
            parameters(north, f"{criterion.param.code}:latitude", of),
            sql(f"{north}.value between %s and %s", term.latitude - reach, term.latitude + reach),
            parameters(east, f"{criterion.param.code}:longitude", of),
            _between(f"{east}.value", term, reach),
            sql(
                f"2 * {EARTH} * asin(least(1, sqrt(sind(({north}.value - %s) / 2) ^ 2"
                f" + cosd(%s) * cosd({north}.value) * sind(({east}.value - %s) / 2) ^ 2))) <= %s",
                term.latitude,
                term.latitude,
                term.longitude,
                term.distance,
            ),
        ]
    )
    head = (
        f"exists (select 1 from idx_qty {north} join idx_qty {east} on {east}.rid = {north}.rid"  # noqa: S608
        f" where {north}.rid = {of.alias}.rid and "
    )
    return sql(head) + test + sql(")")


def _between(column: str, term: NearTerm, reach: float) -> Sql:
    """Longitudes of the box; all of them where it holds a pole. It may cross the date line."""
    widest = min(90.0, abs(term.latitude) + reach)
    if widest >= 89.9:
        return sql("true")
    wide = reach / cos(radians(widest))
    low, high = term.longitude - wide, term.longitude + wide
    if wide >= 180:
        return sql("true")
    if low < -180:
        return sql(f"({column} >= %s or {column} <= %s)", low + 360, high)
    if high > 180:
        return sql(f"({column} >= %s or {column} <= %s)", low, high - 360)
    return sql(f"{column} between %s and %s", low, high)
