"""Comparing values that are intervals: dates and numbers with a prefix.

Source: http://hl7.org/fhir/R4/search.html#prefix. l, h: the resource's interval; a, b: the interval searched for.
"""

from collections.abc import Callable
from math import inf
from typing import Any

from akson.fhir.search import DateTerm, NumberTerm
from akson.store.fragment import Sql, sql

# {l} {h}: the columns; low and high say which ends of the searched interval are compared, in order.
DATES: dict[str, tuple[str, str]] = {
    "eq": ("{l} >= %s and {l} <= %s and {h} <= %s", "abb"),
    "ne": ("not ({l} >= %s and {h} <= %s)", "ab"),
    "gt": ("{h} > %s", "b"),
    "lt": ("{l} < %s", "a"),
    # Here and in others one test follows from the rest, and is what an index can answer.
    "ge": ("{h} >= %s and ({h} > %s or {l} >= %s)", "aba"),
    "le": ("{l} <= %s and ({l} < %s or {h} <= %s)", "bab"),
    "sa": ("{l} > %s", "b"),
    "eb": ("{h} < %s", "a"),
    "ap": ("({l} <= %s and {h} >= %s)", "ba"),
    "po": ("({l} <= %s and {h} >= %s)", "ba"),
}
# v: the value itself; what it leaves open counts for eq, ne and ap only.
NUMBERS: dict[str, tuple[str, str]] = {
    "eq": ("{i}.value >= %s and {i}.value <= %s and ({i}.value = %s or {i}.value < %s)", "abvb"),
    "ne": ("not ({i}.value = %s or ({i}.value >= %s and {i}.value < %s))", "vab"),
    "gt": ("{i}.value > %s", "v"),
    "lt": ("{i}.value < %s", "v"),
    "ge": ("{i}.value >= %s", "v"),
    "le": ("{i}.value <= %s", "v"),
    "sa": ("{i}.value > %s and {i}.low > %s", "vv"),
    "eb": ("{i}.value < %s and {i}.high < %s", "vv"),
    "ap": ("({i}.value >= %s and {i}.value <= %s)", "ab"),
    "po": ("({i}.low <= %s and {i}.high >= %s)", "ba"),
}

DATE_BOUNDS = {
    "eq": ("low", "ab"), "gt": ("high", "b_"), "ge": ("high", "b_"), "lt": ("low", "_a"), "le": ("low", "_b"),
    "sa": ("low", "b_"), "eb": ("high", "_a"),
}  # fmt: skip
"""By prefix: the column that bounds what it asks for, and the ends between which its values lie; _: without end."""
NUMBER_BOUNDS = {"eq": "ab", "ap": "ab", "gt": "v_", "ge": "v_", "lt": "_v", "le": "_v"}
"""The same of a number's value."""
FIRST, LAST = -(2**63), 2**63 - 1


def date_condition(low: str, high: str, term: DateTerm, value: Callable[[int], Any] = int) -> Sql:
    """The condition on two columns; `value` turns microseconds into what the columns hold."""
    text, ends = DATES[term.prefix]
    given = {"a": value(term.low), "b": value(term.high)}
    return sql(text.format(l=low, h=high), *(given[end] for end in ends))


def number_condition(alias: str, term: NumberTerm) -> Sql:
    """The condition on a row of idx_qty."""
    text, ends = NUMBERS[term.prefix]
    given = _ends(term)
    return sql(text.format(i=alias), *(given[end] for end in ends))


def date_bounds(term: DateTerm) -> tuple[str, int, int] | None:
    """The column that bounds what a term asks for, and the ends, both in it; None where no column does."""
    if term.prefix not in DATE_BOUNDS:
        return None
    column, ends = DATE_BOUNDS[term.prefix]
    given = {"a": term.low, "b": term.high}
    return column, given.get(ends[0], FIRST), given.get(ends[1], LAST)


def number_bounds(term: NumberTerm) -> tuple[float, float] | None:
    """The same for the value of a number."""
    if term.prefix not in NUMBER_BOUNDS:
        return None
    ends, given = NUMBER_BOUNDS[term.prefix], _ends(term)
    return given.get(ends[0], -inf), given.get(ends[1], inf)


def _ends(term: NumberTerm) -> dict[str, float]:
    return {"a": float(term.low), "b": float(term.high), "v": float(term.value)}
