"""Claims, numbers and marks of subscriptions, and the events that writes leave for them."""

import asyncio
from dataclasses import replace

import pytest

from akson.fhir.extract import extract
from akson.store.operations import erasing
from akson.store.record import events, resources
from akson.store.record.events import Mark
from akson.store.record.resources import Write
from akson.store.scope import NODE
from akson.store.underway import subscriptions
from akson.store.underway.subscriptions import Subscribed

pytestmark = pytest.mark.store
FLAG = {
    "resourceType": "Flag",
    "status": "active",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/p"},
}
MADE = Subscribed(
    id="s", version=1, status="requested", channel="rest-hook", plan={"channel": {"timeout": 0, "heartbeat": 0}},
    actor={}, purpose="TREAT", latest=0, delivered=0, failures=0, error="", failing_since=None, ends=None,
    mark=None, claim="",
)  # fmt: skip


async def registered(database, *types, **changes):
    async with database.transaction() as tx:
        await subscriptions.register(tx, replace(MADE, **changes), types)
    async with database.transaction() as tx:
        await subscriptions.settle(tx)


async def topics(database):
    async with database.transaction() as tx:
        return [(each.topic, each.reference, each.version) for each in await events.after(tx, Mark())]


async def write(tx, **more):
    return await resources.create(tx, {**FLAG, **more}, extract(FLAG), told=False)


async def test_writes_tell_of_types_that_somebody_waits_for(database):
    async with database.transaction() as tx:
        await write(tx, id="a")
    assert await topics(database) == []
    await registered(database, "Flag")
    async with database.transaction() as tx:
        await write(tx, id="b")
        changed = {**FLAG, "id": "b", "status": "inactive"}
        await resources.update(tx, NODE, changed, extract(changed))
        await resources.update(tx, NODE, changed, extract(changed))
        await resources.delete(tx, NODE, "Flag", "b")
        back = {**FLAG, "id": "b"}
        await resources.update(tx, NODE, back, extract(back))
        many = [Write("Flag", key, {**FLAG, "id": key}, extract(FLAG)) for key in ("c", "a")]
        many.append(
            Write(
                "Patient", "p", {"resourceType": "Patient", "id": "p"}, extract({"resourceType": "Patient"})
            )
        )
        await resources.write_many(tx, many)
        await resources.write_many(tx, [Write("Flag", "c", None)])
    assert await topics(database) == [
        ("Flag.create", "Flag/b", 1),
        ("Flag.update", "Flag/b", 2),
        ("Flag.delete", "Flag/b", 3),
        ("Flag.create", "Flag/b", 4),
        ("Flag.create", "Flag/c", 1),
        ("Flag.delete", "Flag/c", 2),
    ]


async def test_a_node_is_told_of_everything(database):
    async with database.transaction() as tx:
        await resources.create(tx, {**FLAG, "id": "a"}, extract(FLAG), told=True)
        await resources.write_many(tx, [Write("Flag", "b", {**FLAG, "id": "b"}, extract(FLAG))], told=True)
    assert [topic for topic, _, _ in await topics(database)] == ["Flag.create", "Flag.create"]


async def test_a_claim_is_one_process_s_until_it_runs_out(database):
    await registered(database, "Flag")

    async def claimed(name, lease=30.0):
        async with database.transaction() as tx:
            return await subscriptions.claim(tx, name, lease, 10)

    found = await asyncio.gather(
        *[claimed(f"process{number}", -1.0 if number == 9 else 30.0) for number in range(8)]
    )
    assert [len(each) for each in found].count(1) == 1
    (of,) = next(each for each in found if each)
    async with database.transaction() as tx:
        assert not await subscriptions.activate(tx, replace(of, claim="another"), 2)
        assert await subscriptions.activate(tx, of, 2)
    mine = replace(of, version=2)
    async with database.transaction() as tx:
        await subscriptions.release(tx, mine)
        assert not await subscriptions.delivered(tx, mine, 1, 30.0)


