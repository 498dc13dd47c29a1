"""Dates and numbers stand for intervals as wide as the precision they were written in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.fhir.precision import EARLIEST, LATEST, interval, number, spread
from akson.fhir.strict_json import Number


def micros(*parts):
    return int((datetime(*parts, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2024", micros(2024, 1, 1), micros(2025, 1, 1) - 1),
        ("2024-02", micros(2024, 2, 1), micros(2024, 3, 1) - 1),
        ("2024-12", micros(2024, 12, 1), micros(2025, 1, 1) - 1),
        ("2024-02-29", micros(2024, 2, 29), micros(2024, 3, 1) - 1),
        ("2024-02-29T10:30", micros(2024, 2, 29, 10, 30), micros(2024, 2, 29, 10, 31) - 1),
        ("2024-02-29T10:30:05Z", micros(2024, 2, 29, 10, 30, 5), micros(2024, 2, 29, 10, 30, 6) - 1),
        ("2024-02-29T00:30:05+02:00", micros(2024, 2, 28, 22, 30, 5), micros(2024, 2, 28, 22, 30, 6) - 1),
        (
            "2024-02-29T10:30:05.25-01:30",
            micros(2024, 2, 29, 12, 0, 5) + 250_000,
            micros(2024, 2, 29, 12, 0, 5) + 259_999,
        ),
        ("2016-12-31T23:59:60Z", micros(2017, 1, 1), micros(2017, 1, 1, 0, 0, 1) - 1),
        ("0001", EARLIEST, micros(2, 1, 1) - 1),
        ("9999", micros(9999, 1, 1), LATEST),
        ("9999-12", micros(9999, 12, 1), LATEST),
    ],
)
def test_interval(text, low, high):
    assert interval(text) == (low, high)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "2024-1",
        "2024-13",
        "2023-02-29",
        "2024-01-01T",
        "2024-01-01T25:00",
        "2024-01-01T10:00+15:00",
        "٢٠٢٤",
    ],
)
def test_not_a_date(text):
    with pytest.raises(ValueError, match=r".+"):
        interval(text)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: 2 < moment.year < 9998))
def test_a_moment_lies_in_its_second_minute_day_month_and_year(moment):
    exact = interval(moment.isoformat(timespec="microseconds").replace("+00:00", "Z"))
    assert exact[0] == exact[1]
    for size in (19, 16, 10, 7, 4):
        low, high = interval(moment.isoformat(timespec="microseconds")[:size])
        assert low <= exact[0] <= exact[1] <= high


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (107, 106.5, 107.5),
        (60.5, 60.45, 60.55),
        (Number("60.50"), 60.495, 60.505),
        (Number("1e3"), 500, 1500),
        (0, -0.5, 0.5),
    ],
)
def test_spread(value, low, high):
    assert spread(value) == pytest.approx((float(value), low, high))


@pytest.mark.parametrize("text", ["", "a", "1.", ".5", "1e", "--1", "1 2", "1e9999"])
def test_not_a_number(text):
    with pytest.raises(ValueError, match="not a number"):
        number(text)
