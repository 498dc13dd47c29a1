"""The words and dates of a citizen's privacy choices."""

from datetime import datetime

import pytest

from akson.kit.clock import NORWAY
from akson.web.portal.privacy_words import end_of_day


@pytest.mark.parametrize("words", ["i morgen", "2020-02-30", "2020-01-01", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_or_over_or_has_no_end_is_told(words):
    assert end_of_day(words)[1] is False


def test_a_day_ends_when_the_next_begins_in_norway():
    assert end_of_day("2100-06-30") == (datetime(2100, 7, 1, tzinfo=NORWAY), True)
    assert end_of_day("") == (None, True)
