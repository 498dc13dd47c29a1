"""Time is aware and written as FHIR has it."""

from datetime import UTC, datetime, timedelta, timezone

from akson.kit.clock import instant, now


def test_now_is_aware():
    assert now().utcoffset() == timedelta(0)


def test_an_instant_is_in_utc_to_the_millisecond():
    moment = datetime(2026, 11, 23, 9, 5, 0, 123_999, tzinfo=timezone(timedelta(hours=1)))
    assert instant(moment) == "2026-11-23T08:05:00.123Z"
    assert instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000Z"
