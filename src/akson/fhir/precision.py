"""What a date or a number leaves open: `2024-05` is a month long, `5.40` means 5.395 to 5.405.

Times are microseconds since 1970 UTC, both ends inclusive. A time without a zone is read as UTC.
Source: http://hl7.org/fhir/R4/search.html#date, #number.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

EARLIEST = -62_135_596_800_000_000
LATEST = 253_402_300_799_999_999
"""The years 1 to 9999: the ends of an open period."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MINUTE = 60_000_000
_SECOND = 1_000_000
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)


@lru_cache(maxsize=16_384)
def interval(text: str) -> tuple[int, int]:
    """The first and last microsecond of a FHIR date, dateTime or instant. Raises ValueError."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a FHIR date")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    if day is None:
        return _days(int(year), int(month) if month else None)
    if hour is None:
        low = _micros(datetime(int(year), int(month), int(day), tzinfo=UTC))
        return low, low + 24 * 60 * _MINUTE - 1
    leap = second == "60"
    start = datetime(
        int(year), int(month), int(day), int(hour), int(minute), 59 if leap else int(second or 0), tzinfo=UTC
    )
    low = _micros(start) + (_SECOND if leap else 0) - _offset(zone)
    if second is None:
        return low, low + _MINUTE - 1
    if fraction is None:
        return low, low + _SECOND - 1
    low += int(fraction[:6].ljust(6, "0"))
    return low, low + 10 ** max(0, 6 - len(fraction)) - 1


def moments(period: dict[str, Any] | None) -> tuple[datetime | None, datetime | None]:
    """When a Period begins, and the moment after its last; None for an open end, or one that cannot be read."""
    start, end = (period or {}).get("start"), (period or {}).get("end")
    return first(start), following(end)


def first(text: str | None) -> datetime | None:
    """The first moment of a date or time; None for none, or one that cannot be read."""
    try:
        return _EPOCH + interval(text)[0] * _MICROSECOND if text else None
    except ValueError:
        return None


def following(text: str | None) -> datetime | None:
    """The moment after a date or time is over; None for none, or one that cannot be read."""
    try:
        return _EPOCH + (interval(text)[1] + 1) * _MICROSECOND if text else None
    except (ValueError, OverflowError):
        return None


def covers(period: dict[str, Any] | None, moment: datetime) -> bool:
    """Whether a Period holds at a moment; none holds always, and one that cannot be read never."""
    try:
        low = interval(period["start"])[0] if period and "start" in period else EARLIEST
        high = interval(period["end"])[1] if period and "end" in period else LATEST
    except ValueError:
        return False
    return low <= _micros(moment) <= high


def _days(year: int, month: int | None) -> tuple[int, int]:
    first = datetime(year, month or 1, 1, tzinfo=UTC)
    if month is None or month == 12:
        if year == 9999:
            return _micros(first), LATEST
        following = datetime(year + 1, 1, 1, tzinfo=UTC)
    else:
        following = datetime(year, month + 1, 1, tzinfo=UTC)
    return _micros(first), _micros(following) - 1


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _offset(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(f"{zone!r} is not a time zone")
    size = (hours * 60 + minutes) * _MINUTE
    return -size if zone[0] == "-" else size


def number(text: str) -> tuple[Decimal, Decimal, Decimal]:
    """A number and the interval that its digits stand for: value, low, high. Raises ValueError."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a number")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not a number") from error
    exponent = value.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    return value, value - half, value + half


def spread(value: float) -> tuple[float, float, float]:
    """A JSON number with the interval that its digits stand for. `strict_json` numbers know their digits."""
    text = str(value)
    if "e" in text or "E" in text:
        exact, low, high = number(text)
        return float(exact), float(low), float(high)
    point = text.find(".")
    half = 0.5 if point < 0 else 0.5 * 10.0 ** (point + 1 - len(text))
    return float(value), value - half, value + half
