"""Resources: read them, version by version. Writing is in `writes.py` and offered here too.

Everything read takes a Scope. A row outside it is as good as not there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from akson.store import cursor as marks
from akson.store.hashing import resource_key
from akson.store.pool import Tx
from akson.store.scope import Scope
from akson.store.scope_sql import within
from akson.store.stored import Stored
from akson.store.writes import Write, create, delete, lock, update, write_many

__all__ = [
    "HistoryPage", "Stored", "Write", "create", "delete", "history", "lock", "read", "update", "vread", "write_many",
]  # fmt: skip

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat"


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Versions, newest first, and the mark of the next page (None at the end)."""

    versions: tuple[Stored, ...]
    next: str | None


async def read(tx: Tx, scope: Scope, type: str, id: str) -> Stored | None:  # noqa: A002  FHIR's names
    """The present version; a deleted resource is returned with `deleted`. None: absent, or outside the scope."""
    condition, values = within(scope, "r")
    row = await tx.one(
        f"select {COLUMNS.format('r')} from resource r"  # noqa: S608
        f" where r.key = %s and r.type = %s and r.id = %s and {condition}",
        [resource_key(type, id), type, id, *values],
    )
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


@dataclass(frozen=True, slots=True)
class HistoryOf:
    """Whose history: of one resource, of a type (id None) or of all (type None); since when; how much."""

    type: str | None = None
    id: str | None = None
    since: datetime | None = None
    count: int = 50
    cursor: str | None = None


async def history(tx: Tx, scope: Scope, of: HistoryOf) -> HistoryPage:
    """Versions, newest first. A version is in it when its own row and the present one are in the scope."""
    statement, values = _history_sql(scope, of)
    found = await tx.fetch(statement, values, prepare=False)
    versions = tuple(Stored(*row[:7]) for row in found[: of.count])
    more = len(found) > of.count and bool(versions)
    last = found[of.count - 1] if more else None
    return HistoryPage(versions, marks.write(["h", _micros(last[3]), last[7], last[2]]) if last else None)


def _history_sql(scope: Scope, of: HistoryOf) -> tuple[str, Sequence[Any]]:
    parts, values = [], []
    for table in ("resource", "history"):
        condition, inner = within(scope, "v")
        conditions = [condition]
        if of.type is not None:
            conditions.append("v.type = %s")
            inner.append(of.type)
        if of.type is not None and of.id is not None:
            conditions.append("v.key = %s and v.id = %s")
            inner += [resource_key(of.type, of.id), of.id]
        if of.since is not None:
            conditions.append("v.updated >= %s")
            inner.append(of.since)
        if of.cursor is not None:
            _, micros, rid, version = marks.read(of.cursor, "h", 3)
            conditions.append("(v.updated, v.rid, v.version) < (%s::timestamptz, %s, %s)")
            inner += [EPOCH + timedelta(microseconds=micros), rid, version]
        if table == "history":
            present, outer = within(scope, "r")
            conditions.append(
                f"exists (select 1 from resource r where r.key = v.key and r.rid = v.rid and {present})"  # noqa: S608
            )
            inner += outer
        parts.append(
            f"(select {COLUMNS.format('v')}, v.rid from {table} v where {' and '.join(conditions)}"  # noqa: S608
            " order by v.updated desc, v.rid desc, v.version desc limit %s)"
        )
        values += [*inner, of.count + 1]
    statement = f"{parts[0]} union all {parts[1]} order by 4 desc, 8 desc, 3 desc limit %s"
    return statement, [*values, of.count + 1]


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
