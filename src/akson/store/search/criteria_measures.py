"""Criteria on what is measured: dates, numbers, quantities with their unit, and places.

Source: http://hl7.org/fhir/R4/search.html#date, #number, #quantity; location.html#positional.
"""

from collections.abc import Sequence
from math import cos, degrees, radians

from akson.fhir.search import DateTerm, Filter, NearTerm, NumberTerm, QuantityTerm
from akson.kit.value import value
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
    ranges,
    sql,
)
from akson.store.index import hashing
from akson.store.index.amounts import UCUM, term_in_base
from akson.store.search.intervals import date_bounds, date_condition, number_bounds, number_condition

EARTH = 6371.0088
"""Mean radius in kilometres."""


def date(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A time stands to one of these as its prefix says."""
    alias, code = tables.name(), criterion.param.code
    terms = [term for term in criterion.terms if isinstance(term, DateTerm)]
    tests = [date_condition(f"{alias}.low", f"{alias}.high", term) for term in terms]
    where = both([parameters(alias, code, of), tests[0] if len(tests) == 1 else either(tests)])
    bounds = [date_bounds(term) for term in terms]
    columns = {bound[0] for bound in bounds if bound is not None}
    if None in bounds or len(columns) != 1 or len(of.kinds) != 1:
        return index_row("idx_date", alias, of, where)
    hashed, column = hashing.parameter(of.kinds[0], code), columns.pop()
    told = [(hashed, *bound[1:]) for bound in bounds if bound is not None]
    return index_row("idx_date", alias, of, where, column, ranges(alias, column, "bigint", told, where))


def number(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A number stands to one of these as its prefix says."""
    hashes = [hashing.parameter(kind, criterion.param.code) for kind in kinds_of(of)]
    terms = [term for term in criterion.terms if isinstance(term, NumberTerm)]
    return _amounts([_Amount(hashes, None, term) for term in terms], of, tables)


def quantity(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """A quantity of the unit asked for stands to one of these as its prefix says."""
    terms = [term for term in criterion.terms if isinstance(term, QuantityTerm)]
    return _amounts(
        [way for term in terms for way in _ways(criterion.param.code, term, kinds_of(of))], of, tables
    )


@value
class _Amount:
    """What is looked for in idx_qty: under which hashes, in which unit (None for any), what number."""

    hashes: list[int]
    unit: int | None
    number: NumberTerm

    def test(self, alias: str) -> Sql:
        unit = [] if self.unit is None else [sql(f"{alias}.unit = %s", self.unit)]
        return both([one_of(f"{alias}.hash", self.hashes), *unit, number_condition(alias, self.number)])


def _amounts(asked: Sequence[_Amount], of: Table, tables: Tables) -> Sql:
    """A row of idx_qty is one of these amounts."""
    alias = tables.name()
    tests = [each.test(alias) for each in asked]
    where = tests[0] if len(tests) == 1 else either([sql("(") + test + sql(")") for test in tests])
    bounds = [number_bounds(each.number) for each in asked]
    if None in bounds or len(of.kinds) != 1:
        return index_row("idx_qty", alias, of, where)
    told = [(each.hashes[0], *bound) for each, bound in zip(asked, bounds, strict=True) if bound is not None]
    return index_row("idx_qty", alias, of, where, "value", ranges(alias, "value", "float8", told, where))


def _ways(code: str, term: QuantityTerm, kinds: Sequence[str]) -> list[_Amount]:
    """The unit as it was written, and in base units where it is one of UCUM."""
    written = _written(code, term, kinds)
    base = term_in_base(term.number, term.code) if term.system in {None, UCUM} else None
    if base is None:
        return [written]
    hashes = [hashing.hash64("amount", kind, code, base[1]) for kind in kinds]
    in_base = _Amount(hashes, None, base[0])
    # Every amount in a unit of UCUM stands in base units too; one that only looks so stands as it was written.
    return [in_base] if term.system == UCUM else [written, in_base]


def _written(code: str, term: QuantityTerm, kinds: Sequence[str]) -> _Amount:
    if not term.code:
        return _Amount([hashing.parameter(kind, code) for kind in kinds], None, term.number)
    unit = hashing.hash64("unit", term.system) if term.system else None
    return _Amount([hashing.hash64("quantity", kind, code, term.code) for kind in kinds], unit, term.number)


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
