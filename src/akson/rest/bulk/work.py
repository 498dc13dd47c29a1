"""The jobs of bulk data, as the queue calls them."""

import asyncio
from datetime import timedelta

from akson.kit.settings import Settings
from akson.record.bulk import imports
from akson.record.bulk.exporter import Exporter, Reduce
from akson.record.bulk.steps import Kept
from akson.record.context import Place
from akson.rest.bulk.importer import Importer
from akson.rest.bulk.workers import Workers
from akson.rest.wire import subset
from akson.store.database.reader import NODE
from akson.store.underway import keep, transfers
from akson.store.underway.jobs import Job, Later

EVERY = 300.0
"""Seconds between two looks for what has expired."""
REMEMBERED = 30
"""Days for which it is said that an export or import was there and has expired."""


async def export(place: Place, job: Job) -> Later | None:
    """Some steps of an export."""
    return await Exporter(place, _kept(Settings.load()), _reducing).work(job)


_WORKERS: dict[str, Workers] = {}
"""By database: the processes of its imports, for as long as there are any."""


async def import_(place: Place, job: Job) -> Later | None:
    """Some steps of an import. Its processes stay until the last import is done."""
    settings = Settings.load()
    workers = _WORKERS.setdefault(place.database.uri, Workers(settings.import_processes))
    later = await Importer(place, _kept(settings), workers).work(job)
    if later is None and not await _any_import(place):
        await end(place)
    return later


def _kept(settings: Settings) -> Kept:
    return Kept(settings.bulk_file, timedelta(hours=settings.bulk_hours))


async def _any_import(place: Place) -> bool:
    async with place.database.transaction(read_only=True, reader=NODE) as tx:
        return await transfers.is_any(tx, imports.KIND)


async def end(place: Place) -> None:
    """End the processes of the imports of a place; another import begins new ones."""
    workers = _WORKERS.pop(place.database.uri, None)
    if workers is not None:
        await workers.close()


def _reducing(elements: tuple[str, ...]) -> Reduce:
    return subset.shape(elements, None) or bytes


async def expire(place: Place) -> None:
    """Take away what has expired, again and again."""
    while True:
        while await _expire_some(place):
            pass
        await asyncio.sleep(EVERY)


async def _expire_some(place: Place) -> int:
    async with place.database.transaction(reader=NODE) as tx:
        # Searches that were posted to be gone on with say whom they are about: also where no token is ever checked.
        await keep.sweep(tx)
        return await transfers.expire(tx, REMEMBERED)
