"""Things that may happen once: proofs, assertions, codes. Kept in the node's database, so that it holds for every
process and after a restart.
"""

import hashlib
import time
from datetime import timedelta

from akson.kit.clock import now
from akson.kit.errors import Conflict
from akson.store.database.pool import Database
from akson.store.underway import keep

SWEEP = 60
"""Seconds between two removals of what has expired."""


def digest(secret: str) -> str:
    """What is stored instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Once:
    """Remembers what has been used."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sweep_at = time.monotonic() + SWEEP

    async def first(self, kind: str, key: str, seconds: float, *, durable: bool = False) -> bool:
        """True the first time within the time given, False ever after. Seen by every process before it answers.

        Waited for on disk only when `durable`: a proof comes with every request and lives for seconds. When the
        database itself crashes, it may forget the proofs of its last half second; whoever would use that needs a
        proof, its token and the crash, and can then repeat one request. A restart of the program forgets nothing.
        """
        if time.monotonic() > self._sweep_at:
            await self._sweep()
        async with self._database.singly() as tx:
            add = keep.add if durable else keep.add_quickly
            return await add(tx, f"once-{kind}", digest(key), {}, now() + timedelta(seconds=seconds))

    async def _sweep(self) -> None:
        """Remove what has expired: here, because every request with a token leaves a row behind."""
        self._sweep_at = time.monotonic() + SWEEP
        try:
            async with self._database.transaction() as tx:
                await keep.sweep(tx)
        except Conflict:
            return  # another process is at it
