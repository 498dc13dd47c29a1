"""Letters of a day, counted by both sides and the platform: what agrees, what does not, and what is far less than usual."""

from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio

from akson.kit.errors import Malformed
from akson.kit.ids import new_id
from akson.messaging import inbox, outbox, tally, times
from akson.messaging.inbox import Match, Why
from akson.messaging.outbox import Sending
from akson.security.roles import DUTIES
from akson.store.underway import messages, tallies
from akson.store.underway.tallies import Count
from tests.messaging import makers
from tests.messaging.world import GP_HER, HOSPITAL_HER, world

FRIDAY = date(2026, 11, 27)
PAIR = ("1", "2")


@pytest.mark.parametrize(
    ("at", "newest"),
    [
        (datetime(2026, 11, 27, 10, tzinfo=UTC), date(2026, 11, 26)),
        (
            datetime(2026, 11, 27, 1, tzinfo=UTC),
            date(2026, 11, 25),
        ),  # the day has just ended: letters are under way
        (datetime(2026, 11, 27, 5, tzinfo=UTC), date(2026, 11, 26)),  # six hours after midnight in Norway
    ],
)
def test_days_are_counted_when_they_have_been_over_for_a_while(at, newest):
    assert tally.days(at)[0] == newest
    assert len(tally.days(at)) == tally.LOOK_BACK


@pytest.mark.parametrize(
    ("sent", "received", "differs"),
    [
        (Count(*PAIR, "sender", sent=3, acknowledged=2, rejected=1),
         Count(*PAIR, "receiver", received=3, acknowledged=2, rejected=1), False),
        (Count(*PAIR, "sender", sent=3), Count(*PAIR, "receiver", received=2), True),
        (Count(*PAIR, "sender", sent=3, acknowledged=3), Count(*PAIR, "receiver", received=3, acknowledged=2), True),
        (Count(*PAIR, "sender", sent=1), None, True),
        (None, Count(*PAIR, "receiver", received=1), True),
    ],
)  # fmt: skip
def test_both_sides_are_held_against_each_other(sent, received, differs):
    counts = [each for each in (sent, received, Count(*PAIR, "broker", sent=3, received=3)) if each]
    found = tally.differences(counts, PAIR)
    assert bool(found) is differs
    assert tally.differences(counts, ("1",)) == [], (
        "a side that has not told yet is not held against anything"
    )


@pytest.mark.parametrize(
    ("usual", "found", "falls"),
    [((20, 22, 18, 21), 20, 0), ((20, 22, 18, 21), 9, 1), ((20, 22, 18, 21), 0, 1), ((4, 4, 4, 4), 0, 0),
     ((20, 0, 0, 0), 0, 0)],
)  # fmt: skip
def test_far_fewer_than_on_the_same_weekday_before(usual, found, falls):
    counts = dict(zip(tally.comparable(FRIDAY), usual, strict=True))
    assert len(tally.falls(FRIDAY, {PAIR: counts | {FRIDAY: found}})) == falls
    assert all(each.weekday() == FRIDAY.weekday() for each in counts)


@pytest.mark.parametrize(
    "bad",
    [None, {}, [1], [{"sender": "1", "receiver": "x", "by": "sender"}], [{"sender": "1", "receiver": "2"}],
     [{"sender": "1", "receiver": "2", "by": "sender", "sent": -1}],
     [{"sender": "1", "receiver": "2", "by": "sender", "sent": True}]],
)  # fmt: skip
def test_what_are_no_counts(bad):
    with pytest.raises(Malformed):
        tally.of_json(bad)


@pytest_asyncio.fixture
async def w(new_database):
    async with world(new_database) as made:
        made.hospital.here.patients[makers.NUMBER] = Match("h-kari")
        yield made


async def exchanged(side, day):
    async with side.database.transaction() as tx:
        counts = await tallies.counted(tx, day, side.engine.own)
    body = {"herIds": sorted(side.engine.own), "counts": tally.as_json(counts)}
    status, answer = await side.wire("PUT", f"/Tallies/{day}", body)
    assert status == 200, answer
    return tally.differences(tally.of_json(answer["counts"]), answer["told"])


async def sent(side, count, **values):
    made = []
    for _ in range(count):
        letter = makers.referral(header=makers.header(new_id(), generated=times.current(), **values))
        async with side.database.transaction() as tx:
            made.append(await outbox.enqueue(tx, letter, Sending()))
    return made


@pytest.mark.store
async def test_a_letter_that_vanished_at_its_receiver_is_found_by_counting(w):
    day = times.day(datetime.now(UTC))
    await sent(w.gp, 3)
    await sent(w.gp, 1, patient=makers.Person(family="Strand", given="Kari"))
    await w.settle()
    assert await exchanged(w.gp, day) == []
    assert await exchanged(w.hospital, day) == []
    async with w.hospital.database.transaction() as tx:
        (one, *_) = await messages.find(tx, "in", messages.Wanted(states=("new",)))
        await tx.execute("delete from message_receiver where message = %s", [one.id])
    (found,) = await exchanged(w.hospital, day)
    assert (found.sender.sent, found.sender.acknowledged, found.sender.rejected) == (4, 3, 1)
    assert (found.receiver.received, found.receiver.acknowledged) == (3, 2)
    assert (found.broker.sent, found.broker.received) == (4, 4)
    assert await exchanged(w.gp, day) == [found]


@pytest.mark.store
async def test_nobody_counts_for_others(w):
    foreign = Count(HOSPITAL_HER, GP_HER, "sender", sent=1)
    body = {"herIds": [GP_HER], "counts": tally.as_json([foreign])}
    assert (await w.gp.wire("PUT", "/Tallies/2026-11-27", body))[0] == 400
    assert (await w.gp.wire("PUT", "/Tallies/yesterday", {"herIds": [], "counts": []}))[0] == 400
    assert (await w.gp.wire("PUT", "/Tallies/2026-11-27", {"herIds": [HOSPITAL_HER], "counts": []}))[0] == 403


@pytest.mark.store
async def test_a_letter_that_nobody_opens_is_given_to_somebody_once(w):
    await sent(w.gp, 2)
    await w.settle()
    async with w.hospital.database.transaction() as tx:
        old, _ = await inbox.entries(tx, [HOSPITAL_HER])
        await tx.execute(
            "update message set made = %s where id = %s", [datetime.now(UTC) - timedelta(days=4), old.id]
        )
    await w.settle(2)
    assert set(w.hospital.here.work_list) == {(old.msg_id, Why.UNREAD)}


def test_the_roles_that_see_to_letters_have_words():
    from akson.kit.text import SOURCE, catalogue

    assert {f"seen.role_{role}" for role in DUTIES} <= catalogue(SOURCE).keys()
