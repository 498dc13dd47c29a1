"""Writing resources: one round trip for a create, two for a change, COPY for many.

The store sets id, meta.versionId and meta.lastUpdated. Every change keeps the version before in `history`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.kit.errors import Conflict, NotFound, VersionMismatch
from akson.kit.ids import new_id
from akson.store.events import TELL
from akson.store.hashing import hash64, patient_number, resource_key
from akson.store.pool import Tx
from akson.store.rows import Rows, labels, rows
from akson.store.scope import Scope
from akson.store.scope_sql import within
from akson.store.stored import Stored, serve

INSERT = """
insert into resource (pat, rid, key, type, id, version, updated, tok, labels, body)
values (%s, nextval('resource_rid'), %s, %s, %s, 1, %s, %s::bigint[], %s::bigint[], %s)
on conflict (key, type, id) do nothing returning pat, rid"""
KNOWN = "select %s::bigint as pat, %s::bigint as rid"
# Index rows of the resource `r`, table by table; each is part of a statement only when it has rows.
INDEX = {
    "tokens": "insert into idx_token (hash, pat, rid) select v.h, r.pat, r.rid from r, unnest(%s::bigint[]) v(h)",
    "references": (
        "insert into idx_ref (target, param, pat, rid)"
        " select v.t, v.p, r.pat, r.rid from r, unnest(%s::bigint[], %s::bigint[]) v(t, p)"
    ),
    "dates": (
        "insert into idx_date (hash, low, high, first, pat, rid) select v.h, v.l, v.u, v.f, r.pat, r.rid"
        " from r, unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[]) v(h, l, u, f)"
    ),
    "quantities": (
        "insert into idx_qty (hash, value, low, high, unit, first, pat, rid)"
        " select v.h, v.x, v.l, v.u, v.n, v.f, r.pat, r.rid from r, unnest(%s::bigint[], %s::float8[],"
        " %s::float8[], %s::float8[], %s::bigint[], %s::smallint[]) v(h, x, l, u, n, f)"
    ),
    "strings": (
        "insert into idx_string (hash, norm, exact, first, pat, rid) select v.h, v.n, v.e, v.f, r.pat, r.rid"
        " from r, unnest(%s::bigint[], %s::text[], %s::text[], %s::smallint[]) v(h, n, e, f)"
    ),
    "composites": (
        "insert into idx_composite (hash, tok, low1, high1, low2, high2, pat, rid)"
        " select v.h, v.t::bigint[], v.a, v.b, v.c, v.d, r.pat, r.rid from r, unnest(%s::bigint[], %s::text[],"
        " %s::float8[], %s::float8[], %s::float8[], %s::float8[]) v(h, t, a, b, c, d)"
    ),
    "content": (
        "insert into idx_text (pat, rid, type, words) select r.pat, r.rid, v.type,"
        " to_tsvector('norwegian', v.content) || to_tsvector('simple', v.content)"
        " from r, (select %s::text as type, %s::text as content) v"
    ),
}
CLEAR = {
    table: f"delete from {table} i using r where i.rid = r.rid"  # noqa: S608
    for table in ("idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite", "idx_text")
} | {
    "idx_token": "delete from idx_token i using r where i.hash = any(%s::bigint[]) and i.pat = r.pat and i.rid = r.rid"
}
ARCHIVE = """
insert into history (pat, rid, key, type, id, version, updated, deleted, labels, body)
select h.pat, h.rid, h.key, h.type, h.id, h.version, h.updated, h.deleted, h.labels, h.body
from resource h join r on h.rid = r.rid and h.pat = r.pat"""
REPLACE = """
update resource w set pat = %s, version = %s, updated = %s, deleted = %s, tok = %s::bigint[],
labels = %s::bigint[], body = %s from r where w.rid = r.rid and w.pat = r.pat"""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of many. resource None deletes. `expected` is the version it must have now (0: it must be new)."""

    type: str
    id: str
    resource: Resource | None
    index: Index | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
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
    body = serve(resource, identity, 1, moment)
    found = rows(kind, index)
    params = [patient_number(index.patient), resource_key(kind, identity), kind, identity]
    event = _event(params[0], kind, "create", identity, 1, told=told)
    state = [*params, moment, array(found.tok), array(labels(resource)), body]
    row = await tx.one(*_statement(INSERT, state, kind, found, event))
    if row is None:
        raise Conflict(f"{kind}/{identity} exists already")
    return Stored(kind, identity, 1, moment, body, pat=params[0])


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

    Raises VersionMismatch when `expected` is not the present version (0: there must be none), NotFound when the row is outside the scope.
    """
    kind, identity = resource["resourceType"], resource["id"]
    present = await present_row(tx, scope, kind, identity)
    have = 0 if present is None or present.deleted else present.version
    if expected is not None and have != expected:
        raise VersionMismatch(f"{kind}/{identity} is not at version {expected}")
    if present is None:
        try:
            return await create(tx, resource, index, told=told), True
        except Conflict:
            # Somebody else wrote it between the look and the write: now it can be seen.
            if expected is not None:
                raise
            return await update(tx, scope, resource, index, told=told)
    if present.says(resource, identity):
        same = Stored(
            kind, identity, present.version, present.updated, present.body, pat=present.pat, changed=False
        )
        return same, False
    moment, version = now(), present.version + 1
    body = serve(resource, identity, version, moment)
    found = rows(kind, index)
    pat = patient_number(index.patient)
    state = [pat, version, moment, False, array(found.tok), array(labels(resource)), body]
    action = "create" if present.deleted else "update"
    event = _event(pat, kind, action, identity, version, told=told)
    await change(tx, present, state, kind, found, event)
    return Stored(kind, identity, version, moment, body, pat=pat), present.deleted


async def delete(
    tx: Tx,
    scope: Scope,
    type: str,  # noqa: A002
    id: str,  # noqa: A002
    expected: int | None = None,
    *,
    told: bool = False,
) -> Stored | None:
    """The mark of deletion, a version of its own; None when there was nothing to delete.

    Raises VersionMismatch when `expected` is not the present version.
    """
    present = await present_row(tx, scope, type, id, strict=False)
    if present is None or present.deleted:
        return None
    if expected is not None and present.version != expected:
        raise VersionMismatch(f"{type}/{id} is not at version {expected}")
    moment, version = now(), present.version + 1
    state = [present.pat, version, moment, True, "{}", array(present.labels), b""]
    await change(
        tx, present, state, type, Rows(), _event(present.pat, type, "delete", id, version, told=told)
    )
    return Stored(type, id, version, moment, b"", deleted=True, pat=present.pat)


async def write_many(tx: Tx, writes: Sequence[Write], *, told: bool = False) -> list[Stored]:
    """All writes or, on any error, none; in the order given. Each resource at most once.

    For transactions and bulk: some ten statements whatever the number. The caller has checked the scope of what it
    changes. Raises VersionMismatch or Conflict as `update` and `create` do.
    """
    from akson.store.bulk import write_many as bulk

    return await bulk(tx, writes, told=told)


async def present_row(
    tx: Tx, scope: Scope, kind: str, identity: str, *, strict: bool = True
) -> Present | None:
    """The row, locked. Outside the scope it is NotFound (`strict`) or None."""
    condition, values = within(scope, "r")
    row = await tx.one(
        f"select r.pat, r.rid, r.version, r.deleted, r.tok, r.labels, r.updated, r.body, {condition} from resource r"  # noqa: S608
        " where r.key = %s and r.type = %s and r.id = %s for update of r",
        [*values, resource_key(kind, identity), kind, identity],
    )
    if row is None:
        return None
    if not row[8]:
        if strict:
            raise NotFound(f"{kind} is not known")
        return None
    return Present(*row[:8])


async def change(
    tx: Tx, present: Present, state: list[Any], kind: str, found: Rows, event: list[Any] | None = None
) -> None:
    """Keep the old version, write the new one, and change the index rows: tokens by what differs, others whole.

    `state`: patient, version, updated, deleted, tokens, labels, body. `event`: the values of TELL.
    """
    old = set() if present.deleted else set(present.tok)
    new = set(found.tokens)
    moved = state[0] != present.pat
    gone = sorted(old) if moved else sorted(old - new)
    added = [token for token in found.tokens if moved or token not in old]
    parts = [("h", ARCHIVE, []), ("u", REPLACE, state)]
    parts += [("e", TELL, event)] if event else []
    if not present.deleted:
        parts += [(f"c{table}", CLEAR[table], []) for table in sorted(CLEAR) if table != "idx_token"]
        parts += [("ctoken", CLEAR["idx_token"], [gone])] if gone else []
    known = f"with r as ({KNOWN}), " + ", ".join(f"{name} as ({sql})" for name, sql, _ in parts)
    values = [present.pat, present.rid, *(value for _, _, group in parts for value in group)]
    await tx.execute(f"{known} select 1", values)
    # A statement of its own: rows that stay the same are taken away above and written again here.
    text, more = _index_parts(kind, found, added)
    if text:
        await tx.execute(f"with r as ({KNOWN}){text} select 1", [state[0], present.rid, *more])


def _event(pat: int, kind: str, action: str, identity: str, version: int, *, told: bool) -> list[Any]:
    """The values of TELL."""
    return [pat, f"{kind}.{action}", f"{kind}/{identity}", version, told, kind]


def _statement(
    first: str, values: list[Any], kind: str, found: Rows, event: list[Any]
) -> tuple[str, list[Any]]:
    text, more = _index_parts(kind, found, found.tokens)
    return f"with r as ({first}){text}, e as ({TELL}) select rid from r", [  # noqa: S608
        *values,
        *more,
        *event,
    ]


def _index_parts(kind: str, found: Rows, tokens: list[int]) -> tuple[str, list[Any]]:
    """The WITH parts that write index rows, and their parameters, column by column."""
    text, values = "", []
    columns: dict[str, list[Any]] = {
        "tokens": [array(tokens)] if tokens else [],
        "references": _columns(found.references),
        "dates": _columns(found.dates),
        "quantities": _columns(found.quantities),
        "strings": _columns(found.strings),
        "composites": _columns([(row[0], array(row[1]), *row[2:]) for row in found.composites]),
        "content": [kind, found.content] if found.content else [],
    }
    for name, columns_of in columns.items():
        if columns_of:
            text += f", i_{name} as ({INDEX[name]})"
            values += columns_of
    return text, values


def _columns(table: Sequence[tuple[Any, ...]]) -> list[str]:
    return [array(column) for column in zip(*table, strict=True)]


def array(values: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it: several times faster than having the driver look at each value."""
    return "{" + ",".join([_element(value) for value in values]) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
