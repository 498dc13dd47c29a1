"""Many resources at once, and what their meta elements hold together."""

from collections.abc import Collection, Sequence
from typing import Any

from akson.store.database.pool import Tx
from akson.store.fragment import Tables, both, sql
from akson.store.index import hashing
from akson.store.record.stored import Stored
from akson.store.scope import Scope

COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat"
MARKS = ("_profile", "_security", "_tag")
MOST = 1000
"""Different values of one element that are told."""


async def read_many(tx: Tx, scope: Scope, keys: Collection[tuple[str, str]]) -> list[Stored]:
    """Those of (type, id) that are there and inside the scope, in the order in which they were first written."""
    of = Tables(scope).resource()
    hashes = [hashing.resource_key(*key) for key in keys]
    statement = sql(f"select {COLUMNS.format(of.alias)} from resource {of.alias} where ") + both(  # noqa: S608
        [of.condition, sql(f"{of.alias}.key = any(%s::bigint[])", hashes)]
    )
    statement += sql(f" order by {of.alias}.rid")
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    return [stored for stored in (Stored(*row) for row in rows) if (stored.type, stored.id) in keys]


async def metas(tx: Tx, scope: Scope, kinds: Sequence[str]) -> dict[str, list[Any]]:
    """The different profiles, security labels and tags of all resources of these types (none: of all)."""
    of = Tables(scope).resource(kinds)
    marks = [hashing.present(kind, mark) for kind in kinds for mark in MARKS]
    conditions = [of.condition, *([sql(f"{of.alias}.tok && %s::bigint[]", marks)] if kinds else [])]
    statement = (
        sql(
            "with m as (select convert_from("  # noqa: S608
            f"{of.alias}.body, 'UTF8')::jsonb -> 'meta' as meta from resource {of.alias} where "
        )
        + both(conditions)
        + sql(
            "), v as (select distinct n.name, e.value from m, unnest(array['profile', 'security', 'tag']) n(name),"
            " jsonb_array_elements(m.meta -> n.name) e(value))"
            " select name, value from v order by name, value limit %s",
            3 * MOST,
        )
    )
    found: dict[str, list[Any]] = {}
    for name, value in await tx.fetch(statement.text, statement.params, prepare=False):
        found.setdefault(name, []).append(value)
    return {name: values[:MOST] for name, values in found.items()}
