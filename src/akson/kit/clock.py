"""Time as FHIR writes it: aware, in UTC, to the millisecond."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

NORWAY = ZoneInfo("Europe/Oslo")


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day in Norway: it begins at midnight there."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day of a moment, in Norway."""
    return moment.astimezone(NORWAY).date()


def instant(moment: datetime) -> str:
    """A FHIR instant, e.g. 2026-11-23T08:05:00.000Z."""
    universal = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return universal.isoformat(timespec="milliseconds").replace("+00:00", "Z")
