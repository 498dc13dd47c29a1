"""What may happen once happens once, whoever tries at the same moment, and leaves nothing behind for ever."""

import asyncio

import pytest

from akson.security import once as once_module
from akson.security.once import Once
from akson.store.underway import keep

pytestmark = pytest.mark.store


async def test_of_many_at_the_same_moment_one_is_first(database):
    both = [Once(database), Once(database)]
    tries = [each.first("dpop", "same", 60) for each in both * 10]
    assert sorted(await asyncio.gather(*tries)) == [False] * 19 + [True]


async def test_kinds_and_keys_do_not_meet(database):
    once = Once(database)
    assert await once.first("dpop", "a", 60)
    assert await once.first("assertion", "a", 60)
    assert await once.first("dpop", "b", 60)
    assert not await Once(database).first("dpop", "a", 60)


async def test_what_has_expired_is_removed(database, monkeypatch):
    monkeypatch.setattr(once_module, "SWEEP", -1)
    once = Once(database)
    for number in range(5):
        assert await once.first("dpop", str(number), -1)
    async with database.transaction() as tx:
        assert await keep.sweep(tx) == 1  # only the last; the others went on the way
