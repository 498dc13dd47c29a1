"""Finds that a node's database was put back from a backup, before anybody is let in: rights that were taken away since
would be there again.

How far the database has come is counted in it, and noted in the data folder, every few seconds. A database that is behind
the note, or has none beside it, was put back. Then all sessions, apps' tokens, emergency openings and errands of it are
over, and no record is opened before the citizens' rules are heard anew from the platform.
"""

import os
from pathlib import Path

from akson.kit.log import Event, log
from akson.store.access import restored
from akson.store.database.pool import Database
from akson.store.database.reader import NODE


async def checked(database: Database, folder: Path, node: str) -> bool:
    """Whether the database of a node was put back; what may have ended since then has ended by now."""
    note = _place(folder, node)
    # Read before the database is: another process of the node may go on between the two.
    noted = int(note.read_text()) if note.exists() else None
    async with database.transaction(reader=NODE) as tx:
        at = await restored.at(tx)
        was_put_back = at < noted if noted is not None else at > 0
        if was_put_back:
            await restored.end(tx)
    if was_put_back:
        log(Event.PUT_BACK, node=node)
    await rise(database, folder, node)
    return was_put_back


async def rise(database: Database, folder: Path, node: str) -> None:
    """Count on, in the database and then beside it."""
    async with database.transaction() as tx:
        at = await restored.rise(tx)
    note = _place(folder, node)
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = note.with_suffix(f".{os.getpid()}")
    made.write_text(str(at))
    made.replace(note)


def _place(folder: Path, node: str) -> Path:
    return folder / "tide" / node
