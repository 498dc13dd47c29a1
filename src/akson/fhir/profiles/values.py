"""Fixed and pattern values. Source: http://hl7.org/fhir/R4/elementdefinition.html#fixed-pattern."""

from typing import Any


def equals(value: Any, fixed: Any) -> bool:
    """Exactly the same, element for element."""
    if isinstance(fixed, dict):
        return isinstance(value, dict) and value.keys() == fixed.keys() and _each(value, fixed, equals)
    if isinstance(fixed, list):
        return isinstance(value, list) and len(value) == len(fixed) and all(map(equals, value, fixed))
    return _plain(value, fixed)


def matches(value: Any, pattern: Any) -> bool:
    """At least what the pattern has; of a list, for each of its items one that matches."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and pattern.keys() <= value.keys() and _each(value, pattern, matches)
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(matches(item, one) for item in value) for one in pattern)
    return _plain(value, pattern)


def _each(value: dict[str, Any], wanted: dict[str, Any], test: Any) -> bool:
    return all(test(value[key], wanted[key]) for key in wanted)


def _plain(value: Any, wanted: Any) -> bool:
    return isinstance(value, bool) is isinstance(wanted, bool) and bool(value == wanted)
