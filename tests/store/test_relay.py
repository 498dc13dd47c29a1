"""Figures of the message exchange: what is counted, what a person must look at, and what takes it off the list."""

from datetime import UTC, datetime, timedelta

import pytest

from akson.store.underway import messages, relay
from akson.store.underway.messages import Message, Receiver

pytestmark = pytest.mark.store
HOUR = timedelta(hours=1)


async def put(tx, number, *, type_="EPIKRISE", state="waiting", status=""):
    message = Message(f"m{number}", "relay", f"id{number}", type_, "held", "1", "2")
    await messages.add(tx, message, b"<x/>")
    await messages.put_receiver(tx, Receiver(message.id, "2", state, status))
    return message.id


async def test_messages_are_counted_by_what_became_of_them_and_receipts_are_not(database):
    async with database.transaction() as tx:
        await put(tx, 1)
        await put(tx, 2, state="fetched")
        await put(tx, 3, state="read", status="1")
        await put(tx, 4, state="read", status="2")
        await put(tx, 5, type_="APPREC")
        (found,) = await relay.traffic(tx, datetime.now(UTC) - HOUR)
        assert (found.sender, found.receiver, found.sent) == ("1", "2", 4)
        assert (found.fetched, found.acknowledged, found.rejected) == (3, 1, 1)
        assert found.answer_seconds is not None
        assert await relay.traffic(tx, datetime.now(UTC) + HOUR) == []


async def test_what_is_stuck_is_offered_again_or_taken_off_the_list(database):
    async with database.transaction() as tx:
        silent, _, refused = await put(tx, 1), await put(tx, 2, status="1"), await put(tx, 3, status="2")
        before, after = datetime.now(UTC) - HOUR, datetime.now(UTC) + HOUR
        assert [each.id for each in await relay.stuck(tx, before)] == [refused]
        assert {each.id for each in await relay.stuck(tx, after)} == {silent, refused}
        assert await relay.offer_again(tx, silent, "Henrik")
        assert not await relay.offer_again(tx, refused, "Henrik")
        assert {each.id: each.offered for each in await relay.stuck(tx, after)} == {silent: 1, refused: 0}
        assert await relay.handle(tx, refused, "Henrik")
        assert not await relay.handle(tx, refused, "Henrik")
        assert [each.id for each in await relay.stuck(tx, after)] == [silent]
