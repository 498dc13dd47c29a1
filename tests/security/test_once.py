"""What may happen once happens once, whoever tries at the same moment, and leaves nothing behind for ever."""

import asyncio
from datetime import timedelta

import pytest

from akson.kit.clock import now
from akson.kit.errors import Unavailable
from akson.security import once as once_module
from akson.security.once import Once
from akson.store.underway import keep

pytestmark = pytest.mark.store


async def test_of_many_at_the_same_moment_one_is_first(database):
    both = [Once(database), Once(database)]
    tries = [each.first("dpop", "same", 60) for each in both * 10]
    assert sorted(await asyncio.gather(*tries)) == [False] * 19 + [True]


async def test_what_comes_while_others_are_noted_is_noted_in_one_statement(database, monkeypatch):
    noted = []
    add = keep.add_quickly

    async def counted(tx, names, expires):
        noted.append(len(names))
        return await add(tx, names, expires)

    monkeypatch.setattr(keep, "add_quickly", counted)
    once = Once(database)
    tries = [once.first("dpop", str(number % 20), 60) for number in range(40)]
    assert sum(await asyncio.gather(*tries)) == 20
    assert noted == [20]


async def test_who_no_longer_waits_takes_nobody_along_and_what_was_noted_stays(database):
    once = Once(database)
    tries = [asyncio.create_task(once.first("dpop", each, 60)) for each in ("a", "b")]
    await asyncio.sleep(0)
    tries[0].cancel()
    assert await tries[1]
    with pytest.raises(asyncio.CancelledError):
        await tries[0]
    assert not await once.first("dpop", "a", 60)


async def test_all_who_wait_hear_that_the_database_does_not_answer_and_the_next_is_answered(
    database, monkeypatch
):
    once = Once(database)

    async def broken(*_):
        raise Unavailable("the database does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(keep, "add_quickly", broken)
        tries = [once.first("dpop", each, 60) for each in ("a", "b")]
        assert [type(each) for each in await asyncio.gather(*tries, return_exceptions=True)] == [
            Unavailable
        ] * 2
    assert await once.first("dpop", "a", 60)


@pytest.mark.parametrize("durable", [False, True])
async def test_a_clock_that_is_behind_that_of_the_database_lets_nothing_happen_twice(
    database, monkeypatch, durable
):
    behind = now() - timedelta(hours=1)
    for module in ("akson.security.once", "akson.kit.clock"):
        monkeypatch.setattr(f"{module}.now", lambda: behind, raising=False)
    once = Once(database)
    assert await once.first("dpop", "a", 20, durable=durable)
    assert not await once.first("dpop", "a", 20, durable=durable)


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
