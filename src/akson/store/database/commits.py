"""Commits that wait for the disk together.

Waiting for the disk costs PostgreSQL more than writing a row of the access log, and it waits once for as many transactions as
are waiting at that moment: where each waits by itself, for hardly more than one. Here a transaction commits without waiting, and
then waits, with all that did so at the same time, for one commit that does. What was written before that one is on disk when
it is: PostgreSQL writes one log, in order. Nothing is answered before, so that a crash loses nothing anybody was told.

Only for transactions whose rows nobody acts upon before they are on disk: looks, which add to the access log alone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from akson.kit.gathered import Gathered

MOST = 0.002
"""Seconds that those who have committed wait for others that are about to."""
ON_DISK = "select pg_logical_emit_message(true, 'akson', '')"
"""Writes next to nothing, and its commit waits for the disk, or for the other servers that are to have it."""


class Commits:
    """Those of one database in this process. `flush` is a commit that waits."""

    def __init__(self, flush: Callable[[], Awaitable[object]]) -> None:
        self._flush = flush
        self._open = 0
        """Transactions that have begun and will wait here."""
        self._waiting = Gathered(self._once, self._for_others)
        self._all_ended: asyncio.Future[None] | None = None

    def begun(self) -> None:
        """A transaction begins that will wait here."""
        self._open += 1

    def ended(self) -> None:
        """It has ended, well or not."""
        self._open -= 1
        if not self._open:
            self._go_on()

    @property
    def among_others(self) -> bool:
        """Whether a transaction that is open here is not alone: else it waits by itself, with one message less."""
        return self._open > 1 or self._waiting.busy

    async def on_disk(self) -> None:
        """Until all that is committed by now is on disk. Raises what the database says."""
        await self._waiting.ask(None)

    async def _for_others(self) -> None:
        """A moment for those who are about to commit."""
        if not self._open:
            return
        loop = asyncio.get_running_loop()
        self._all_ended = loop.create_future()
        timer = loop.call_later(MOST, self._go_on)
        try:
            await self._all_ended
        finally:
            timer.cancel()

    def _go_on(self) -> None:
        if self._all_ended is not None and not self._all_ended.done():
            self._all_ended.set_result(None)

    async def _once(self, waiting: Sequence[None]) -> Sequence[None]:
        await self._flush()
        return waiting
