"""Times of KITH messages: often without an offset, then they are Norwegian time."""

from datetime import UTC, date, datetime, timedelta, timezone

from akson.kit.clock import now
from akson.messaging.kith.binding import NotOfSchema


def moment(text: str) -> datetime:
    """A KITH date or time as an aware moment. NotOfSchema when it is neither."""
    try:
        found = datetime.fromisoformat(_short_fraction(text))
    except ValueError as error:
        raise NotOfSchema("a time is not one that XML Schema knows") from error
    return found if found.tzinfo else found.replace(tzinfo=oslo(found))


def written(at: datetime) -> str:
    """A moment as messages carry it: Norwegian time with its offset, whole seconds."""
    return at.astimezone(oslo(at.astimezone(UTC).replace(tzinfo=None))).isoformat(timespec="seconds")


def current() -> str:
    """The present, as messages carry it."""
    return written(now())


def oslo(naive: datetime) -> timezone:
    """Norway's offset: summer time from the last Sunday of March to the last of October, at 01:00 UTC.

    The rule of the European Union stands here so that no machine needs a time zone database.
    """
    start = datetime.combine(_last_sunday(naive.year, 3), datetime.min.time()).replace(hour=1)
    end = datetime.combine(_last_sunday(naive.year, 10), datetime.min.time()).replace(hour=1)
    return timezone(timedelta(hours=2 if start <= naive.replace(tzinfo=None) < end else 1))


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _short_fraction(text: str) -> str:
    # Messages carry up to seven decimals of a second; datetime holds six.
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[: min(digits, 6)].ljust(6, '0')}{tail[digits:]}" if dot else text
