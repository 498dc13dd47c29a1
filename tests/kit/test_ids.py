"""Ids sort by the time they were made and are version 7 UUIDs; secrets cannot be guessed."""

import time
import uuid

from akson.kit.ids import new_id, new_secret


def test_ids_are_version_seven():
    made = [uuid.UUID(new_id()) for _ in range(200)]
    assert {(value.version, value.variant) for value in made} == {(7, uuid.RFC_4122)}
    assert len(set(made)) == 200


def test_ids_sort_by_time(monkeypatch):
    moments = [1_700_000_000_000 + step for step in (0, 1, 2, 1000, 10**9)]
    made = []
    for moment in moments:
        monkeypatch.setattr(time, "time_ns", lambda moment=moment: moment * 1_000_000)
        made.append(new_id())
    assert made == sorted(made)
    assert [uuid.UUID(value).int >> 80 for value in made] == moments


def test_secrets_are_long_safe_in_addresses_and_never_the_same():
    made = {new_secret() for _ in range(200)}
    assert len(made) == 200
    assert all(len(value) == 43 and value.replace("-", "").replace("_", "").isalnum() for value in made)
