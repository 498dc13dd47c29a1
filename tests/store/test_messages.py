"""Messages in the store: once each, held while worked on, every step kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from akson.store.underway import messages
from akson.store.underway.messages import Message, Receiver, Wanted

pytestmark = pytest.mark.store
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def message(id_: str = "a", **values) -> Message:
    known = {"direction": "out", "msg_id": f"msg-{id_}", "type": "EPIKRISE", "state": "queued"}
    return Message(id=id_, **{**known, "from_her": "1", "to_her": "2", "due": NOW, **values})


async def test_a_message_is_stored_once_for_each_direction_and_sender(database):
    async with database.transaction() as tx:
        assert await messages.add(tx, message(), b"<a/>")
        assert not await messages.add(tx, message("b", msg_id="msg-a"), b"<b/>")
        assert await messages.add(tx, message("c", msg_id="msg-a", from_her="9"), b"<c/>")
        assert await messages.add(tx, message("d", msg_id="msg-a", direction="in"), b"<d/>")
    async with database.transaction() as tx:
        found = await messages.by_msg_id(tx, "out", "1", "msg-a")
        assert found.id == "a"
        assert await messages.payload(tx, "a") == b"<a/>"
        assert await messages.get(tx, "nothing") is None


async def test_what_is_held_is_passed_over(database):
    async with database.transaction() as tx:
        for name in "abc":
            await messages.add(tx, message(name), b"x")
        await messages.add(tx, message("later", due=NOW + timedelta(hours=1)), b"x")
    async with database.transaction() as first, database.transaction() as second:
        one = await messages.claim(first, "out", ["queued"], NOW, 2)
        two = await messages.claim(second, "out", ["queued"], NOW, 5)
        assert [m.id for m in one] == ["a", "b"]
        assert [m.id for m in two] == ["c"]


async def test_every_step_is_kept_in_order(database):
    async with database.transaction() as tx:
        await messages.add(tx, message(), b"x")
        held = await messages.get(tx, "a", hold=True)
        await messages.change(tx, replace(held, state="sent", transport_id="t", due=None, attempts=1))
        await messages.change(tx, replace(held, state="acknowledged", detail="why"))
        assert [(state, detail) for _, state, detail in await messages.steps(tx, "a")] == [
            ("queued", ""),
            ("sent", ""),
            ("acknowledged", "why"),
        ]
        assert await messages.counts(tx) == {("out", "acknowledged"): 1}


async def test_lists_by_address_state_patient_and_reference(database):
    async with database.transaction() as tx:
        await messages.add(tx, message("a", patient="p1", reference="ServiceRequest/1"), b"x")
        await messages.add(tx, message("b", direction="in", from_her="2", to_her="1", patient="p1"), b"x")
        await messages.add(tx, message("c", direction="in", from_her="2", to_her="7"), b"x")
        assert [m.id for m in await messages.find(tx, "out", Wanted(patient="p1"))] == ["a"]
        assert [m.id for m in await messages.find(tx, "out", Wanted(reference="ServiceRequest/1"))] == ["a"]
        assert [m.id for m in await messages.find(tx, "in", Wanted(her_ids=["1"]))] == ["b"]
        assert [m.id for m in await messages.find(tx, "in", Wanted(states=["queued"]))] == ["c", "b"]
        assert await messages.find(tx, "in", Wanted(states=[])) == []


async def test_receivers_wait_until_they_have_read(database):
    async with database.transaction() as tx:
        for name, made in (("a", "2026-11-23T08:00:00+01:00"), ("b", "2026-11-23T09:00:00+01:00")):
            await messages.add(tx, message(name, direction="relay", made_at_sender=made), b"x")
            await messages.put_receiver(tx, Receiver(name, "2", "waiting"))
        await messages.put_receiver(tx, Receiver("a", "3", "waiting"))
        options = {"sender": None, "msg_id": None, "newest": False, "limit": 10}
        assert [(h, m.id) for h, m in await messages.waiting(tx, ["2"], **options)] == [
            ("2", "a"),
            ("2", "b"),
        ]
        assert len(await messages.waiting(tx, ["2", "3"], **options)) == 3
        newest = await messages.waiting(tx, ["2"], **{**options, "newest": True})
        assert [m.id for _, m in newest] == ["b", "a"]
        only = await messages.waiting(tx, ["2"], **{**options, "msg_id": "msg-b"})
        assert [m.id for _, m in only] == ["b"]
        await messages.put_receiver(tx, Receiver("a", "2", "read", "2", ({"errorCode": "E10"},)))
        assert [m.id for _, m in await messages.waiting(tx, ["2"], **options)] == ["b"]
        known = await messages.receivers(tx, "a")
        assert [(r.her_id, r.state, r.status) for r in known] == [("2", "read", "2"), ("3", "waiting", "")]
        assert known[0].errors == ({"errorCode": "E10"},)


async def test_pending_receipts_and_late_answers(database):
    async with database.transaction() as tx:
        await messages.add(tx, message("a", direction="in"), b"x")
        await messages.put_receiver(tx, Receiver("a", "2", "pending", "1"))
        await messages.add(tx, message("b", state="sent", deadline=NOW), b"x")
        await messages.add(tx, message("c", state="sent", deadline=NOW + timedelta(seconds=1)), b"x")
    async with database.transaction() as tx:
        assert [r.message for r in await messages.pending(tx, 10)] == ["a"]
        assert [m.id for m in await messages.late(tx, ["sent"], NOW, 10)] == ["b"]
        assert (await messages.sent(tx, "msg-b")).id == "b"
