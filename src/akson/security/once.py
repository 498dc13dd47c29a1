"""Things that may happen once: proofs, assertions, codes. Kept in the node's database, so that it holds for every
process and after a restart.
"""

import hashlib
from datetime import timedelta

from akson.kit.clock import now
from akson.store import keep
from akson.store.pool import Database


def digest(secret: str) -> str:
    """What is stored instead of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Once:
    """Remembers what has been used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first(self, kind: str, key: str, seconds: float) -> bool:
        """True the first time within the time given, False ever after. Seen by every process before it answers.

        Not waited for on disk, as what may be used once lives for seconds: a power cut outlives most of them.
        """
        async with self._database.transaction() as tx:
            return await keep.add_quickly(
                tx, f"once-{kind}", digest(key), {}, now() + timedelta(seconds=seconds)
            )
