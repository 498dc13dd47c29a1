"""The values that a filter names: regular expressions that cannot run wild, and lists."""

from collections.abc import Callable

import re2

from akson.fhir.terminology.rules import Where
from akson.kit.errors import Unprocessable

LONGEST = 1000


def whole(expression: str) -> Callable[[str], bool]:
    """Whether a text as a whole matches. Unprocessable when the expression is none, or too long."""
    if len(expression) > LONGEST:
        raise _unusable("it is too long")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        compiled = re2.compile(expression, options)
    except re2.error as error:
        raise _unusable(str(error)) from error
    return lambda text: compiled.fullmatch(text) is not None


def _unusable(why: str) -> Unprocessable:
    return Unprocessable(
        f"The regular expression of a filter cannot be used: {why}"[:200],
        expression=("ValueSet.compose.include.filter.value",),
    )


def allowed(rule: Where) -> frozenset[str]:
    """The values of `=`, in and not-in."""
    if rule.op == "=":
        return frozenset({rule.value})
    return frozenset(value.strip() for value in rule.value.split(",") if value.strip())
