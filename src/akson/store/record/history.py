"""History: the versions of one resource, of a type, or of all, newest first; since when, or as of a time.

A version is in it when its own row and the present one are in the scope. A page ends with a mark of its last version; a
version that is written meanwhile comes before all pages, and one that is replaced keeps its place.
"""

from datetime import UTC, datetime, timedelta

from akson.fhir.spec import spec
from akson.kit.value import value
from akson.store import cursor as marks
from akson.store.database.pool import Tx
from akson.store.fragment import Sql, both, sql
from akson.store.index.hashing import resource_key
from akson.store.record.stored import Stored
from akson.store.scope import Scope
from akson.store.scope_sql import within

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat"
ORDER = "order by {0}.updated desc, {0}.rid desc, {0}.version desc limit %s"
TABLES = ("resource", "history")


@value
class HistoryPage:
    """Versions, newest first, and the mark of the next page (None at the end)."""

    versions: tuple[Stored, ...]
    next: str | None


@value
class HistoryOf:
    """Whose history: of one resource, of a type (id None) or of all (type None); which versions; how many."""

    type: str | None = None
    id: str | None = None
    since: datetime | None = None
    count: int = 50
    cursor: str | None = None
    ids: tuple[str, ...] | None = None
    """Only of these, of a type."""
    at: tuple[int, int] | None = None
    """Only versions that were the present one at some moment between these: microseconds since 1970 UTC, inclusive."""


async def history(tx: Tx, scope: Scope, of: HistoryOf) -> HistoryPage:
    """One page."""
    secret = await marks.secret_of(tx)
    after = marks.read(of.cursor, "h", secret, 3)[1:] if of.cursor is not None else []
    parts = [sql("(") + _newest(table, scope, of, after) + sql(")") for table in TABLES]
    statement = parts[0] + sql(" union all ") + parts[1]
    statement += sql(" order by 4 desc, 8 desc, 3 desc limit %s", of.count + 1)
    found = await tx.fetch(statement.text, statement.params, prepare=False)
    versions = tuple(Stored(*row[:7]) for row in found[: of.count])
    more = len(found) > of.count and bool(versions)
    last = found[of.count - 1] if more else None
    return HistoryPage(
        versions, marks.write(["h", _micros(last[3]), last[7], last[2]], secret) if last else None
    )


async def count_versions(tx: Tx, scope: Scope, of: HistoryOf) -> int:
    """How many versions there are on all pages."""
    total = 0
    for table in TABLES:
        statement = sql(f"select count(*) from {table} v where ") + both(_conditions(table, scope, of, []))  # noqa: S608
        rows = await tx.fetch(statement.text, statement.params, prepare=False)
        total += int(rows[0][0])
    return total


def _newest(table: str, scope: Scope, of: HistoryOf, after: list[int]) -> Sql:
    """The newest versions in one table. Of all types they are found type by type, since that is how they are indexed."""
    head = sql(f"select {COLUMNS.format('v')}, v.rid from {table} v where ")  # noqa: S608
    conditions = _conditions(table, scope, of, after)
    if of.type is not None:
        return head + both(conditions) + sql(f" {ORDER.format('v')}", of.count + 1)
    inner = head + both([sql("v.type = t.kind"), *conditions]) + sql(f" {ORDER.format('v')}", of.count + 1)
    kinds = sql("select x.* from unnest(%s::text[]) t(kind), lateral (", sorted(spec().types))
    return kinds + inner + sql(f") x {ORDER.format('x')}", of.count + 1)


def _conditions(table: str, scope: Scope, of: HistoryOf, after: list[int]) -> list[Sql]:
    own, values = within(scope, "v")
    conditions = [sql(own, *values)]
    if of.type is not None:
        conditions.append(sql("v.type = %s", of.type))
    if of.type is not None and of.id is not None:
        conditions.append(sql("v.key = %s and v.id = %s", resource_key(of.type, of.id), of.id))
    if of.type is not None and of.ids is not None:
        keys = [resource_key(of.type, each) for each in of.ids]
        conditions.append(sql("v.key = any(%s::bigint[]) and v.id = any(%s::text[])", keys, list(of.ids)))
    if of.since is not None:
        conditions.append(sql("v.updated >= %s", of.since))
    if of.at is not None:
        conditions += _at(table, *of.at)
    if after:
        micros, rid, version = after
        last = sql("(v.updated, v.rid, v.version) < (%s::timestamptz, %s, %s)", _moment(micros), rid, version)
        conditions.append(last)
    if table == "history":
        present, values = within(scope, "r")
        link = sql("exists (select 1 from resource r where r.key = v.key and r.rid = v.rid and ")
        conditions.append(link + sql(present, *values) + sql(")"))
    return conditions


def _at(table: str, low: int, high: int) -> list[Sql]:
    """Written before the end of the time, and not replaced before its beginning."""
    conditions = [sql("v.updated <= %s", _moment(high))]
    if table == "history":
        conditions += [
            sql(
                f"not exists (select 1 from {later} n where n.key = v.key and n.rid = v.rid"  # noqa: S608
                " and n.version > v.version and n.updated <= %s)",
                _moment(low),
            )
            for later in TABLES
        ]
    return conditions


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
