"""Times of KITH messages: often without an offset, then they are Norwegian time."""

from datetime import UTC, date, datetime, time, timedelta, timezone

from akson.kit.clock import now
from akson.messaging.kith.binding import NotOfSchema

EARLIEST, LATEST = 1800, 2200


def moment(text: str) -> datetime:
    """A KITH date or time as an aware moment. NotOfSchema when it is neither."""
    try:
        found = datetime.fromisoformat(_short_fraction(text))
    except ValueError as error:
        raise NotOfSchema("a time is not one that XML Schema knows") from error
    if not EARLIEST <= found.year <= LATEST:
        raise NotOfSchema("a time is too far from ours to be meant")
    return found if found.tzinfo else found.replace(tzinfo=oslo(found))


def written(at: datetime) -> str:
    """A moment as messages carry it: Norwegian time with its offset, whole seconds."""
    return at.astimezone(oslo(at.astimezone(UTC).replace(tzinfo=None), is_utc=True)).isoformat(
        timespec="seconds"
    )


def day(at: datetime) -> date:
    """The calendar day in Norway."""
    return date.fromisoformat(written(at)[:10])


def current() -> str:
    """The present, as messages carry it."""
    return written(now())


def oslo(at: datetime, *, is_utc: bool = False) -> timezone:
    """Norway's offset at a naive time, local unless said: summer from the last Sunday of March to that of October.

    The clock changes at 01:00 UTC. The hour that comes twice counts as summer. The rule of the European Union stands
    here so that no machine needs a time zone database.
    """
    ahead = (0, 0) if is_utc else (1, 2)
    start, end = (
        datetime.combine(_last_sunday(at.year, month), time(1 + hours))
        for month, hours in zip((3, 10), ahead, strict=True)
    )
    return timezone(timedelta(hours=2 if start <= at < end else 1))


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _short_fraction(text: str) -> str:
    # Messages carry up to seven decimals of a second; datetime holds six.
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[: min(digits, 6)].ljust(6, '0')}{tail[digits:]}" if dot else text
