"""The access log is sealed as it grows, and what is changed afterwards is found."""

import asyncio
from contextlib import suppress

import pytest

from akson.record import gate, sealing
from akson.record.context import NODE_ITSELF, opened
from akson.store.access import seals
from tests.record.test_gate import people, place  # noqa: F401  the fixtures

pytestmark = pytest.mark.store


async def test_a_changed_row_is_found(people, monkeypatch):  # noqa: F811
    monkeypatch.setattr(sealing, "EVERY", 0.05)
    async with opened(people, NODE_ITSELF) as ctx:
        await gate.read(ctx, "Condition", "c-ingrid")
    task = asyncio.create_task(sealing.run(people.database))
    for _ in range(100):
        await asyncio.sleep(0.05)
        async with people.database.transaction() as tx:
            if await seals.latest(tx):
                break
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    async with people.database.transaction() as tx:
        assert await seals.latest(tx) is not None
        assert await seals.broken(tx) is None
        await tx.execute("update audit set reason = 'reason.other' where type = 'Condition'")
    async with people.database.transaction() as tx:
        assert await seals.broken(tx) is not None
