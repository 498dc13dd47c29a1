"""Seals the access log as it grows: a signed checkpoint says what stands in it, so that a row that is changed, taken away
or slipped in later is found by whoever holds that checkpoint. The key is the node's, and not in the database.
"""

import asyncio
from datetime import datetime

from akson.kit.clock import now
from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.record import tide
from akson.security.door_log import tell_counted
from akson.security.log_keys import LogKeys
from akson.security.notes import Checkpoint
from akson.store.access import checkpoints, leaves
from akson.store.access.leaves import Broken, Head
from akson.store.database.pool import Database
from akson.store.database.reader import NODE

EVERY = 10.0
"""Seconds between two checkpoints: what is written since the last one is not yet protected."""


async def run(database: Database, keys: LogKeys) -> None:
    """Seal until cancelled."""
    while True:
        await asyncio.sleep(EVERY)
        try:
            await seal(database, keys)
            await tide.rise(database, keys.folder, keys.name)
        except Broken as error:
            log(Event.LOG_BROKEN, log=keys.origin, error=error.diagnostics)
        except AksonError as error:
            log(Event.JOB_FAILED, job="seal", error=type(error).__name__)


async def seal(database: Database, keys: LogKeys) -> Head | None:
    """One checkpoint over what is new; None when nothing is. Broken when the log is not what the last one says."""

    def sign(size: int, root: bytes, moment: datetime) -> str:
        return keys.sign(Checkpoint(keys.origin, size, root, moment)).raw()

    async with database.transaction(reader=NODE) as tx:
        await tell_counted(tx, keys.name)
        made = await leaves.seal(tx, sign, now())
        if made:
            await checkpoints.know(tx, [key.vkey for key in keys.public()])
    return made
