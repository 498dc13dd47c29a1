"""The different profiles, tags and security labels of each type: one row for each, written with its first resource.

The table has hashes only, as the index does: what a value says is read from a resource that has it and is inside the
scope, so that nothing of a resource stays here when it is erased.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from akson.fhir.model import Resource
from akson.store.database.pool import Tx
from akson.store.index.hashing import token

CODED = {"security": "_security", "tag": "_tag"}
"""Elements of Meta that are codings, with their search parameters."""
SEEN = 10_000
"""Values that one connection remembers."""
LEARN = """
with v as (select distinct type, hash from unnest(%s::text[], %s::bigint[]) v(type, hash)),
    kept as (select m.type, m.hash, m.made from meta_value m join v using (type, hash)),
    added as (
        insert into meta_value (type, hash)
        select type, hash from v where not exists (select 1 from kept k where k.hash = v.hash))
select hash from kept where made <> pg_current_xact_id()"""


async def learn(tx: Tx, resources: Iterable[Resource]) -> None:
    """Keep the values of resources that are to be written. A connection asks until it has seen that they are for good."""
    fresh = {
        hashed: resource["resourceType"]
        for resource in resources
        for hashed, _, _ in values(resource["resourceType"], resource.get("meta") or {})
        if hashed not in tx.seen
    }
    if not fresh:
        return
    rows = await tx.fetch(LEARN, [list(fresh.values()), list(fresh)])
    if len(tx.seen) > SEEN:
        tx.seen.clear()
    tx.seen.update(row[0] for row in rows)


def values(kind: str, meta: Mapping[str, Any]) -> Iterator[tuple[int, str, Any]]:
    """(hash, element of Meta, value) of what a Meta of a resource of this type holds."""
    for url in filter(None, meta.get("profile", ())):
        yield token(kind, "_profile", None, url), "profile", url
    for name, param in CODED.items():
        for coding in meta.get(name, ()):
            if coding.get("code"):
                yield token(kind, param, coding.get("system", ""), coding["code"]), name, coding
