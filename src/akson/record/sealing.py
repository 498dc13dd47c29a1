"""Seals the access log as it grows, so that a row that is changed or taken away later is found."""

import asyncio

from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.store.access import seals
from akson.store.database.pool import Database

EVERY = 10.0
"""Seconds between two seals: what is written since the last one is not yet protected."""


async def run(database: Database) -> None:
    """Seal until cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            async with database.transaction() as tx:
                await seals.seal(tx)
        except AksonError as error:
            log(Event.JOB_FAILED, job="seal", error=type(error).__name__)
