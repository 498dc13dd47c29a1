"""Search parameters added on this node: kept beside their SearchParameter resources, ready once all is indexed by them.

Definitions are open on a node and about nobody: these statements take no Scope.
"""

from typing import Any, NamedTuple

from psycopg.types.json import Jsonb

from akson.fhir.model import Resource
from akson.store.database.pool import Tx

KIND = "SearchParameter"
LOAD = """
select p.id, p.definition, p.ready, coalesce(r.done, 0), coalesce(r.total, 0) from search_parameter p
left join lateral (select done, total from reindex where parameter = p.id order by made desc limit 1) r on true
order by p.id"""
PUT = """
insert into search_parameter (id, definition, ready) values (%s, %s, %s)
on conflict (id) do update set definition = excluded.definition, ready = excluded.ready"""
CHANGED = """
insert into search_version (version) values (1)
on conflict (one) do update set version = search_version.version + 1"""


class Kept(NamedTuple):
    """One parameter as it is kept: its SearchParameter, and how far its indexing is."""

    id: str
    definition: dict[str, Any]
    ready: bool
    done: int
    total: int


async def version(tx: Tx) -> int:
    """Another number after every change; 0 before the first."""
    row = await tx.one("select version from search_version")
    return int(row[0]) if row else 0


async def load(tx: Tx) -> list[Kept]:
    """All that were added, by id."""
    return [Kept(*row) for row in await tx.fetch(LOAD)]


async def put(tx: Tx, definition: Resource, *, ready: bool) -> None:
    """Add one, or change it."""
    await tx.execute(PUT, [definition["id"], Jsonb(definition), ready])
    await tx.execute(CHANGED)


async def remove(tx: Tx, identity: str) -> bool:
    """Take one away; False where there was none."""
    gone = await tx.execute("delete from search_parameter where id = %s", [identity]) > 0
    if gone:
        await tx.execute(CHANGED)
    return gone


async def finish(tx: Tx, identity: str) -> None:
    """All that is stored is indexed by this one."""
    await tx.execute("update search_parameter set ready = true where id = %s", [identity])
    await tx.execute(CHANGED)


async def hold(tx: Tx) -> None:
    """Wait until nobody else changes the parameters, so that no two of one name are added at the same time."""
    await tx.fetch("select pg_advisory_xact_lock(%s)", [4_711_000_008])
