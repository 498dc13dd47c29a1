"""Send, once more at the end of a day: do we and those we write to count the same letters, and as many as usual?

What does not agree is put on the list of the unit whose address it is. It leaves the list by itself when the figures agree
after all.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime

from akson.exchange.edge.mailroom import Mailroom
from akson.kit.clock import now
from akson.kit.errors import PeerFailed
from akson.kit.log import Event, log
from akson.messaging import tally
from akson.messaging.tally import Difference, Fall
from akson.store.database.reader import NODE as READER
from akson.store.underway import notices, tallies
from akson.store.underway.notices import DIFFERENCE, FALL, Notice

WAYS = ("out", "in")
EVERY, AGAIN = 3600, 60
"""Seconds between two looks, and after one that failed."""


async def keep(mailroom: Mailroom) -> None:
    """Reconcile every hour until cancelled: a day is over at its own time, and a platform that was silent is asked again."""
    while True:
        wait = EVERY if mailroom.own else 1
        if mailroom.own:
            try:
                await reconcile(mailroom, now())
            except Exception as error:  # noqa: BLE001 - the next minute is another chance
                log(Event.JOB_FAILED, job="tally", error=type(error).__name__)
                wait = AGAIN
        await asyncio.sleep(wait)


async def reconcile(mailroom: Mailroom, at: datetime) -> None:
    """Tell what we count of the last days, hear what others do, and give what does not agree to a person."""
    for day in tally.days(at):
        await _notice(mailroom, DIFFERENCE, day, await _exchanged(mailroom, day))
    day = tally.days(at)[0]
    async with mailroom.place.database.transaction(read_only=True, reader=READER) as tx:
        found = tally.falls(day, await tallies.by_day(tx, [day, *tally.comparable(day)], WAYS))
    await _notice(mailroom, FALL, day, found)


async def _exchanged(mailroom: Mailroom, day: date) -> list[Difference]:
    async with mailroom.place.database.transaction(read_only=True, reader=READER) as tx:
        counts = await tallies.counted(tx, day, mailroom.own)
    body = {"herIds": sorted(mailroom.own), "counts": tally.as_json(counts)}
    status, answer = await mailroom.message_api("PUT", f"/Tallies/{day.isoformat()}", body)
    if status != 200 or not isinstance(answer, dict):
        raise PeerFailed(f"the platform's counts were answered with {status}")
    return tally.differences(tally.of_json(answer.get("counts")), [str(h) for h in answer.get("told", ())])


async def _notice(mailroom: Mailroom, kind: str, day: date, found: Sequence[Difference | Fall]) -> None:
    made = [
        Notice(kind, day, each.pair[0], each.pair[1], own, each.facts, mailroom.role)
        for each in found
        for own in sorted(set(each.pair) & mailroom.own.keys())
    ]
    async with mailroom.place.database.transaction(reader=READER) as tx:
        await notices.put(tx, kind, day, mailroom.own, made)
