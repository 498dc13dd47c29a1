"""Straight into a database that no server is using, by several processes at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from akson.cli.database import embedded, ready
from akson.cli.importing.files import Document, Files
from akson.cli.importing.progress import Progress
from akson.cli.importing.tally import Refused, Tally
from akson.record.bulk.steps import Troubled
from akson.record.context import Place
from akson.rest.bulk.loading import CREATED, UNCHANGED, UPDATED, Done, Task
from akson.rest.bulk.workers import Workers, setting
from akson.rest.open import ANYONE
from akson.store.underway import transfers

TASK_BYTES, TASK_DOCUMENTS = 2_000_000, 1500
"""How much one process takes at once."""
TRIES = 3
"""Of one task: a process may be killed once for want of memory, and not each time."""


async def load(place: Place, files: Files, tally: Tally, progress: Progress) -> list[Document]:
    """Store what can be stored in bulk, and count it; the documents that have to take the usual way."""
    workers = Workers()
    slow: list[Document] = []
    slots = asyncio.Semaphore(workers.count + 1)

    async def one(documents: list[Document]) -> None:
        try:
            pairs = tuple((each.source, each.raw) for each in documents)
            done = await _done(workers, Task(pairs, setting(place, ANYONE)))
        finally:
            slots.release()
        _count(tally, done)
        again = set(done.slow)
        slow.extend(each for each in documents if each.source in again)
        progress.show(files.done, tally.done, len(tally.refused))

    try:
        async with asyncio.TaskGroup() as group:
            for documents in _tasks(files, tally):
                await slots.acquire()
                group.create_task(one(documents))
    finally:
        await workers.close()
    async with place.database.transaction() as tx:
        await transfers.analyze(tx)
    return slow


async def _done(workers: Workers, task: Task) -> Done:
    """What became of a task; a process that is killed at it is followed by others. Troubled when these are too."""
    for _ in range(TRIES - 1):
        with suppress(Troubled):
            return await workers.do(task)
    return await workers.do(task)


def _tasks(files: Files, tally: Tally) -> Iterator[list[Document]]:
    waiting: list[Document] = []
    size = 0
    for document in files:
        if document.problem:
            tally.refused.append(Refused(document.source, 1, document.problem))
            continue
        waiting.append(document)
        size += len(document.raw)
        if size >= TASK_BYTES or len(waiting) >= TASK_DOCUMENTS:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def _count(tally: Tally, done: Done) -> None:
    tally.created += done.of(CREATED)
    tally.updated += done.of(UPDATED)
    tally.unchanged += done.of(UNCHANGED)
    tally.refused += [Refused(each.source, each.resources, each.reason) for each in done.refused]


@asynccontextmanager
async def place_of(data: Path) -> AsyncIterator[Place]:
    """The open node of a data folder, its database started for as long as the block lasts."""
    from akson.cli.serving import DATABASE, HOST
    from akson.kit.settings import Settings
    from akson.rest.open import open_place

    async with embedded(data) as postgres, ready(postgres.uri(DATABASE)) as database:
        settings = Settings.load()
        yield open_place(database, f"http://{HOST}", settings.validation, content=settings.content)
