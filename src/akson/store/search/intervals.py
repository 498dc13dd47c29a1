"""Comparing values that are intervals: dates and numbers with a prefix.

Source: http://hl7.org/fhir/R4/search.html#prefix. l, h: the resource's interval; a, b: the interval searched for.
"""

from collections.abc import Callable
from typing import Any

from akson.fhir.search import DateTerm, NumberTerm
from akson.store.fragment import Sql, sql

# {l} {h}: the columns; low and high say which ends of the searched interval are compared, in order.
DATES: dict[str, tuple[str, str]] = {
    "eq": ("{l} >= %s and {h} <= %s", "ab"),
    "ne": ("not ({l} >= %s and {h} <= %s)", "ab"),
    "gt": ("{h} > %s", "b"),
    "lt": ("{l} < %s", "a"),
    # The first test follows from the second, and is what an index can answer.
    "ge": ("{h} >= %s and ({h} > %s or {l} >= %s)", "aba"),
    "le": ("{l} <= %s and ({l} < %s or {h} <= %s)", "bab"),
    "sa": ("{l} > %s", "b"),
    "eb": ("{h} < %s", "a"),
    "ap": ("({l} <= %s and {h} >= %s)", "ba"),
    "po": ("({l} <= %s and {h} >= %s)", "ba"),
}
# v: the value itself; what it leaves open counts for eq, ne and ap only.
NUMBERS: dict[str, tuple[str, str]] = {
    "eq": ("({i}.value = %s or ({i}.value >= %s and {i}.value < %s))", "vab"),
    "ne": ("not ({i}.value = %s or ({i}.value >= %s and {i}.value < %s))", "vab"),
    "gt": ("{i}.value > %s", "v"),
    "lt": ("{i}.value < %s", "v"),
    "ge": ("{i}.value >= %s", "v"),
    "le": ("{i}.value <= %s", "v"),
    # The first test follows from the second, and is what an index can answer.
    "sa": ("{i}.value > %s and {i}.low > %s", "vv"),
    "eb": ("{i}.value < %s and {i}.high < %s", "vv"),
    "ap": ("({i}.value >= %s and {i}.value <= %s)", "ab"),
    "po": ("({i}.low <= %s and {i}.high >= %s)", "ba"),
}

DATE_ORDER = {"gt": "high", "lt": "low", "ge": "high", "le": "low", "sa": "low", "eb": "high"}
NUMBER_ORDER = {"gt": "value", "lt": "value", "ge": "value", "le": "value"}
"""By prefix: the column that bounds what it asks for."""


def date_condition(low: str, high: str, term: DateTerm, value: Callable[[int], Any] = int) -> Sql:
    """The condition on two columns; `value` turns microseconds into what the columns hold."""
    text, ends = DATES[term.prefix]
    given = {"a": value(term.low), "b": value(term.high)}
    return sql(text.format(l=low, h=high), *(given[end] for end in ends))


def number_condition(alias: str, term: NumberTerm) -> Sql:
    """The condition on a row of idx_qty."""
    text, ends = NUMBERS[term.prefix]
    given = {"a": float(term.low), "b": float(term.high), "v": float(term.value)}
    return sql(text.format(i=alias), *(given[end] for end in ends))
