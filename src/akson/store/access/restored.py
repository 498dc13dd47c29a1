"""A database that was put back from a backup: how far it had come, and rights that were taken away since then.

What has a source elsewhere is unknown until it is heard anew; what a person began has ended.
"""

from akson.store.database.pool import Tx

RISE = """
insert into keep (kind, key, value, expires) values ('tide', 'own', '{"at": 1}', 'infinity')
on conflict (kind, key) do update set value = jsonb_build_object('at', (keep.value ->> 'at')::bigint + 1)
returning (value ->> 'at')::bigint"""
AT = "select (value ->> 'at')::bigint from keep where kind = 'tide'"
BEGUN = (
    "session", "session-refresh", "app-launch", "app-asked", "app-code", "app-grant", "app-access", "app-refresh",
    "app-consent", "trust-interaction", "trust-code", "trust-grant", "trust-refresh", "trust-par",
)  # fmt: skip
"""Kinds of what somebody who signed in, or allowed an app something, may have ended since."""
TOLD_BY = ("shared-feed",)
"""Kinds of what others stand by that has gone back: the feed of changes begins anew, and its readers learn of it."""
FORGET = "delete from keep where kind = any(%s)"
ENDED = (
    "update privacy_followed set whole_since = null",
    "update opened_access set high = now() where high > now()",
    "update supplier_errand set high = now() where high > now()",
)


async def rise(tx: Tx) -> int:
    """One more than before: what the database has come to."""
    row = await tx.one(RISE)
    return int(row[0]) if row else 0


async def at(tx: Tx) -> int:
    """What it has come to; 0 for a database that is new to it."""
    row = await tx.one(AT)
    return int(row[0]) if row else 0


async def end(tx: Tx) -> None:
    """End what may have been ended since the backup."""
    await tx.execute(FORGET, [[*BEGUN, *TOLD_BY]])
    for statement in ENDED:
        await tx.execute(statement)
