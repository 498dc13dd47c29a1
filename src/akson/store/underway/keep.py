"""Small things kept for a time: sessions, authorization codes, token identifiers already seen."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from akson.store.database.arrays import texts
from akson.store.database.pool import Tx

SEARCH = "search"
"""Kind of the searches that were posted and can be gone on with (rest/pages.py)."""
PUT = """
insert into keep (kind, key, value, expires) values (%s, %s, %s, %s)
on conflict (kind, key) do update set value = excluded.value, expires = excluded.expires"""
# Until when is told by one clock alone, the database's: by another one, which is behind, it would be over at once.
ADD = """
insert into keep (kind, key, value, expires) values (%s, %s, %s, now() + make_interval(secs => %s))
on conflict (kind, key) do update set value = excluded.value, expires = excluded.expires
where keep.expires <= now()"""
ADD_QUICKLY = """
insert into keep (kind, key, value, expires)
select k.kind, k.key, '{}', now() + make_interval(secs => %s) from set_config('synchronous_commit', 'off', true),
unnest(%s::text[], %s::text[]) k (kind, key)
on conflict (kind, key) do update set value = excluded.value, expires = excluded.expires
where keep.expires <= now() returning kind, key"""
GET = "select value from keep where kind = %s and key = %s and expires > now()"
APP_GRANT = "app-grant"
"""Kind of what a user allowed an app (apps/grants.py)."""
OF_PERSON = """
select key, value from keep where kind = 'app-grant' and value -> 'caller' ->> 'pid' = %s and expires > now()"""
NOTE = """
update keep set value = value || %s, expires = coalesce(%s, expires)
where kind = %s and key = %s and expires > now()"""
TAKE = "delete from keep where kind = %s and key = %s returning value, expires > now()"


async def put(tx: Tx, kind: str, key: str, value: dict[str, Any], expires: datetime) -> None:
    """Keep a value until it expires; replaces what was kept under the key."""
    await tx.execute(PUT, [kind, key, Jsonb(value), expires])


async def add(tx: Tx, kind: str, key: str, value: dict[str, Any], seconds: float) -> bool:
    """Keep a value for so long only if none is kept under the key: False means it was there (a replayed jti)."""
    return await tx.execute(ADD, [kind, key, Jsonb(value), seconds]) == 1


async def add_quickly(tx: Tx, names: Iterable[tuple[str, str]], seconds: float) -> set[tuple[str, str]]:
    """Keep several names (kind and key) for so long, in one statement: those of which none was kept.

    Nobody waits for the disk: a crash may forget what was added in its last half second.
    """
    # In one order, so that two who add the same names never wait for each other.
    kinds, keys = zip(*sorted(names), strict=True)
    return {(kind, key) for kind, key in await tx.fetch(ADD_QUICKLY, [seconds, texts(kinds), texts(keys)])}


async def get(tx: Tx, kind: str, key: str) -> dict[str, Any] | None:
    """The value, or None when there is none or it has expired."""
    row = await tx.one(GET, [kind, key])
    return row[0] if row else None


async def take(tx: Tx, kind: str, key: str) -> dict[str, Any] | None:
    """The value, for the first who asks: it is gone afterwards."""
    row = await tx.one(TAKE, [kind, key])
    return row[0] if row and row[1] else None


async def delete(tx: Tx, kind: str, key: str) -> None:
    await tx.execute("delete from keep where kind = %s and key = %s", [kind, key])


async def sweep(tx: Tx) -> int:
    """Remove what has expired; how many."""
    return await tx.execute("delete from keep where expires <= now()")


async def lock(tx: Tx, kind: str, key: str) -> dict[str, Any] | None:
    """The value, held so that nobody else changes it before this transaction ends."""
    row = await tx.one(GET + " for update", [kind, key])
    return row[0] if row else None


async def note(tx: Tx, kind: str, key: str, more: dict[str, Any], expires: datetime | None = None) -> None:
    """Set members of a value that is still kept, and keep it until then; what was taken away meanwhile stays away."""
    await tx.execute(NOTE, [Jsonb(more), expires, kind, key])


async def app_grants(tx: Tx, pid: str) -> dict[str, dict[str, Any]]:
    """What the person with this identity number allowed apps, by their keys."""
    return dict(await tx.fetch(OF_PERSON, [pid]))


async def find(tx: Tx, kind: str) -> dict[str, dict[str, Any]]:
    """All values of a kind by their keys."""
    rows = await tx.fetch("select key, value from keep where kind = %s and expires > now()", [kind])
    return dict(rows)
