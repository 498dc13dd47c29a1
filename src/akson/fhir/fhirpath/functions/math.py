"""Functions on numbers. Source: http://hl7.org/fhirpath/N1/#math."""

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from akson.fhir.fhirpath.budget import DIGITS
from akson.fhir.fhirpath.functions.registry import function
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.operators import fit
from akson.fhir.fhirpath.runtime import Env, single
from akson.fhir.fhirpath.values import Collection, Quantity, system


def _amount(focus: Collection) -> Any:
    """The one number or quantity; None of nothing."""
    if not focus:
        return None
    if len(focus) > 1:
        raise FHIRPathError("expected one number, found several")
    value = system(focus[0])
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Quantity):
        raise FHIRPathError("expected a number")
    return value


@function("abs")
def absolute(_env: Env, focus: Collection) -> Collection:
    value = _amount(focus)
    if isinstance(value, Quantity):
        return [Quantity(abs(value.value), value.unit)]
    return [] if value is None else [abs(value)]


def _whole(name: str, rounding: str) -> None:
    def run(_env: Env, focus: Collection) -> Collection:
        value = fit(single(focus, Decimal) or Decimal(0)) if focus else None
        return [] if value is None else [int(value.to_integral_value(rounding))]

    function(name)(run)


_whole("ceiling", ROUND_CEILING)
_whole("floor", ROUND_FLOOR)
_whole("truncate", ROUND_DOWN)


@function("round", 0, 1)
def rounded(_env: Env, focus: Collection, precision: Collection | None = None) -> Collection:
    value = single(focus, Decimal)
    digits = single(precision or [], int) or 0
    if digits < 0:
        raise FHIRPathError("round takes no negative number of digits")
    if value is None or digits > DIGITS:
        return []
    try:
        return [value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)]
    except InvalidOperation:  # more digits than a number keeps: it is as exact as it can be
        return [value]


def _real(name: str, body: Callable[[Decimal], Decimal]) -> None:
    def run(_env: Env, focus: Collection) -> Collection:
        value = single(focus, Decimal)
        try:
            found = None if value is None else fit(body(value))
        except ArithmeticError:
            return []
        return [] if found is None else [found]

    function(name)(run)


_real("exp", Decimal.exp)
_real("ln", Decimal.ln)
_real("sqrt", Decimal.sqrt)


@function("log", 1)
def logarithm(_env: Env, focus: Collection, base: Collection) -> Collection:
    value, on = single(focus, Decimal), single(base, Decimal)
    if value is None or on is None or value <= 0 or on <= 0 or on == 1:
        return []
    try:
        return [Decimal(str(math.log(value, on)))]
    except (ArithmeticError, ValueError):
        return []


@function("power", 1)
def power(_env: Env, focus: Collection, exponent: Collection) -> Collection:
    value, by = single(focus, Decimal), single(exponent, Decimal)
    if value is None or by is None or (value < 0 and by != int(by)):
        return []
    try:
        result = fit(value**by)
    except ArithmeticError:
        return []
    if result is None:
        return []
    integers = all(isinstance(system(item), int) for item in (*focus, *exponent))
    return [int(result) if integers and by >= 0 else result]
