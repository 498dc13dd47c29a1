"""At the end of a day both sides hold their counts against each other, over HTTP, and a person is told of what differs."""

from datetime import UTC, datetime, time, timedelta
from html import unescape

import pytest
from tests.exchange.test_send import at, hospital_doctor, refer, scene, settle

from akson.care import message_monitor, stalled
from akson.exchange.edge import tally
from akson.kit.errors import NotFound
from akson.messaging.tally import comparable, days
from akson.store.database.reader import NODE, OWNER
from akson.store.underway import notices

pytestmark = pytest.mark.store
__all__ = ["scene"]


async def noticed(each):
    async with each.place.database.transaction(reader=NODE) as tx:
        return await notices.open_of(tx, each.mailroom.own)


async def seen_by_the_platform(world):
    """What those who run the platform read of counts."""
    operator = await world.sign_in("samhandling", "henrik-vold")
    page = unescape((await operator.get("/samhandling/")).text)
    return page.partition("Antallet meldinger er ikke som det skal")[2].partition("Mellom partene")[0]


async def test_what_differs_is_on_a_list_until_it_agrees_and_a_fall_is_too(world, scene, monkeypatch):
    gp, hospital, doctor, patient = scene
    await refer(gp, doctor, patient)
    await settle(gp, hospital)
    async with gp.place.database.transaction(reader=OWNER) as tx:
        (sent_on,) = await tx.one("select day from message where direction = 'out'")
    tomorrow = datetime.combine(sent_on + timedelta(days=1), time(7), UTC)
    for each in (gp, hospital, gp):
        await tally.reconcile(each.mailroom, tomorrow)
    assert await noticed(gp) == await noticed(hospital) == []

    # The hospital loses the letter after it has acknowledged it: no receipt would ever tell.
    async with hospital.place.database.transaction(reader=OWNER) as tx:
        await tx.execute("update message set day = null where direction = 'in'")
    await tally.reconcile(hospital.mailroom, tomorrow)
    await tally.reconcile(gp.mailroom, tomorrow)
    (ours,), (theirs,) = await noticed(gp), await noticed(hospital)
    assert ours.facts == theirs.facts == {"sent": 1, "received": 0, "acknowledged": 1, "answered": 0}
    assert (ours.role, ours.own, theirs.own) == ("helsesekretaer", ours.sender, "9000211")
    async with at(hospital, await hospital_doctor(hospital)) as ctx:
        seen = await stalled.overview(ctx, hospital.mailroom.book, "nb")
        assert [each.id for each in seen.notices] == [theirs.id]
        assert seen.names[ours.sender] == "Solvik legesenter"
    async with at(gp, doctor) as ctx:
        with pytest.raises(NotFound):
            await stalled.seen_to(ctx, theirs.id)
    monkeypatch.setattr(message_monitor, "now", lambda: tomorrow)
    odd = await seen_by_the_platform(world)
    assert "Solvik legesenter sendte 1 meldinger til Fjordsykehuset, medisinsk avdeling" in odd
    assert "som har mottatt 0" in odd

    async with hospital.place.database.transaction(reader=OWNER) as tx:
        await tx.execute("update message set day = %s where direction = 'in'", [sent_on])
    await tally.reconcile(hospital.mailroom, tomorrow)
    await tally.reconcile(gp.mailroom, tomorrow)
    assert await noticed(gp) == await noticed(hospital) == []

    # On the same weekday there were always many.
    async with gp.place.database.transaction(reader=OWNER) as tx:
        for day in comparable(days(tomorrow)[0]):
            await tx.execute(
                "with made as (insert into message (id, direction, msg_id, type, state, from_her, to_her, pat, patient,"
                " content_type, payload, day) select gen_random_uuid()::text, 'out', gen_random_uuid()::text,"
                " 'HENVISNING_NYTILSTAND', 'acknowledged', from_her, to_her, 0, '', 'application/xml', '', %s"
                " from message, generate_series(1, 9) where direction = 'out' and day = %s returning id, to_her)"
                " insert into message_receiver (message, her_id, state) select id, to_her, 'delivered' from made",
                [day, days(tomorrow)[0]],
            )
    await tally.reconcile(gp.mailroom, tomorrow)
    (fall,) = await noticed(gp)
    assert (fall.kind, fall.facts) == ("fall", {"usual": 9, "found": 1})
    async with at(gp, doctor) as ctx:
        await stalled.seen_to(ctx, fall.id)
    await tally.reconcile(gp.mailroom, tomorrow)
    assert await seen_by_the_platform(world) == ""
    assert await noticed(gp) == [], "what somebody has seen to does not come again"
