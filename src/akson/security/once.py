"""Things that may happen once: proofs, assertions, codes. Kept in the node's database, so that it holds for every
process and after a restart.
"""

import hashlib
import time
from collections.abc import Sequence

from akson.kit.errors import Conflict
from akson.kit.gathered import Gathered
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
        self._noting = Gathered(self._note)

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
            return await self._noting.ask((name, seconds))
        async with self._database.singly() as tx:
            return await keep.add(tx, *name, {}, seconds)

    async def _note(self, asked: Sequence[tuple[Name, float]]) -> list[bool]:
        """Note names for so many seconds, all in one statement: of each whether it is the first."""
        longest = max(seconds for _, seconds in asked)
        async with self._database.singly() as tx:
            new = await keep.add_quickly(tx, {name for name, _ in asked}, longest)
        found = []
        for name, _ in asked:
            found.append(name in new)
            new.discard(name)  # the same name among these is the second
        return found

    async def _sweep(self) -> None:
        """Remove what has expired: here, because every request with a token leaves a row behind."""
        self._sweep_at = time.monotonic() + SWEEP
        try:
            async with self._database.transaction() as tx:
                await keep.sweep(tx)
        except Conflict:
            return  # another process is at it
