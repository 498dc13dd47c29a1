"""The least and the greatest that a value can stand for at its precision, and that precision.

Source: http://hl7.org/fhirpath/#lowboundaryprecision-integer-decimal--date--datetime--time.
"""

from calendar import monthrange
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from akson.fhir.fhirpath.functions.registry import function
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.quantities import canonical
from akson.fhir.fhirpath.runtime import Env, single
from akson.fhir.fhirpath.values import Collection, Quantity, Temporal, system

_MOST_DIGITS = 28
_LOW = ("0001", "01", "01", "00", "00", "00.000")
_HIGH = ("9999", "12", "31", "23", "59", "59.999")
_MARKS = ("", "-", "-", "T", ":", ":")
_DIGITS = {"Date": (4, 6, 8), "DateTime": (4, 6, 8, 10, 12, 17), "Time": (2, 4, 9)}
"""By kind: the digits of each precision."""


@function("lowBoundary", 0, 1)
def low_boundary(_env: Env, focus: Collection, precision: Collection | None = None) -> Collection:
    return _boundary(focus, precision, upper=False)


@function("highBoundary", 0, 1)
def high_boundary(_env: Env, focus: Collection, precision: Collection | None = None) -> Collection:
    return _boundary(focus, precision, upper=True)


def _boundary(focus: Collection, precision: Collection | None, *, upper: bool) -> Collection:
    if not focus:
        return []
    if len(focus) > 1:
        raise FHIRPathError("a boundary takes one item")
    digits = single(precision or [], int)
    value = system(focus[0])
    found: Any = None
    if isinstance(value, Temporal):
        found = _temporal(value, digits, upper=upper)
    elif isinstance(value, Quantity):
        amount = _decimal(value.value, digits, upper=upper)
        found = None if amount is None else Quantity(amount, value.unit)
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        found = _decimal(Decimal(value), digits, upper=upper)
    return [] if found is None else [found]


def _decimal(value: Decimal, digits: int | None, *, upper: bool) -> Decimal | None:
    wanted = 8 if digits is None else digits
    if not 0 <= wanted <= _MOST_DIGITS:
        return None
    half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
    exact = value + half if upper else value - half
    return exact.quantize(Decimal(1).scaleb(-wanted), ROUND_CEILING if upper else ROUND_FLOOR)


def _temporal(value: Temporal, digits: int | None, *, upper: bool) -> Temporal | None:
    steps = _DIGITS[value.kind]
    wanted = steps[-1] if digits is None else digits
    if wanted not in steps:
        return None
    first = 3 if value.kind == "Time" else 0
    count = steps.index(wanted) + 1
    known = [_padded(part, first + n) for n, part in enumerate(value.parts)]
    fill = (_HIGH if upper else _LOW)[first + len(known) :]
    parts = [*known, *fill][:count]
    if first == 0 and count >= 3 and len(known) < 3 and upper:
        parts[2] = str(monthrange(int(parts[0]), int(parts[1]))[1])
    marks = ("", ":", ":") if first else _MARKS
    text = "".join(mark + part for mark, part in zip(marks, parts, strict=False))
    if value.kind == "DateTime" and count > 3:
        text += _zone(value, upper=upper)
    return Temporal(value.kind, text)


def _padded(part: Decimal, place: int) -> str:
    if place == 0:
        return f"{int(part):04}"
    return f"{part:06.3f}" if place == 5 else f"{int(part):02}"


def _zone(value: Temporal, *, upper: bool) -> str:
    """The zone as written; without one, the zone in which the moment comes first or last."""
    if value.zone is None:
        return "-12:00" if upper else "+14:00"
    return "Z" if value.text.endswith("Z") else value.text[-6:]


@function("precision")
def precision_of(_env: Env, focus: Collection) -> Collection:
    """The number of digits a value was written with."""
    if not focus:
        return []
    value = system(focus[0])
    if isinstance(value, Temporal):
        return [_DIGITS[value.kind][len(value.parts) - 1]]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return [max(-int(Decimal(value).as_tuple().exponent), 0)]
    raise FHIRPathError("only numbers, dates and times have a precision")


@function("comparable", 1)
def comparable(_env: Env, focus: Collection, other: Collection) -> Collection:
    """Whether two quantities have units of the same kind."""
    one, second = single(focus, Quantity), single(other, Quantity)
    if one is None or second is None:
        return []
    return [canonical(one).unit == canonical(second).unit]
