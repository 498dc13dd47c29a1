"""The jobs of bulk data, as the queue calls them."""

import asyncio
from datetime import timedelta

from akson.kit.settings import Settings
from akson.record.bulk.exporter import Exporter, Kept, Reduce
from akson.record.context import Place
from akson.rest import subset
from akson.store import transfers
from akson.store.jobs import Job, Later

EVERY = 300.0
"""Seconds between two looks for what has expired."""
REMEMBERED = 30
"""Days for which it is said that an export or import was there and has expired."""


async def export(place: Place, job: Job) -> Later | None:
    """Some steps of an export."""
    settings = Settings.load()
    kept = Kept(settings.bulk_file, timedelta(hours=settings.bulk_hours))
    return await Exporter(place, kept, _reducing).work(job)


def _reducing(elements: tuple[str, ...]) -> Reduce:
    return subset.shape(elements, None) or bytes


async def expire(place: Place) -> None:
    """Take away what has expired, again and again."""
    while True:
        while await _expire_some(place):
            pass
        await asyncio.sleep(EVERY)


async def _expire_some(place: Place) -> int:
    async with place.database.transaction() as tx:
        return await transfers.expire(tx, REMEMBERED)
