"""Working days, held against calendars of the years."""

from datetime import date, datetime

import pytest

from akson.kit import workdays


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(1954, 4, 18), (1981, 4, 19), (2000, 4, 23), (2008, 3, 23), (2024, 3, 31), (2025, 4, 20), (2026, 4, 5),
     (2027, 3, 28), (2038, 4, 25), (2049, 4, 18)],
)  # fmt: skip
def test_easter(year, month, day):
    assert workdays.easter(year) == date(year, month, day)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-27", "2026-12-11"),
        ("2026-12-18", "2027-01-05"),
        ("2026-03-27", "2026-04-15"),
        ("2026-05-08", "2026-05-26"),
    ],
)
def test_ten_working_days_leave_out_weekends_christmas_easter_and_ascension(start, end):
    moment = datetime.fromisoformat(f"{start}T09:00:00+01:00")
    assert workdays.after(moment, 10).date().isoformat() == end
