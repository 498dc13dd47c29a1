"""Quantities compared and combined: UCUM, and the words for calendar durations.

Words and codes meet up to the week; a calendar year or month is not a UCUM year or month, which have a fixed number
of seconds (http://hl7.org/fhirpath/N1/#time-valued-quantities).
"""

import re
from decimal import Decimal
from typing import Any

from akson.fhir import ucum
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.values import CALENDAR_CODES, Quantity

_CODES = {
    **{word: code for word, code in CALENDAR_CODES.items() if word not in ("year", "month")},
    "millisecond": "ms",
    "": "1",
}
_SIMPLE = re.compile(r"[^./(){}0-9]+|10[*^]")


def canonical(amount: Quantity) -> Quantity:
    """The same amount in base units; one in a unit that is not known stands for itself."""
    if amount.unit == "year":
        return Quantity(amount.value * 12, "month")
    found = ucum.canonical(amount.value, _CODES.get(amount.unit, amount.unit))
    return amount if found is None else Quantity(*found)


def combined(operator: str, one: str, other: str) -> str:
    """The unit of a product (`*`) or a quotient of two quantities."""
    if other == "1":
        return one
    if operator == "*":
        if one == "1":
            return other
        return f"{one}2" if one == other and _SIMPLE.fullmatch(one) else f"{one}.{_bracketed(other)}"
    return "1" if one == other else f"{one}/{_bracketed(other)}"


def _bracketed(unit: str) -> str:
    return f"({unit})" if "/" in unit or "." in unit else unit


def quantity(value: Any) -> Quantity:
    """A quantity, or a plain number as one. Raises FHIRPathError."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FHIRPathError(f"{type(value).__name__} is no quantity")
    return Quantity(Decimal(value), "1")
