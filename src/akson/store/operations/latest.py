"""The latest observations of each kind: at most so many of each code, the newest first, in one statement."""

from akson.fhir.search import Query
from akson.store.database.pool import Tx
from akson.store.fragment import both, sql
from akson.store.index import hashing
from akson.store.record.stored import Stored
from akson.store.scope import Scope
from akson.store.search.pages import base

COLUMNS = "r.type, r.id, r.version, r.updated, r.body, r.deleted, r.pat"
LARGEST = 10_000
"""Observations of one answer."""


async def latest(tx: Tx, scope: Scope, query: Query, each: int) -> list[Stored]:
    """Of the observations that a query finds, the `each` latest of every code; of the same time all.

    Two are of the same kind when their first coding is the same, or, without a coding, their text.
    """
    of, conditions = base(scope, query)
    chosen = sql(f"with c as (select {of.alias}.rid, {of.alias}.body from resource {of.alias} where ")  # noqa: S608
    ranked = sql(
        "), k as (select c.rid, convert_from(c.body, 'UTF8')::jsonb -> 'code' as code,"  # noqa: S608
        " (select max(d.high) from idx_date d where d.rid = c.rid and d.hash = %s) as moment from c),"
        " o as (select k.rid, coalesce((k.code #>> '{coding,0,system}') || '|', '|') ||"
        " coalesce(k.code #>> '{coding,0,code}', k.code ->> 'text', '') as kind, k.moment from k),"
        " p as (select o.*, rank() over (partition by o.kind order by o.moment desc nulls last) as place from o)"
        f" select {COLUMNS} from p join resource r on r.rid = p.rid where p.place <= %s"
        " order by p.kind, p.moment desc nulls last, r.rid desc limit %s",
        hashing.parameter("Observation", "date"),
        each,
        LARGEST,
    )
    statement = chosen + both(conditions) + ranked
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    return [Stored(*row) for row in rows]
