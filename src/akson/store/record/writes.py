"""Writing resources: one statement for each write, by functions of the database (migration 0014); COPY for many.

The store sets id, meta.versionId and meta.lastUpdated. Every change keeps the version before in `history`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.kit.errors import Conflict, NotFound, VersionMismatch
from akson.kit.ids import new_id
from akson.kit.value import value
from akson.store.database.arrays import EMPTY, array, bigints, doubles, texts
from akson.store.database.pool import Tx
from akson.store.index.hashing import digest, hash64, patient_number, resource_key
from akson.store.index.rows import Rows, labels, rows
from akson.store.record.meta_values import learn
from akson.store.record.stored import Stored, joined, pieces, serve
from akson.store.scope import Scope
from akson.store.scope_sql import within

# What the functions of migration 0014 take: index rows, flat.
ROWS = (
    "%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::bigint[], %s::text[], %s::bigint[],"
    " %s::text[], %s::float8[], %s::text"
)
CREATE = (
    "select create_resource(%s::bigint, %s::bigint, %s::text, %s::text, %s::timestamptz, %s::bytea, %s::bigint[],"
    f" %s::bigint[], %s::bigint[], {ROWS}, %s::boolean)"
)
CHANGE = (
    " select c.outcome, c.present from held h, lateral change_resource(h.o, h.inside, %s::bigint, %s::bigint,"  # noqa: S608
    " %s::timestamptz, %s::bytea, %s::bytea, %s::bytea, %s::bigint[], %s::bigint[], %s::bigint[],"
    f" {ROWS}, %s::boolean) c"
)
DELETE = (
    " select c.outcome, c.present, (h.o).pat from held h,"
    " lateral delete_resource(h.o, h.inside, %s::bigint, %s::timestamptz, %s::boolean) c"
)


@value
class Write:
    """One write of many. resource None deletes. `expected` is the version it must have now (0: it must be new)."""

    type: str
    id: str
    resource: Resource | None
    index: Index | None = None
    expected: int | None = None


@value
class Present:
    """The row that a change begins from."""

    pat: int
    rid: int
    version: int
    deleted: bool
    tok: list[int]
    labels: list[int]
    updated: datetime
    body: bytes

    def says(self, resource: Resource, identity: str) -> bool:
        """Whether it has just this content already. The same content again makes no version."""
        return not self.deleted and serve(resource, identity, self.version, self.updated) == self.body


async def lock(tx: Tx, keys: Iterable[str]) -> None:
    """Wait until nobody else holds any of these keys, then hold them until the transaction ends.

    Conditional creates take the lock of their criterion before they look: of any number at the same time one
    creates and the others find. All keys are taken in one order, so that two never wait for each other.
    """
    numbers = sorted({hash64("lock", key) for key in keys})
    await tx.fetch(
        "select pg_advisory_xact_lock(k) from (select k from unnest(%s::bigint[]) k order by k) ordered",
        [numbers],
    )


async def create(tx: Tx, resource: Resource, index: Index, *, told: bool = False) -> Stored:
    """A new resource; it gets an id unless it carries one. Raises Conflict when the id is, or was, in use.

    With `told`, here and below, the event log is told of every write; without, of what somebody subscribes to.
    """
    kind, identity, moment = resource["resourceType"], resource.get("id") or new_id(), now()
    await learn(tx, [resource])
    body = serve(resource, identity, 1, moment)
    pat = patient_number(index.patient)
    found = indexed(resource, index)
    row = await tx.one(
        CREATE, [pat, resource_key(kind, identity), kind, identity, moment, body, *found, told]
    )
    if row is None or not row[0]:
        raise Conflict(f"{kind}/{identity} exists already")
    return Stored(kind, identity, 1, moment, body, pat=pat)


async def update(
    tx: Tx,
    scope: Scope,
    resource: Resource,
    index: Index,
    expected: int | None = None,
    *,
    told: bool = False,
) -> tuple[Stored, bool]:
    """The new version and whether the resource is new, or was deleted before; the present one, not `changed`, when
    it says the same already.

    Raises VersionMismatch when `expected` is not the present version (0: there must be none), NotFound when the row
    is outside the scope.
    """
    kind, identity, moment = resource["resourceType"], resource["id"], now()
    parts, pat = pieces(resource, identity), patient_number(index.patient)
    held, values = _held(scope, kind, identity)
    await learn(tx, [resource])
    found = indexed(resource, index)
    row = await tx.one(held + CHANGE, [*values, expected, pat, moment, *parts, *found, told])
    if row is None:
        if expected:
            raise VersionMismatch(f"{kind}/{identity} is not at version {expected}")
        return await _first(tx, scope, (resource, index), is_new=expected == 0, told=told)
    outcome, version = row
    if outcome == "outside":
        raise NotFound(f"{kind} is not known")
    if outcome == "mismatch":
        raise VersionMismatch(f"{kind}/{identity} is not at version {expected}")
    if outcome == "same":
        return await _unchanged(tx, scope, kind, identity), False
    return Stored(
        kind, identity, version, moment, joined(parts, version, moment), pat=pat
    ), outcome == "revived"


async def _first(
    tx: Tx, scope: Scope, what: tuple[Resource, Index], *, is_new: bool, told: bool
) -> tuple[Stored, bool]:
    """The first version under an id that the writer chose."""
    try:
        return await create(tx, *what, told=told), True
    except Conflict:
        # Somebody else wrote it between the look and the write: now it can be seen.
        if is_new:
            raise
        return await update(tx, scope, *what, told=told)


async def _unchanged(tx: Tx, scope: Scope, kind: str, identity: str) -> Stored:
    condition, values = within(scope, "r")
    row = await tx.one(
        "select r.type, r.id, r.version, r.updated, r.body, r.deleted, r.pat from resource r"  # noqa: S608
        f" where r.key = %s and r.type = %s and r.id = %s and {condition}",
        [resource_key(kind, identity), kind, identity, *values],
    )
    if row is None:
        raise NotFound(f"{kind} is not known")
    return replace(Stored(*row), changed=False)


async def delete(
    tx: Tx,
    scope: Scope,
    type: str,  # noqa: A002  FHIR's names
    id: str,  # noqa: A002
    expected: int | None = None,
    *,
    told: bool = False,
) -> Stored | None:
    """The mark of deletion, a version of its own; None when there was nothing to delete.

    Raises VersionMismatch when `expected` is not the present version.
    """
    moment = now()
    held, values = _held(scope, type, id)
    row = await tx.one(held + DELETE, [*values, expected, moment, told])
    if row is None or row[0] == "absent":
        return None
    if row[0] == "mismatch":
        raise VersionMismatch(f"{type}/{id} is not at version {expected}")
    return Stored(type, id, row[1], moment, b"", deleted=True, pat=row[2])


async def write_many(tx: Tx, writes: Sequence[Write], *, told: bool = False) -> list[Stored]:
    """All writes or, on any error, none; in the order given. Each resource at most once.

    For transactions and bulk: some ten statements whatever the number. The caller has checked the scope of what it
    changes. Raises VersionMismatch or Conflict as `update` and `create` do.
    """
    from akson.store.record.bulk import write_many as bulk

    return await bulk(tx, writes, told=told)


def _held(scope: Scope, kind: str, identity: str) -> tuple[str, list[Any]]:
    """The present row `o`, locked, and whether it is `inside` the scope."""
    condition, values = within(scope, "r")
    statement = (
        f"with held as (select r as o, ({condition}) as inside from resource r"  # noqa: S608
        " where r.key = %s and r.type = %s and r.id = %s for update of r)"
    )
    return statement, [*values, resource_key(kind, identity), kind, identity]


def indexed(resource: Resource, index: Index) -> list[Any]:
    """What a write takes of index rows: tok, labels, digests, then the rows as ROWS has them."""
    found = rows(resource["resourceType"], index)
    tables = _flat(found)
    return [bigints(found.tok), bigints(labels(resource)), bigints(_digests(tables)), *tables]


def _flat(found: Rows) -> list[Any]:
    many = found.composites
    return [
        bigints(found.tokens),
        bigints([value for row in found.references for value in row]),
        bigints([value for row in found.dates for value in row]),
        bigints([value for row in found.quantities for value in (row[0], row[4], row[5])]),
        doubles([value for row in found.quantities for value in row[1:4]]),
        bigints([value for row in found.strings for value in (row[0], row[3])]),
        texts([value for row in found.strings for value in row[1:3]]),
        bigints([row[0] for row in many]),
        texts([array(row[1]) for row in many]),
        doubles([value for row in many for value in row[2:6]]),
        found.content,
    ]


TABLES = ((0,), (1,), (2,), (3, 4), (5, 6), (7, 8, 9))
"""Which of the flat rows belong to one index table."""


def _digests(tables: list[Any]) -> list[int]:
    """One for each index table: what tells whether its rows are the same as before; 0 for none."""
    found = [
        0 if len(tables[own[0]]) <= EMPTY else digest(b"".join([tables[n] for n in own])) for own in TABLES
    ]
    return [*found, digest(tables[-1].encode()) if tables[-1] else 0]
