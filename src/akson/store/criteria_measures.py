"""Criteria on what is measured: dates, numbers, quantities with their unit, and places.

Source: http://hl7.org/fhir/R4/search.html#date, #number, #quantity; location.html#positional.
"""

from math import cos, degrees, radians

from akson.fhir.search import DateTerm, Filter, NearTerm, NumberTerm, QuantityTerm
from akson.store import hashing
from akson.store.amounts import UCUM, term_in_base
from akson.store.fragment import Sql, Table, Tables, both, either, index_row, kinds_of, parameters, sql
from akson.store.intervals import date_condition, number_condition

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
    return index_row(
        "idx_date", alias, of, both([parameters(alias, criterion.param.code, of), either(tests)])
    )


def number(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A number stands to one of these as its prefix says."""
    alias = tables.name()
    tests = [number_condition(alias, term) for term in criterion.terms if isinstance(term, NumberTerm)]
    return index_row("idx_qty", alias, of, both([parameters(alias, criterion.param.code, of), either(tests)]))


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
    return index_row("idx_qty", alias, of, tests[0] if len(tests) == 1 else either(_bracketed(tests)))


def _quantities(alias: str, code: str, term: QuantityTerm, of: Table) -> list[Sql]:
    """The unit as it was written, and in base units where it is one of UCUM."""
    tests = [both([_unit(alias, code, term, of), number_condition(alias, term.number)])]
    base = term_in_base(term.number, term.code) if term.system in {None, UCUM} else None
    if base is not None:
        hashes = [hashing.hash64("amount", kind, code, base[1]) for kind in kinds_of(of)]
        here = sql(f"{alias}.hash = any(%s::bigint[])", hashes)
        tests.append(both([here, number_condition(alias, base[0])]))
    return tests


def _bracketed(tests: list[Sql]) -> list[Sql]:
    return [sql("(") + test + sql(")") for test in tests]


def _unit(alias: str, code: str, term: QuantityTerm, of: Table) -> Sql:
    if not term.code:
        return parameters(alias, code, of)
    hashes = [hashing.hash64("quantity", kind, code, term.code) for kind in kinds_of(of)]
    test = (
        sql(f"{alias}.hash = any(%s::bigint[])", hashes)
        if len(hashes) > 1
        else sql(f"{alias}.hash = %s", *hashes)
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
