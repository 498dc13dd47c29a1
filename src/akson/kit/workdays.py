"""Days on which offices in Norway are open: not Saturdays, Sundays and public holidays (helligdagsloven 2; lov om 1. og 17. mai)."""

from datetime import date, datetime, time, timedelta

from akson.kit.clock import NORWAY

FIXED = frozenset({(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)})
"""Month and day."""
AROUND_EASTER = frozenset({-3, -2, 0, 1, 39, 49, 50})
"""Days from Easter Sunday: Maundy Thursday, Good Friday, Easter, Ascension, Whitsun."""
CLOSING = time(16, 0)


def is_workday(day: date) -> bool:
    """Whether offices are open."""
    is_holy = (day.month, day.day) in FIXED or (day - easter(day.year)).days in AROUND_EASTER
    return day.weekday() < 5 and not is_holy


def after(moment: datetime, days: int) -> datetime:
    """When the last of so many whole working days after `moment` closes, aware."""
    day = moment.astimezone(NORWAY).date()
    while days > 0:
        day += timedelta(days=1)
        days -= is_workday(day)
    return datetime.combine(day, CLOSING, NORWAY)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous rule of 1876, as Meeus gives it)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
