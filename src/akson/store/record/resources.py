"""Resources: read them, version by version. Writing is in `writes.py` and offered here too.

Everything read takes a Scope. A row outside it is as good as not there.
"""

from typing import Any

from akson.store.database.pool import Tx
from akson.store.index.hashing import resource_key
from akson.store.record.history import HistoryOf, HistoryPage, count_versions, history
from akson.store.record.stored import Stored
from akson.store.record.writes import Write, create, delete, lock, update, write_many
from akson.store.scope import Scope
from akson.store.scope_sql import within

__all__ = [
    "HistoryOf", "HistoryPage", "Stored", "Write", "count_versions", "create", "delete", "history", "lock", "read",
    "update", "vread", "write_many",
]  # fmt: skip

COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat"
READ = f"select {COLUMNS.format('r')} from resource r where r.key = %s and r.type = %s and r.id = %s and "  # noqa: S608


async def read(tx: Tx, scope: Scope, type: str, id: str) -> Stored | None:  # noqa: A002  FHIR's names
    """The present version; a deleted resource is returned with `deleted`. None: absent, or outside the scope."""
    condition, values = within(scope, "r")
    row = await tx.one(READ + condition, [resource_key(type, id), type, id, *values])
    return Stored(*row) if row else None


async def vread(tx: Tx, scope: Scope, type: str, id: str, version: int) -> Stored | None:  # noqa: A002
    """One version, or None. The present version decides about the scope, as well as the old one's own row."""
    present, values = within(scope, "r")
    if version > 2**62:
        return None
    key = resource_key(type, id)
    row = await tx.one(
        f"select {COLUMNS.format('v')} from resource r"  # noqa: S608
        f" join lateral ({_versions(scope)[0]}) v on v.version = %s"
        f" where r.key = %s and r.type = %s and r.id = %s and {present}",
        [*_versions(scope)[1], version, key, type, id, *values],
    )
    return Stored(*row) if row else None


def _versions(scope: Scope) -> tuple[str, list[Any]]:
    """All versions of the resource `r`, each inside the scope."""
    condition, values = within(scope, "h")
    return (
        f"select {COLUMNS.format('r')} union all select {COLUMNS.format('h')} from history h"  # noqa: S608
        f" where h.key = r.key and h.type = r.type and h.id = r.id and {condition}"
    ), values
