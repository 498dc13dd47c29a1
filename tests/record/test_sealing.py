"""The access log is sealed and signed as it grows, and nothing is signed on top of one that was bent."""

import asyncio
from contextlib import suppress

import pytest

from akson.kit.log import Event
from akson.record import gate, sealing
from akson.record.context import NODE_ITSELF, opened
from akson.security import notes
from akson.security.log_keys import LogKeys
from akson.store.access import checkpoints, leaves
from tests.record.test_gate import people, place  # noqa: F401  the fixtures

pytestmark = pytest.mark.store


async def test_the_job_signs_what_was_looked_at_and_tells_what_was_bent(
    people,  # noqa: F811
    monkeypatch,
    tmp_path,
):
    events = []
    monkeypatch.setattr(sealing, "EVERY", 0.05)
    monkeypatch.setattr(sealing, "log", lambda event, **fields: events.append((event, fields.get("log"))))
    keys = LogKeys(tmp_path, "journal", "node.example/journal")
    async with opened(people, NODE_ITSELF) as ctx:
        await gate.read(ctx, "Condition", "c-ingrid")
    task = asyncio.create_task(sealing.run(people.database, keys))

    async def until(done):
        for _ in range(200):
            await asyncio.sleep(0.05)
            if await done():
                return
        raise AssertionError("it did not come to that")

    async def head():
        async with people.database.transaction() as tx:
            return await leaves.head(tx)

    await until(head)
    found = await head()
    note = notes.read(found.note)
    assert (note.checkpoint.size, note.checkpoint.root) == (found.size, found.root)
    assert notes.signers_of(note, keys.public()) == keys.public()
    async with people.database.transaction() as tx:
        assert await checkpoints.keys(tx) == [key.vkey for key in keys.public()]
        await tx.execute("delete from audit_leaf")

    async def told():
        return (Event.LOG_BROKEN, keys.origin) in events

    await until(told)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
