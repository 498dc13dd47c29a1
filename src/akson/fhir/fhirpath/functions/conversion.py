"""Conversion between system types. Source: http://hl7.org/fhirpath/N1/#conversion."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from akson.fhir.fhirpath.functions.registry import function
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.runtime import Env
from akson.fhir.fhirpath.values import CALENDAR_CODES, Collection, Quantity, Temporal, system
from akson.kit.clock import now

_TRUE = ("true", "t", "yes", "y", "1", "1.0")
_FALSE = ("false", "f", "no", "n", "0", "0.0")
_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_CLOCK = r"([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d+)?)?)?"
_TIME = re.compile(_CLOCK, re.ASCII)
_MOMENT = re.compile(rf"{_DATE.pattern}(T({_CLOCK})?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_QUANTITY = re.compile(r"(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?:'(?P<unit>[^']+)'|(?P<word>[a-z]+))?", re.ASCII)


def _to_boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    text = value.lower() if isinstance(value, str) else str(value) if isinstance(value, int | Decimal) else ""
    return True if text in _TRUE else False if text in _FALSE else None


def _to_integer(value: Any) -> int | None:
    if isinstance(value, bool | int):
        return int(value)
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else None


def _to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool | int | Decimal):
        return Decimal(value)
    return Decimal(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None


def _to_string(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Temporal):
        return value.text
    if isinstance(value, Quantity):
        return (
            f"{value.value} {value.unit}" if value.unit in CALENDAR_CODES else f"{value.value} '{value.unit}'"
        )
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, str | int) else None


def _to_date(value: Any) -> Temporal | None:
    text = value.text if isinstance(value, Temporal) and value.kind != "Time" else value
    if not isinstance(text, str):
        return None
    if isinstance(value, Temporal):
        text = text.partition("T")[0]
    return Temporal("Date", text) if _DATE.fullmatch(text) else None


def _to_moment(value: Any) -> Temporal | None:
    text = value.text if isinstance(value, Temporal) and value.kind != "Time" else value
    return Temporal("DateTime", text) if isinstance(text, str) and _MOMENT.fullmatch(text) else None


def _to_time(value: Any) -> Temporal | None:
    if isinstance(value, Temporal):
        return value if value.kind == "Time" else None
    text = value.removeprefix("T") if isinstance(value, str) else ""
    return Temporal("Time", text) if _TIME.fullmatch(text) else None


def _to_quantity(value: Any) -> Quantity | None:
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool | int | Decimal):
        return Quantity(Decimal(value), "1")
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    word = match["word"]
    if word is not None and word.removesuffix("s") not in CALENDAR_CODES:
        return None
    return Quantity(Decimal(match["value"]), word.removesuffix("s") if word else match["unit"] or "1")


def _declare(name: str, convert: Callable[[Any], Any]) -> None:
    """`toX` and `convertsToX`; both empty of nothing."""

    def one(focus: Collection) -> Any:
        if len(focus) > 1:
            raise FHIRPathError(f"to{name} takes one item")
        return convert(system(focus[0]))

    def to(_env: Env, focus: Collection, _unit: Collection | None = None) -> Collection:
        found = one(focus) if focus else None
        return [] if found is None else [found]

    def converts(_env: Env, focus: Collection, _unit: Collection | None = None) -> Collection:
        return [one(focus) is not None] if focus else []

    function(f"to{name}", 0, 1 if name == "Quantity" else 0)(to)
    function(f"convertsTo{name}", 0, 1 if name == "Quantity" else 0)(converts)


_declare("Boolean", _to_boolean)
_declare("Integer", _to_integer)
_declare("Decimal", _to_decimal)
_declare("String", _to_string)
_declare("Date", _to_date)
_declare("DateTime", _to_moment)
_declare("Time", _to_time)
_declare("Quantity", _to_quantity)


def _present() -> datetime:
    return now().astimezone(UTC)


@function("now")
def present(_env: Env, _focus: Collection) -> Collection:
    return [Temporal("DateTime", _present().isoformat(timespec="milliseconds"))]


@function("today")
def today(_env: Env, _focus: Collection) -> Collection:
    return [Temporal("Date", _present().date().isoformat())]


@function("timeOfDay")
def time_of_day(_env: Env, _focus: Collection) -> Collection:
    return [Temporal("Time", _present().time().isoformat(timespec="milliseconds"))]
