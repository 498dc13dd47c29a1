"""Things that may happen once: proofs, assertions, codes. Kept in the node's database, so that it holds for every
process and after a restart.
"""

import asyncio
import hashlib
import time

from akson.kit.errors import Conflict, Unavailable
from akson.store.database.pool import Database
from akson.store.underway import keep

SWEEP = 60
"""Seconds between two removals of what has expired."""
Name = tuple[str, str]
"""Kind and key, as they are kept."""


def digest(secret: str) -> str:
    """What is stored instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Once:
    """Remembers what has been used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sweep_at = time.monotonic() + SWEEP
        self._asking: dict[Name, tuple[float, asyncio.Future[bool]]] = {}
        """What waits to be noted, for how many seconds, and who wants to know."""
        self._noting: asyncio.Task[None] | None = None

    async def first(self, kind: str, key: str, seconds: float, *, durable: bool = False) -> bool:
        """True the first time within the time given, False ever after. Seen by every process before it answers.

        Waited for on disk only when `durable`: a proof comes with every request and lives for seconds. When the
        database itself crashes, it may forget the proofs of its last half second; whoever would use that needs a
        proof, its token and the crash, and can then repeat one request. A restart of the program forgets nothing.
        """
        if time.monotonic() > self._sweep_at:
            await self._sweep()
        name = f"once-{kind}", digest(key)
        if not durable:
            return await self._among_others(name, seconds)
        async with self._database.singly() as tx:
            return await keep.add(tx, *name, {}, seconds)

    async def _among_others(self, name: Name, seconds: float) -> bool:
        """What comes while others are being noted is noted after them, all of it in one statement."""
        if name in self._asking:
            return False
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asking[name] = seconds, answer
        if self._noting is None:
            self._noting = asyncio.create_task(self._note())
        return await answer

    async def _note(self) -> None:
        """Note what waits until nothing does. A task of its own, so that nobody's request that ends early takes others along."""
        asked: dict[Name, tuple[float, asyncio.Future[bool]]] = {}
        try:
            while self._asking:
                asked, self._asking = self._asking, {}
                longest = max(seconds for seconds, _ in asked.values())
                async with self._database.singly() as tx:
                    new = await keep.add_quickly(tx, asked, longest)
                for name, (_, answer) in asked.items():
                    if not answer.done():
                        answer.set_result(name in new)
        except Exception as error:  # noqa: BLE001  raised where it is waited for
            _fail([*asked.values(), *self._asking.values()], error)
            self._asking = {}
        finally:
            _fail([*asked.values(), *self._asking.values()], Unavailable("the program ends"))
            self._noting = None

    async def _sweep(self) -> None:
        """Remove what has expired: here, because every request with a token leaves a row behind."""
        self._sweep_at = time.monotonic() + SWEEP
        try:
            async with self._database.transaction() as tx:
                await keep.sweep(tx)
        except Conflict:
            return  # another process is at it


def _fail(waiting: list[tuple[float, asyncio.Future[bool]]], error: Exception) -> None:
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(error)
