"""How far subscriptions have come, looked up once for everybody who listens in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from akson.kit.errors import TooMany, Unavailable
from akson.store.database.pool import Database
from akson.store.database.reader import NODE
from akson.store.underway import subscriptions
from akson.store.underway.subscriptions import Position

PAUSE = 0.1
"""Seconds between looks while anybody listens."""
EACH = 20
"""Connections that one process holds for one subscription."""


class Listener:
    """One connection, and the subscriptions it listens to."""

    def __init__(self, address: str = "") -> None:
        self.address = address
        """From where it comes; empty where that does not matter or is not known."""
        self.ids: set[str] = set()
        self.at: dict[str, Position] = {}
        """How far each has come; one that was deleted is not in it."""
        self.looked: set[str] = set()
        """Those that were looked up at least once."""
        self.changed = asyncio.Event()

    def take(self, found: dict[str, Position]) -> None:
        """What was found of all subscriptions that somebody listens to."""
        mine = {id_: found[id_] for id_ in self.ids if id_ in found}
        if mine != self.at or self.looked != self.ids:
            self.at, self.looked = mine, set(self.ids)
            self.changed.set()


class Positions:
    """The listeners of one process on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: set[Listener] = set()
        self._task: asyncio.Task[None] | None = None

    def unbound(self, address: str = "") -> int:
        """Connections that listen to nothing yet; from one address only, where one is given."""
        return sum(not each.ids and (not address or each.address == address) for each in self._listeners)

    def check_room(self, id_: str) -> None:
        """TooMany when enough connections listen to this subscription already."""
        if sum(id_ in listener.ids for listener in self._listeners) >= EACH:
            raise TooMany(f"{EACH} connections listen to this subscription: close one of them first")

    @asynccontextmanager
    async def listening(self, address: str = "") -> AsyncIterator[Listener]:
        """A listener for as long as the block lasts; what it listens to is added to its `ids`."""
        listener = Listener(address)
        self._listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    async def _look(self) -> None:
        while self._listeners:
            ids = {id_ for listener in self._listeners for id_ in listener.ids}
            if ids:
                with suppress(Unavailable):
                    async with self._database.singly(NODE) as tx:
                        found = {each.id: each for each in await subscriptions.positions(tx, ids)}
                    for listener in list(self._listeners):
                        if listener.ids <= ids:
                            listener.take(found)
            await asyncio.sleep(PAUSE)
