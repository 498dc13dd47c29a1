"""A resource as it was at an older version, for as long as somebody asks the search engine about it.

What was there then is written in its place, searched by the same SQL as everything else, and taken away again: a
savepoint that is always rolled back. Nobody outside the transaction ever sees it.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import NoReturn

from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number, resource_key
from akson.store.record.stored import Stored
from akson.store.record.writes import ROWS, indexed
from akson.store.scope import Scope
from akson.store.scope_sql import within

HOLD = "select rid, tok from resource where key = %s and type = %s and id = %s for update"
CLEAR = "select clear_rows(%s::bigint, %s::bigint[], '{}', '{}')"
REPLACE = """
update resource set pat = %s, version = %s, updated = %s, deleted = false, tok = %s, labels = %s, digests = %s, body = %s
where rid = %s"""


class _Over(Exception):
    """Ends the savepoint."""


@asynccontextmanager
async def as_of(tx: Tx, old: Stored, resource: Resource, index: Index) -> AsyncIterator[None]:
    """Inside the block the resource is what `old` says, in `resource` and `index`. Nothing of it stays.

    The row is locked meanwhile: a writer of the same resource waits for a few milliseconds.
    """
    try:
        async with tx.savepoint():
            await _put(tx, old, resource, index)
            yield
            _end()
    except _Over:
        return


async def _put(tx: Tx, old: Stored, resource: Resource, index: Index) -> None:
    row = await tx.one(HOLD, [resource_key(old.type, old.id), old.type, old.id])
    if row is None:
        return
    rid, tok = row
    pat, (tok_now, marks, digests, *found) = patient_number(index.patient), indexed(resource, index)
    await tx.execute(CLEAR, [rid, tok])
    await tx.execute(REPLACE, [pat, old.version, old.updated, tok_now, marks, digests, old.body, rid])
    await tx.execute(
        f"select put_rows(%s::bigint, %s::bigint, %s::text, {ROWS})", [pat, rid, old.type, *found]
    )


def _end() -> NoReturn:
    raise _Over


async def present_versions(tx: Tx, scope: Scope, kind: str, ids: Collection[str]) -> set[tuple[str, int]]:
    """Ids with the number of their present version, of those that are there, in the scope, and not deleted."""
    condition, values = within(scope, "r")
    rows = await tx.fetch(
        f"select r.id, r.version from resource r where r.key = any(%s::bigint[]) and r.type = %s"  # noqa: S608
        f" and not r.deleted and {condition}",
        [[resource_key(kind, identity) for identity in ids], kind, *values],
        prepare=False,
    )
    return {(row[0], row[1]) for row in rows}
