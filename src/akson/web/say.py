"""Dates, times, ages and numbers as people write them. The language decides the words, never the order of facts."""

from datetime import UTC, date, datetime, timedelta

from akson.kit.clock import NORWAY
from akson.kit.text import text

NARROW = "\u00a0"


def moment(value: str) -> datetime | None:
    """A FHIR dateTime or instant that has a time of day, in Norwegian time; None for a date only or no date."""
    if "T" not in value:
        return None
    found = datetime.fromisoformat(value)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(NORWAY)


def day(value: str | date | None, language: str) -> str:
    """A whole or partial date: 12.03.1942, mars 1942 or 1942; empty for none."""
    if not value:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(NORWAY).date()
    if isinstance(value, date):
        return f"{value.day:02}.{value.month:02}.{value.year}"
    at = moment(value)
    if at:
        return day(at, language)
    parts = value.split("-")
    if len(parts) == 2:
        return f"{text(f'web.month_{int(parts[1])}', language)} {parts[0]}"
    return ".".join(reversed(parts))


def when(value: str | datetime | None, language: str, now: datetime | None = None) -> str:
    """A time as one says it: i dag kl. 08:05, i går kl. 14:20, else the date (with the time when it has one)."""
    if not value:
        return ""
    at = value.astimezone(NORWAY) if isinstance(value, datetime) else moment(value)
    if at is None:
        return day(str(value), language)
    today = (now or datetime.now(UTC)).astimezone(NORWAY).date()
    clock = f"{at:%H:%M}"
    key = {
        today: "web.today_at",
        today - timedelta(days=1): "web.yesterday_at",
        today + timedelta(days=1): "web.tomorrow_at",
    }.get(at.date(), "web.date_at")
    return text(key, language, date=day(at.date(), language), time=clock)


def clock(value: str | None) -> str:
    """The time of day, e.g. 17:50; empty when there is none."""
    at = moment(value) if value else None
    return f"{at:%H:%M}" if at else ""


def age(birth: str | None, language: str, on: date | None = None) -> str:
    """An age in the unit that says most: days, weeks, months or years. Empty without a birth date."""
    if not birth:
        return ""
    today = on or datetime.now(NORWAY).date()
    parts = [int(part) for part in birth[:10].split("-")]
    if len(parts) < 3:
        return text("web.years", language, n=today.year - parts[0])
    born = date(*parts)
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    days = (today - born).days
    if days < 14:
        return text("web.days", language, n=max(days, 0))
    if months < 3:
        return text("web.weeks", language, n=days // 7)
    return (
        text("web.months", language, n=months) if months < 24 else text("web.years", language, n=months // 12)
    )


def since(start: datetime, language: str, now: datetime | None = None) -> str:
    """How long something has waited: 12 min, 3 t 12 min, 4 døgn."""
    minutes = max(int(((now or datetime.now(UTC)) - start).total_seconds() // 60), 0)
    if minutes < 60:
        return text("web.minutes", language, n=minutes)
    if minutes < 48 * 60:
        return text("web.hours_minutes", language, hours=minutes // 60, minutes=minutes % 60)
    return text("web.day_nights", language, n=minutes // 1440)


def number(value: float | str, language: str) -> str:
    """48 312 and 61,2 in Norwegian; 48,312 and 61.2 in English."""
    whole, _, decimals = str(value).partition(".")
    digits = f"{int(whole):,}"
    if language == "en":
        return digits + (f".{decimals}" if decimals else "")
    return digits.replace(",", NARROW) + (f",{decimals}" if decimals else "")
