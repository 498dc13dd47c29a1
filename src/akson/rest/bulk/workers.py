"""The processes of imports: begun when the first import needs them, ended when there is nothing left to do."""

import asyncio
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from akson.record.bulk.steps import Troubled
from akson.record.context import Place
from akson.rest.bulk.loading import Done, Setting, Task, enter, work
from akson.security.actor import Actor


def number() -> int:
    """One process for each processor, and one more, since each also waits for the database."""
    return (os.cpu_count() or 1) + 1


class Workers:
    """Some processes that work on tasks."""

    def __init__(self, count: int = 0) -> None:
        self.count = count or number()
        self._pool: ProcessPoolExecutor | None = None

    async def do(self, task: Task) -> Done:
        """What became of the task. Troubled when a process was killed at its work; new ones are begun for the next."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.count, context, enter)
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, task)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            raise Troubled("a process of it was killed, perhaps for want of memory") from error

    async def close(self) -> None:
        """End the processes."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)


def setting(place: Place, actor: Actor) -> Setting:
    """What a process is told of a place: all but its connections."""
    bare = replace(place, database=None, registry=place.registry.again())  # type: ignore[arg-type]
    return Setting(bare, place.database.uri, place.database.reader, actor)
