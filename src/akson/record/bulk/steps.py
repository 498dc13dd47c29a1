"""What every export and import has in common: one step after the other until the time is over, and an end that is told.

How far it has come is in the database, so that any process goes on where another was killed.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from akson.kit.clock import now
from akson.record.bulk import own
from akson.record.context import Place
from akson.security.policy import Grant
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE
from akson.store.underway import transfers
from akson.store.underway.jobs import Job, Later
from akson.store.underway.transfers import Transfer

STEP = 8.0
"""Seconds of work before the job goes back to the queue."""
GIVE_UP = 5
"""Tries of one step before all of it has failed."""
UNDER_WAY = frozenset({"waiting", "planning", "running"})


@dataclass(frozen=True, slots=True)
class Kept:
    """How much goes into one file, in bytes, and how long files are kept."""

    file: int
    time: timedelta


class Hopeless(Exception):
    """Trying again will not help; the text says why, for the one who asked."""


class Troubled(Exception):
    """Trying again may help; the text says what it was, for the one who asked."""


class Over(Exception):
    """It has ended meanwhile: it was cancelled, or what it holds was erased."""


@dataclass(slots=True)
class Steps(ABC):
    """Does the exports, or the imports, of a place."""

    place: Place
    kept: Kept

    async def work(self, job: Job) -> Later | None:
        """Some steps; Later while there is more to do. Ends as done or failed, never in between."""
        id_ = job.payload["transfer"]
        if job.attempts > GIVE_UP:  # each try was cut off: it took too long, or its process was killed
            await self._fail(id_, f"it could not be done in {GIVE_UP} tries")
            return None
        try:
            return await self._steps(id_)
        except Over:
            return Later()  # what is left is to take it away
        except Hopeless as error:
            await self._fail(id_, str(error))
        except Exception as error:
            if job.attempts < GIVE_UP:
                raise
            is_told = isinstance(error, Troubled)
            await self._fail(id_, str(error) if is_told else f"it could not be done ({type(error).__name__})")
        return None

    async def _steps(self, id_: str) -> Later | None:
        until = time.monotonic() + STEP
        while time.monotonic() < until:
            wait = await self.step(id_, until)
            if wait is None:
                return None
            if wait:
                return Later(wait)
        return Later()

    @abstractmethod
    async def step(self, id_: str, until: float, /) -> float | None:
        """The next step, which should end about then; seconds to wait before another, None when there is none.

        Whatever it does begins with `held`.
        """

    async def held(self, tx: Tx, id_: str) -> tuple[Transfer, Grant] | None:
        """It as it is now, for this transaction alone, with the right to it; None when nothing is left to do.

        One that was cancelled is taken away, one whose owner lost the right ends as failed.
        """
        transfer = await transfers.hold(tx, id_)
        if transfer is not None and transfer.state == "cancelled":
            await transfers.drop(tx, id_)
        if transfer is None or transfer.state not in UNDER_WAY:
            return None
        grant = await own.still_granted(tx, self.place, transfer)
        if grant is None:
            await self.end(tx, id_, "failed", error="whoever asked for it may not any more")
            return None
        return transfer, grant

    async def end(self, tx: Tx, id_: str, state: str, *, error: str = "", **told: Any) -> None:
        """It is done, with its files and what more is told of it, or has failed with an error."""
        await transfers.drop_sources(tx, id_)
        if state == "done":
            told["files"] = list(_files(await transfers.sizes(tx, id_), self.kept.file))
        await transfers.end(tx, id_, state, told, now() + self.kept.time, error)

    async def _fail(self, id_: str, error: str) -> None:
        async with self.place.database.transaction(reader=NODE) as tx:
            if await self.held(tx, id_) is not None:
                await self.end(tx, id_, "failed", error=error)


def _files(found: list[transfers.Size], largest: int) -> Iterator[dict[str, object]]:
    """What is told of the files that chunks make, each of about so many bytes."""
    seen: dict[tuple[str, str], int] = {}
    for file, count, size, packed in transfers.grouped(found, largest):
        key = (file.kind, file.type)
        seen[key] = seen.get(key, 0) + 1
        head = "" if file.kind == "output" else f"{file.kind}-"
        yield {
            "name": f"{head}{file.type}-{seen[key]}.ndjson",
            "count": count,
            "size": size,
            "packed": packed,
        } | file._asdict()
