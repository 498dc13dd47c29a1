"""Dates and times moved by a time-valued quantity, at the precision they have.

Source: http://hl7.org/fhirpath/N1/#datetime-arithmetic.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.values import Quantity, Temporal

_MONTHS = {"year": 12, "month": 1, "a": 0, "mo": 0}
_MICROS = {
    "week": 604_800_000_000,
    "wk": 604_800_000_000,
    "day": 86_400_000_000,
    "d": 86_400_000_000,
    "hour": 3_600_000_000,
    "h": 3_600_000_000,
    "minute": 60_000_000,
    "min": 60_000_000,
    "second": 1_000_000,
    "s": 1_000_000,
    "millisecond": 1_000,
    "ms": 1_000,
}
_STEP = {1: 365 * 86_400_000_000, 2: 30 * 86_400_000_000, 3: 86_400_000_000, 4: 3_600_000_000, 5: 60_000_000}
"""By number of parts: the smallest step that shows at that precision."""


_MOST = 20
"""Power of ten from which a duration leaves every calendar."""


def moved(value: Temporal, by: Quantity, sign: int) -> Temporal | None:
    """The value moved; None where it leaves the calendar. Raises FHIRPathError on a unit that is not of time."""
    unit = by.unit
    if abs(by.value.adjusted()) > _MOST:
        return None
    months = _MONTHS.get(unit, 0)
    if not months and unit not in _MICROS:
        raise FHIRPathError(f"a date cannot be moved by {unit!r}")
    parts = value.parts
    clock = value.kind == "Time"
    full = [2000, 1, 1, *(int(p) for p in parts)] if clock else [int(p) for p in parts]
    count = len(full)
    full += [1, 1, 0, 0, 0][count - 1 :] if count < 6 else []
    fraction = int((parts[-1] % 1) * 1_000_000) if count == 6 else 0
    try:
        start = datetime(*full[:6], fraction, tzinfo=UTC)  # type: ignore[misc, arg-type]
        end = _shift(start, by, months * sign, sign, count)
    except (ValueError, OverflowError):
        return None
    return _written(value, end, count)


def _shift(start: datetime, by: Quantity, months: int, sign: int, count: int) -> datetime:
    if months:
        return _add_months(start, int(by.value) * months)
    whole_units = by.unit not in ("second", "s", "millisecond", "ms")  # parts of a larger unit do not count
    micros = int((int(by.value) if whole_units else by.value) * _MICROS[by.unit]) * sign
    step = _STEP.get(count)
    if step is None:
        return start + timedelta(microseconds=micros)
    whole = int(Decimal(micros) / Decimal(step))
    if count <= 2:
        return _add_months(start, whole * (12 if count == 1 else 1))
    return start + timedelta(microseconds=whole * step)


def _add_months(start: datetime, months: int) -> datetime:
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def _written(value: Temporal, moment: datetime, count: int) -> Temporal:
    """In the precision and zone of the value it came from."""
    text = value.text
    zone = text[-1] if text.endswith("Z") else text[-6:] if value.zone is not None else ""
    digits = len(text.removesuffix(zone).partition(".")[2])
    pieces = [f"{moment.year:04}", f"-{moment.month:02}", f"-{moment.day:02}"][: min(count, 3)]
    clock = [f"{moment.hour:02}", f":{moment.minute:02}", f":{moment.second:02}"][: max(count - 3, 0)]
    if digits and count == 6:
        clock.append("." + f"{moment.microsecond:06}"[:digits].ljust(digits, "0"))
    if value.kind == "Time":
        return Temporal("Time", "".join(clock))
    mark = "T" if clock or value.text.endswith("T") else ""
    return Temporal(value.kind, "".join(pieces) + mark + "".join(clock) + zone)
