"""The chain that stood over the access log before it was a tree (`leaves.py`); what was sealed by it can still be checked.

Seals over the access log: each is a hash of the one before and of the rows since, so that no row can be changed,
removed or slipped in unseen. Rows are sealed when every transaction that could have written among them is over.

A seal proves something only when a copy of it is kept where the database's owner cannot reach: `latest` gives it.
"""

from hashlib import sha256
from typing import NamedTuple

import orjson

from akson.store.database.pool import Tx

BEGINNING = bytes(32)
COLUMNS = (
    "moment", "actor_kind", "action", "purpose", "granted", "reason", "actor_name", "actor_id", "practitioner", "role",
    "unit", "organization", "organization_name", "client_id", "node", "basis", "pat", "type", "id", "version", "count",
    "request_id",
)  # fmt: skip
"""What a seal covers: the columns that there were when seals were made."""
# Any constant, the same in all versions: one seal is made at a time.
LOCK = 4_711_000_002
LAST = "select id, until_xid::text, number, digest from audit_seal order by id desc limit 1"
HORIZON = "select pg_snapshot_xmin(pg_current_snapshot())::text"
ROWS = f"""
select xid::text, number, {", ".join(COLUMNS)} from audit
where (xid, number) > (%s::text::xid8, %s) and xid <= %s::text::xid8 order by xid, number limit %s"""  # noqa: S608
ADD = """
insert into audit_seal (after_xid, until_xid, number, digest)
values (%s::text::xid8, %s::text::xid8, %s, %s) returning id"""
ALL = "select id, after_xid::text, until_xid::text, number, digest from audit_seal order by id"
CHUNK = 5000


class Seal(NamedTuple):
    """The chain up to one point: `number` rows under the last link."""

    id: int
    digest: bytes
    number: int


async def seal(tx: Tx) -> Seal | None:
    """Seal what can be sealed; None when there is nothing new."""
    await tx.fetch("select pg_advisory_xact_lock(%s)", [LOCK])
    last = await tx.one(LAST)
    after, digest = (last[1], bytes(last[3])) if last else ("0", BEGINNING)
    horizon = await tx.one(HORIZON)
    until = str(int(horizon[0]) - 1) if horizon else "0"
    number, digest = await _digest(tx, digest, after, until)
    if number == 0:
        return None
    row = await tx.one(ADD, [after, until, number, digest])
    return Seal(row[0], digest, number) if row else None


async def broken(tx: Tx) -> int | None:
    """The first seal that does not fit the rows it covers, or the seal before it; None when all fit."""
    digest, reached = BEGINNING, "0"
    for id_, after, until, number, kept in await tx.fetch(ALL):
        found, digest = await _digest(tx, digest, after, until)
        if after != reached or found != number or digest != bytes(kept):
            return int(id_)
        reached = until
    return None


async def latest(tx: Tx) -> Seal | None:
    """The last seal, to be kept elsewhere."""
    row = await tx.one(LAST)
    return Seal(row[0], bytes(row[3]), row[2]) if row else None


async def _digest(tx: Tx, before: bytes, after: str, until: str) -> tuple[int, bytes]:
    """How many rows there are after one transaction up to another, and their hash on top of `before`."""
    hashed = sha256(before)
    number, place = 0, (after, 2**62)
    while rows := await tx.fetch(ROWS, [*place, until, CHUNK]):
        for row in rows:
            hashed.update(orjson.dumps([row[1], *row[2:]]))
        number += len(rows)
        place = (rows[-1][0], rows[-1][1])
    return number, hashed.digest()
