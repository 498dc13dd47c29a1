"""What a search asked for, as the access log keeps it: the parameters, without values that are about a person (BALP)."""

import re
from collections.abc import Iterator

from akson.fhir.search import And, Compartment, Criterion, Filter, Has, Not, Or, Query

KEPT = frozenset({"token", "reference", "date", "number", "quantity", "uri", "composite"})
"""Types of parameters whose values say what was looked for, and not who somebody is."""
PERSONAL = frozenset({"identifier", "birthdate", "death-date", "phone", "email", "telecom", "_filter"})
ABOUT_ANSWER = frozenset(
    {
        "_count",
        "_elements",
        "_has",
        "_include",
        "_list",
        "_revinclude",
        "_sort",
        "_summary",
        "_total",
        "_type",
    }
)
FREE = frozenset({"identifier", "text", "text-advanced", "contains", "exact", "of-type"})
"""Modifiers after which the value is somebody's own words, or an identifier."""
HIDDEN = "***"
LENGTH = 1000
_PLAIN = re.compile(r"(?!.*\d{11})[\w.:/|,$+*-]*", re.ASCII)
"""No spaces, as in names and words, and no eleven digits in a row, as in identity numbers."""


def asked(query: Query) -> str:
    """The parameters of a search as `name=value&...`; `***` for what is about a person."""
    types = dict(pair for each in query.filters for pair in _params(each))
    pairs = [(name, value) for name, value in query.executed if name != "_cursor"]
    return "&".join(f"{name}={_told(name, value, types)}" for name, value in pairs)[:LENGTH]


def _told(name: str, value: str, types: dict[str, str]) -> str:
    last, _, modifier = name.rpartition(".")[2].partition(":")
    code = name.rpartition(":")[2] if name.startswith("_has:") else last
    kept = last in ABOUT_ANSWER or (types.get(code) in KEPT and code not in PERSONAL and modifier not in FREE)
    return value if kept and code not in PERSONAL and _PLAIN.fullmatch(value) else HIDDEN


def _params(each: Criterion | Compartment) -> Iterator[tuple[str, str]]:
    """Codes and types of all parameters of a criterion, also inside it."""
    if isinstance(each, Filter):
        yield each.param.code, each.param.type
        if each.chain is not None:
            yield from _params(each.chain)
    elif isinstance(each, Has):
        yield from _params(each.criterion)
    elif isinstance(each, And | Or):
        for part in each.parts:
            yield from _params(part)
    elif isinstance(each, Not):
        yield from _params(each.part)
