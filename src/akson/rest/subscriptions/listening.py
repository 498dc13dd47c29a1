"""What one connection is told of one subscription: from which number on, in which form."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

from akson.fhir.subscriptions.plan import Plan
from akson.fhir.subscriptions.status import Kind
from akson.record.context import Place
from akson.record.subscriptions import work
from akson.record.subscriptions.actors import entitled
from akson.record.subscriptions.content import Told, told
from akson.rest.subscriptions.notification import IN_ONE, notification
from akson.store.database.pool import Tx
from akson.store.underway import subscriptions
from akson.store.underway.subscriptions import Subscribed


class Message(NamedTuple):
    """A notification, and the number it comes up to."""

    kind: Kind
    number: int
    body: bytes


class Listening:
    """One subscription on one connection."""

    def __init__(self, place: Place, of: Subscribed, after: int | None = None) -> None:
        self._place = place
        self._of = of
        self._plan = Plan.of(of.plan)
        self.sent = of.latest if after is None else after
        """The number of the last event that was told."""
        self._beat = self._next_beat()

    @property
    def id(self) -> str:
        return self._of.id

    @property
    def is_bundled(self) -> bool:
        """Whether it wants notification Bundles; otherwise R4's own `ping`."""
        return bool(self._plan.channel.content)

    @property
    def until_beat(self) -> float | None:
        """Seconds until the next sign of life is due; None when none is wanted."""
        return None if self._beat is None else max(0.0, self._beat - self._now())

    def greeting(self) -> Message:
        return self._message("handshake")

    async def beats(self) -> Message | None:
        """The sign of life, when it is due."""
        if self._beat is None or self._now() < self._beat:
            return None
        await self._again()
        return self._message("heartbeat")

    def over(self) -> Message:
        """The last word: that it is off."""
        return self._message("heartbeat", status="off")

    async def news(self) -> AsyncIterator[Message]:
        """What was not told yet, in order, a page at a time. Read when it is told, in the subscriber's scope then."""
        while found := await self._page():
            self.sent = found[-1].event.number
            yield self._message("event-notification", found)

    async def _page(self) -> list[Told]:
        channel = self._plan.channel
        async with self._place.database.transaction() as tx:
            if not await self._reload(tx):
                return []
            ctx = await entitled(self._place, tx, self._of)
            if ctx is None:
                return []
            events = await subscriptions.events_of(
                tx, self.id, self.sent, self._of.latest, channel.most or IN_ONE
            )
            return await told(ctx, events, channel.holds)

    async def _again(self) -> None:
        async with self._place.database.transaction(read_only=True) as tx:
            await self._reload(tx)

    async def _reload(self, tx: Tx) -> bool:
        found = (await subscriptions.find(tx, [self.id])).get(self.id)
        if found is None:
            return False
        if found.version != self._of.version:
            self._plan = Plan.of(found.plan)
        self._of = found
        return True

    def _message(self, kind: Kind, told: list[Told] | None = None, *, status: str = "") -> Message:
        standing = work.standing(
            self._of, self._plan, latest=self.sent if told else self._of.latest, status=status
        )
        self._beat = self._next_beat()
        body = notification(self._place.node.fhir, standing, kind, told or (), self._plan.channel.holds)
        return Message(kind, self.sent, body)

    def _next_beat(self) -> float | None:
        every = self._plan.channel.heartbeat
        return self._now() + every if every else None

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