async def test_one_becomes_active_when_writers_that_have_not_seen_it_are_over(database):
    async with database.transaction() as tx:
        await write(tx, id="a")  # a writer under way
        await registered(database, "Flag")
        async with database.transaction() as other:
            assert await subscriptions.claim(other, "p", 30.0, 10) == []
    async with database.transaction() as tx:
        assert len(await subscriptions.claim(tx, "p", 30.0, 10)) == 1


async def test_numbers_follow_each_other_and_the_mark_moves_with_them(database):
    await registered(database, "Flag")
    async with database.transaction() as tx:
        (of,) = await subscriptions.claim(tx, "p", 30.0, 10)
        await subscriptions.activate(tx, of, 1)
    async with database.transaction() as tx:
        for key in "abc":
            await write(tx, id=key)
    for expected in (2, 3, 3):
        async with database.transaction() as tx:
            until = (await events.after(tx, Mark()))[-1].mark
            held = await subscriptions.locked(tx, "s")
            happened = await subscriptions.between(tx, held, until, ["Flag"], 2)
            last = happened[-1].mark if happened else until
            assert await subscriptions.number(tx, held, happened, last) == expected
            async with database.transaction() as other:
                assert await subscriptions.locked(other, "s") is None
    async with database.transaction() as tx:
        found = await subscriptions.events_of(tx, "s", 0, 10, 10)
        assert [(each.number, each.reference, each.action) for each in found] == [
            (1, "Flag/a", "create"),
            (2, "Flag/b", "create"),
            (3, "Flag/c", "create"),
        ]
        assert [each.number for each in await subscriptions.events_of(tx, "s", 1, 2, 10)] == [2]


async def test_marks_of_those_for_whom_nothing_happens_move_on(database):
    for id_, kind in (("s", "Flag"), ("t", "Patient")):
        await registered(database, kind, id=id_)
    async with database.transaction() as tx:
        for of in await subscriptions.claim(tx, "p", 30.0, 10):
            await subscriptions.activate(tx, of, 1)
    async with database.transaction() as tx:
        await write(tx, id="a")
    async with database.transaction() as tx:
        until = (await events.after(tx, Mark()))[-1].mark
        assert await subscriptions.waiting_for(tx, ["Flag"]) == ["s"]
        await subscriptions.catch_up(tx, until)
        found = await subscriptions.find(tx, ["s", "t"])
        assert found["t"].mark == until
        assert found["s"].mark < until
        assert await subscriptions.furthest_back(tx) == found["s"].mark


async def test_what_is_old_is_forgotten_unless_somebody_still_waits(database):
    await registered(database, "Flag")
    async with database.transaction() as tx:
        (of,) = await subscriptions.claim(tx, "p", 30.0, 10)
        await subscriptions.activate(tx, of, 1)
    async with database.transaction() as tx:
        await write(tx, id="a")
    async with database.transaction() as tx:
        await tx.execute("update event set moment = now() - interval '9 days'")
        await subscriptions.sweep(tx, 7)
    assert len(await topics(database)) == 1
    async with database.transaction() as tx:
        await subscriptions.remove(tx, "s")
        await subscriptions.sweep(tx, 7)
    assert await topics(database) == []


async def test_what_is_erased_takes_its_subscriptions_along(database):
    await registered(database, "Flag", id="erased")
    await registered(database, "Flag", id="of-ingrid", actor={"patient": "ingrid"})
    await registered(database, "Flag", id="kept", actor={"patient": ""})
    async with database.transaction() as tx:
        await subscriptions.put_topic(tx, "b", "http://topics.example/t", {})
        await subscriptions.end_erased(tx, ["Subscription/erased", "Basic/b", "Patient/kept"])
        await erasing.compartment(tx, NODE, "ingrid")
        assert list(await subscriptions.find(tx, ["erased", "of-ingrid", "kept"])) == ["kept"]
        assert await subscriptions.topic(tx, "http://topics.example/t") is None
        assert await tx.fetch("select subscription from subscription_type") == [("kept",)]
