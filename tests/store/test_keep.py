"""Small things kept for a time."""

from datetime import timedelta

from akson.kit.clock import now
from akson.store.underway import keep

LATER = timedelta(minutes=5)


async def test_what_is_kept_is_there_until_it_is_taken(database):
    async with database.transaction() as tx:
        await keep.put(tx, "session", "k", {"a": 1}, now() + LATER)
        await keep.put(tx, "session", "k", {"a": 2}, now() + LATER)
        assert await keep.get(tx, "session", "k") == {"a": 2}
        assert await keep.get(tx, "code", "k") is None
        assert await keep.take(tx, "session", "k") == {"a": 2}
        assert await keep.take(tx, "session", "k") is None
        await keep.delete(tx, "session", "k")


async def test_what_has_expired_is_gone(database):
    async with database.transaction() as tx:
        for key in ("a", "b", "c"):
            await keep.put(tx, "code", key, {}, now() - LATER)
        assert await keep.get(tx, "code", "a") is None
        assert await keep.take(tx, "code", "a") is None
        assert await keep.sweep(tx) == 2


async def test_a_key_is_added_once_while_it_lasts(database):
    async with database.transaction() as tx:
        assert await keep.add(tx, "jti", "x", {}, -60)
        assert await keep.add(tx, "jti", "x", {}, 60)
        assert not await keep.add(tx, "jti", "x", {}, 60)


async def test_of_several_keys_those_are_added_that_do_not_last_still(database):
    async with database.transaction() as tx:
        assert await keep.add_quickly(tx, [("jti", "x"), ("jti", "y")], -60) == {
            ("jti", "x"),
            ("jti", "y"),
        }
        assert await keep.add_quickly(tx, [("jti", "y"), ("other", "x")], 60) == {
            ("jti", "y"),
            ("other", "x"),
        }
        assert await keep.add_quickly(tx, [("jti", "y"), ("jti", "x")], 60) == {("jti", "x")}


async def test_all_of_a_kind_are_found_and_one_can_be_held(database):
    async with database.transaction() as tx:
        await keep.put(tx, "person", "a", {"n": 1}, now() + LATER)
        await keep.put(tx, "person", "b", {"n": 2}, now() - LATER)
        await keep.put(tx, "other", "c", {"n": 3}, now() + LATER)
        assert await keep.find(tx, "person") == {"a": {"n": 1}}
        assert await keep.lock(tx, "person", "a") == {"n": 1}
        assert await keep.lock(tx, "person", "b") is None
