"""Beside the requests of every process: events of subscriptions get their numbers, and go out to rest-hooks.

Processes share the work: a row lock numbers each subscription's events once, a claim delivers them once and in order.
"""

import asyncio
import time
from contextlib import suppress

from akson.kit.errors import AksonError, Conflict, Unavailable
from akson.kit.ids import new_id
from akson.kit.log import Event, log
from akson.record.context import Place
from akson.record.subscriptions import work
from akson.rest.subscriptions.delivery import LEASE, Delivery
from akson.rest.subscriptions.hook import Outgoing
from akson.store.database.reader import NODE
from akson.store.record import events
from akson.store.record.events import Mark
from akson.store.underway import subscriptions
from akson.store.underway.subscriptions import ERROR, OFF, Subscribed

PAUSE, RESTING = 0.1, 0.5
"""Seconds between looks while anybody subscribes, and while nobody does."""
BATCH = 500
"""Events of the log that are read at once."""
AT_ONCE = 32
"""Subscriptions that one process delivers to at the same time."""
NUMBERING = 3
"""Subscriptions whose part of the log is looked through at the same time, each on a connection."""
CATCH_UP, SWEEP = 30.0, 3600.0
"""Seconds between moving the marks of those for whom nothing happens, and between sweeps."""
KEPT_DAYS = 7
"""How long events can be asked for by number."""


async def run(place: Place) -> None:
    """Work until cancelled."""
    outgoing = Outgoing(place.node)
    worker = Worker(place, outgoing)
    try:
        await worker.run()
    finally:
        await worker.end()
        await outgoing.close()


class Worker:
    """The subscriptions of one place, as far as one process takes care of them."""

    def __init__(self, place: Place, outgoing: Outgoing) -> None:
        self._place = place
        self._outgoing = outgoing
        self._name = new_id()
        self._seen: Mark | None = None
        self._left: set[str] = set()
        """Subscriptions whose part of the log up to `_seen` is still to be looked through."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._at = {"catch_up": time.monotonic(), "sweep": time.monotonic()}

    async def run(self) -> None:
        while True:
            try:
                pause = await self.turn()
            except (Unavailable, Conflict):
                pause = RESTING
            await asyncio.sleep(pause)

    async def end(self) -> None:
        """Stop delivering; what is under way gives its claims back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def turn(self) -> float:
        """One look at everything; how long to wait for the next."""
        await self._sweep()
        async with self._place.database.singly(NODE) as tx:
            view = await subscriptions.overview(tx, self._seen or Mark())
        if not view.live:
            self._seen = None
            return RESTING
        if view.unsettled:
            async with self._place.database.transaction(reader=NODE) as tx:
                await subscriptions.settle(tx)
        is_full = await self._look() if view.news or self._seen is None else False
        left = sorted(self._left)
        for start in range(0, len(left), NUMBERING):
            await asyncio.gather(*map(self._number, left[start : start + NUMBERING]))
        if view.due or left:
            await self._take_up()
        if view.ended:
            await self._put_off()
        await self._catch_up()
        return 0.0 if is_full else PAUSE

    async def _look(self) -> bool:
        """Read what happened since the last look; whether there may be more."""
        async with self._place.database.transaction(read_only=True, reader=NODE) as tx:
            if self._seen is None:
                self._seen = await subscriptions.furthest_back(tx) or await events.latest(tx)
            found = await events.after(tx, self._seen, limit=BATCH)
            if found:
                types = {each.topic.split(".")[0] for each in found}
                self._left |= set(await subscriptions.waiting_for(tx, types))
                self._seen = found[-1].mark
        return len(found) == BATCH

    async def _number(self, id_: str) -> None:
        """Look through the log for one subscription; one that cannot be done now stays for the next turn."""
        try:
            async with self._place.database.transaction(reader=NODE) as tx:
                if await work.number(self._place, tx, id_, self._seen or Mark()):
                    self._left.discard(id_)
        except (Unavailable, Conflict):
            return
        except Exception as error:  # noqa: BLE001  whatever one subscription meets, the others go on
            self._left.discard(id_)
            await self._broken(id_, error)

    async def _broken(self, id_: str, error: Exception) -> None:
        """Criteria that could be evaluated when they were written and cannot any more. Tried again at the next event."""
        log(Event.JOB_FAILED, job="subscription", subscription=id_, error=type(error).__name__)
        with suppress(AksonError):
            async with self._place.database.transaction(reader=NODE) as tx:
                of = (await subscriptions.find(tx, [id_])).get(id_)
                if of is None or of.status == ERROR:
                    return
                version = await work.say(self._place, tx, of, ERROR, "its criteria cannot be evaluated")
                if version is not None:
                    await subscriptions.stand(tx, of, ERROR, version)

    async def _take_up(self) -> None:
        self._tasks = {task for task in self._tasks if not task.done()}
        free = AT_ONCE - len(self._tasks)
        if free <= 0:
            return
        async with self._place.database.singly(NODE) as tx:
            claimed = await subscriptions.claim(tx, self._name, LEASE, free)
        self._tasks |= {asyncio.create_task(self._serve(each)) for each in claimed}

    async def _serve(self, of: Subscribed) -> None:
        try:
            if await Delivery(self._place, of, self._outgoing).serve():
                self._left.add(of.id)
        except AksonError as error:
            log(Event.JOB_FAILED, job="subscription", subscription=of.id, error=type(error).__name__)

    async def _put_off(self) -> None:
        """Turn off those whose time is over."""
        async with self._place.database.transaction(reader=NODE) as tx:
            for of in await subscriptions.ended(tx, 20):
                version = await work.say(self._place, tx, of, OFF)
                if version is not None:
                    await subscriptions.stand(tx, of, OFF, version)

    async def _catch_up(self) -> None:
        if self._is_time("catch_up", CATCH_UP) and self._seen and not self._left:
            async with self._place.database.transaction(reader=NODE) as tx:
                await subscriptions.catch_up(tx, self._seen)

    async def _sweep(self) -> None:
        if self._is_time("sweep", SWEEP):
            async with self._place.database.transaction(reader=NODE) as tx:
                await subscriptions.sweep(tx, KEPT_DAYS)

    def _is_time(self, what: str, every: float) -> bool:
        if time.monotonic() - self._at[what] < every:
            return False
        self._at[what] = time.monotonic()
        return True
