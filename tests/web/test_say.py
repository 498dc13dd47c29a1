"""Dates, ages and numbers as people write them."""

from datetime import UTC, date, datetime

import pytest

from akson.web import say

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("1942-03-12", "12.03.1942"),
        ("2011-05", "mai 2011"),
        ("2011", "2011"),
        ("2026-11-22T23:30:00Z", "23.11.2026"),
        (date(2026, 1, 2), "02.01.2026"),
        (None, ""),
    ],
)
def test_day(value, words):
    assert say.day(value, "nb") == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-11-23T07:05:00Z", "i dag kl. 08:05"),
        ("2026-11-22T14:20:00+01:00", "i går kl. 14:20"),
        ("2026-11-24T08:00:00Z", "i morgen kl. 09:00"),
        ("2026-07-01T08:00:00Z", "01.07.2026 kl. 10:00"),
        ("2011", "2011"),
    ],
)
def test_when(value, words):
    assert say.when(value, "nb", NOW) == words


def test_when_in_other_languages():
    assert say.when("2026-11-23T07:05:00Z", "nn", NOW) == "i dag kl. 08:05"
    assert say.when("2026-11-23T07:05:00Z", "en", NOW) == "today at 08:05"


@pytest.mark.parametrize(
    ("birth", "words"),
    [
        ("1942-03-12", "84 år"),
        ("2025-11-24", "11 måneder"),
        ("2026-11-15", "8 dager"),
        ("2026-10-10", "6 uker"),
        ("2024-11-23", "2 år"),
        ("1950", "76 år"),
        ("", ""),
    ],
)
def test_age(birth, words):
    assert say.age(birth, "nb", date(2026, 11, 23)) == words


def test_since_and_number():
    assert say.since(datetime(2026, 11, 23, 8, 48, tzinfo=UTC), "nb", NOW) == "3 t 12 min"
    assert say.since(datetime(2026, 11, 23, 11, 19, tzinfo=UTC), "nb", NOW) == "41 min"
    assert say.since(datetime(2026, 11, 19, 11, 19, tzinfo=UTC), "nb", NOW) == "4 døgn"
    assert say.number(48312, "nb") == "48\u00a0312"
    assert say.number("61.2", "nn") == "61,2"
    assert say.number(48312.5, "en") == "48,312.5"
