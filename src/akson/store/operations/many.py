"""Many resources at once, and what their meta elements hold together."""

from collections.abc import Collection, Sequence
from typing import Any

from akson.kit.errors import Unavailable
from akson.store.database.pool import Tx
from akson.store.fragment import Sql, Tables, both, sql
from akson.store.index import hashing
from akson.store.record.meta_values import values
from akson.store.record.stored import Stored
from akson.store.scope import AllOf, CareRelation, OfPatients, Predicate, Scope

COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat"
MOST = 1000
"""Different values of one element that are told."""
LOOKED = 10_000
"""Values that are looked for."""
MAKING = "select done, total from reindex where id = 'meta-value' and state <> 'done'"
"""The run that lists what was stored before such a list was kept (migration 0017)."""


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


async def labelled(tx: Tx, scope: Scope, patient: str | int, label: int) -> list[Stored]:
    """The resources of a patient (id or number) that have a security label (hash) and are inside the scope."""
    of = Tables(scope).resource()
    statement = sql(f"select {COLUMNS.format(of.alias)} from resource {of.alias} where ") + of.condition  # noqa: S608
    number = patient if isinstance(patient, int) else hashing.patient_number(patient)
    statement += sql(f" and {of.alias}.pat = %s and {of.alias}.labels && %s::bigint[]", number, [label])
    return [Stored(*row) for row in await tx.fetch(statement.text, statement.params)]


async def of_patient(tx: Tx, scope: Scope, pat: int, kinds: Collection[str]) -> list[Stored]:
    """The resources of these types that are in the compartment of a patient (number) and inside the scope."""
    of = Tables(scope).resource()
    statement = sql(f"select {COLUMNS.format(of.alias)} from resource {of.alias} where ") + of.condition  # noqa: S608
    statement += sql(f" and {of.alias}.pat = %s and {of.alias}.type = any(%s::text[])", pat, list(kinds))
    return [Stored(*row) for row in await tx.fetch(statement.text, statement.params)]


async def metas(tx: Tx, scope: Scope, kinds: Sequence[str]) -> dict[str, list[Any]]:
    """The different profiles, security labels and tags of all resources of these types (none: of all).

    From the list of values that were ever written, of each one resource inside the scope that has it: as many steps as
    there are values, whatever the number of resources. Unavailable while that list is being made.
    """
    if row := await tx.one(MAKING):
        raise Unavailable(f"What is in use is being listed: {row[0]} of {row[1]} resources are indexed")
    statement = in_use(scope, kinds)
    found: dict[str, dict[str, Any]] = {}
    for kind, hashed, meta in await tx.fetch(statement.text, statement.params, prepare=False):
        for each, name, value in values(kind, meta):
            if each == hashed:
                key = value if isinstance(value, str) else f"{value.get('system', '')}|{value['code']}"
                found.setdefault(name, {}).setdefault(key, value)
    return {name: [told[key] for key in sorted(told)[:MOST]] for name, told in sorted(found.items())}


def in_use(scope: Scope, kinds: Sequence[str]) -> Sql:
    """(type, hash, Meta of one resource that has it) of the values that are in use inside the scope.

    The resources of a value are looked at one by one in the order of the index, until one is inside. Left to itself the
    planner believes that one is soon found however it looks, and reads all resources for a rare value. Where the scope is
    of a few patients it is right to begin with these, and may.
    """
    of = Tables(scope).resource()
    apart = "" if _is_of_patients(scope.predicate) else " offset 0"
    return (
        sql("select v.type, v.hash, found.meta from (select distinct type, hash from meta_value m where ")
        + (sql("m.type = any(%s::text[])", list(kinds)) if kinds else sql("true"))
        + sql(
            f" limit %s) v, lateral (select convert_from({of.alias}.body, 'UTF8')::jsonb -> 'meta' as meta"  # noqa: S608
            f" from idx_token i, lateral (select * from resource o where o.rid = i.rid{apart}) {of.alias}"
            " where i.hash = v.hash and ",
            LOOKED,
        )
        + of.condition
        + sql(" order by i.rid limit 1) found")
    )


def _is_of_patients(predicate: Predicate) -> bool:
    if isinstance(predicate, AllOf):
        return any(map(_is_of_patients, predicate.parts))
    return isinstance(predicate, OfPatients | CareRelation)
