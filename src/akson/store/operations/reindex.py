"""Indexing again what is stored: the rows of a resource by which it is found are made anew, and nothing else changes.

A run goes through the resources in the order of type and number, batch by batch, each in a transaction of its own that
also keeps the place. It waits for nobody while it holds rows: what others are writing just then is left for the end.
The resources are read here without a Scope, since a run is the node's own work.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from akson.fhir.index import Index
from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.kit.ids import new_id
from akson.store.database.arrays import array
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number, resource_key
from akson.store.index.rows import labels, rows
from akson.store.record.bulk import Batch
from akson.store.record.meta_values import learn

BATCH = 200
START = "insert into reindex (id, kinds, parameter, total) values (%s, %s, %s, %s)"
TOTAL = "select count(*) from resource where not deleted and (%s::text[] = '{}' or type = any(%s::text[]))"
ONE = """
select id, kinds, parameter, state, type, rid, later, total, done, made, updated,
barrier is not null, barrier is not null and pg_snapshot_xmin(pg_current_snapshot()) > barrier,
extract(epoch from now() - made)::float8
from reindex where id = %s"""
BARRIER = "update reindex set barrier = pg_current_xact_id(), updated = now() where id = %s"
AHEAD = """
select type, rid from resource where (type, rid) > (%s, %s) and (%s::text[] = '{}' or type = any(%s::text[]))
order by type, rid limit %s"""
TAKE = """
select rid, pat, type, tok, body from resource where rid = any(%s::bigint[]) and not deleted
order by rid for no key update skip locked"""
TAKE_ONE = "select rid, pat, type, tok, body from resource where rid = %s and not deleted for no key update"
TAKE_NAMED = """
select rid, pat, type, tok, body from resource
where key = %s and type = %s and id = %s and not deleted for no key update"""
THERE = "select rid from resource where rid = any(%s::bigint[]) and not deleted"
SAVE = """
update reindex set state = %s, type = %s, rid = %s, later = %s::bigint[], done = done + %s, updated = now()
where id = %s"""
DONE = "update reindex set state = 'done', updated = now() where id = %s"
CLEAR = (
    "delete from idx_token where hash = any(%s::bigint[]) and rid = any(%s::bigint[])",
    *(
        f"delete from {table} where rid = any(%s::bigint[])"  # noqa: S608
        for table in ("idx_ref", "idx_date", "idx_qty", "idx_string", "idx_composite", "idx_text")
    ),
)
REPLACE = """
update resource r set pat = v.p, tok = v.t::bigint[], labels = v.l::bigint[], digests = '{}'
from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) v(i, p, t, l) where r.rid = v.i"""


class Run(NamedTuple):
    """One run as it stands."""

    id: str
    kinds: list[str]
    parameter: str
    state: str
    type: str
    rid: int
    later: list[int]
    total: int
    done: int
    made: datetime
    updated: datetime
    barred: bool
    """Whether it is known who may still write by the search parameters of before."""
    free: bool
    """Whether all of those are through."""
    age: float
    """Seconds since it was asked for."""


class Taken(NamedTuple):
    """A resource that is held until the transaction ends."""

    rid: int
    pat: int
    type: str
    tok: list[int]
    body: bytes


async def start(tx: Tx, kinds: Sequence[str], parameter: str = "") -> str:
    """A new run over these types (none: all); its id."""
    row = await tx.one(TOTAL, [list(kinds), list(kinds)])
    identity = new_id()
    await tx.execute(START, [identity, list(kinds), parameter, row[0] if row else 0])
    return identity


async def one(tx: Tx, identity: str) -> Run | None:
    """A run, if there is one of this id."""
    row = await tx.one(ONE, [identity])
    return Run(*row) if row else None


async def bar(tx: Tx, identity: str) -> None:
    """From now on, whoever begins to write knows the search parameters of today."""
    await tx.execute(BARRIER, [identity])


async def take(tx: Tx, run: Run) -> tuple[list[Taken], list[tuple[str, int]]]:
    """The next resources that nobody else holds, and the (type, number) of all that were next."""
    ahead = await tx.fetch(AHEAD, [run.type, run.rid, run.kinds, run.kinds, BATCH])
    taken = await tx.fetch(TAKE, [[row[1] for row in ahead]]) if ahead else []
    return [Taken(*row) for row in taken], [(row[0], row[1]) for row in ahead]


async def take_one(tx: Tx, rid: int) -> Taken | None:
    """One resource, once nobody else holds it; None where it was deleted."""
    row = await tx.one(TAKE_ONE, [rid])
    return Taken(*row) if row else None


async def take_named(tx: Tx, kind: str, identity: str) -> Taken | None:
    """The resource of this name, once nobody else holds it; None where there is none."""
    row = await tx.one(TAKE_NAMED, [resource_key(kind, identity), kind, identity])
    return Taken(*row) if row else None


async def present(tx: Tx, rids: Sequence[int]) -> list[int]:
    """Those that are there and not deleted."""
    return [row[0] for row in await tx.fetch(THERE, [list(rids)])]


async def save(tx: Tx, run: Run, place: tuple[str, int], later: Sequence[int], done: int) -> None:
    """Keep how far the run is."""
    await tx.execute(SAVE, ["running", *place, list(later), done, run.id])


async def finish(tx: Tx, identity: str) -> None:
    await tx.execute(DONE, [identity])


async def rewrite(tx: Tx, found: Sequence[tuple[Taken, Resource, Index]]) -> None:
    """Make the index rows of these resources anew; their versions and bodies stay."""
    if not found:
        return
    rids = [taken.rid for taken, _, _ in found]
    tokens = sorted({token for taken, _, _ in found for token in taken.tok})
    first, *others = CLEAR
    await tx.execute(first, [tokens, rids])
    for statement in others:
        await tx.execute(statement, [rids])
    await learn(tx, (resource for _, resource, _ in found))
    batch = Batch(now())
    states = []
    for taken, resource, index in found:
        pat, made = patient_number(index.patient), rows(taken.type, index)
        batch.index(made, pat, taken.rid, taken.type)
        states.append((taken.rid, pat, array(made.tok), array(labels(resource))))
    await batch.flush(tx)
    await tx.execute(REPLACE, [list(column) for column in zip(*states, strict=True)])
