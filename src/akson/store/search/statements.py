"""Searches: a Query and a Scope become SQL, and its rows a page of stored resources.

Every resource that takes part, as match, link of a chain, or included, is inside the scope. A page ends with a
mark of its last row; the next begins after it, whatever was written meanwhile.
"""

from akson.fhir.search import Query
from akson.kit.errors import Malformed
from akson.kit.value import value
from akson.store import cursor
from akson.store.database.pool import Row, Tx
from akson.store.fragment import Sql, sql
from akson.store.record.stored import Stored
from akson.store.scope import Scope
from akson.store.search.driving import Drive, drive
from akson.store.search.including import Found, include
from akson.store.search.pages import COLUMNS, WIDTH, base, page, select, ways
from akson.store.search.resolving import resolve
from akson.store.search.sorting import read_mark, write_mark

COUNT_EXACTLY = 1000
"""Up to here an estimated total is counted."""


@value
class Page:
    """One page: matches in their order, what they include, the mark of the next page, the total if asked for."""

    matches: tuple[Stored, ...]
    included: tuple[Stored, ...] = ()
    next: str | None = None
    total: int | None = None


async def search(tx: Tx, scope: Scope, query: Query) -> Page:
    """One page of what a query finds inside the scope. Raises Malformed for a bad page mark or a value set that is not
    known, and UnsupportedParameter for what cannot be searched or sorted by.
    """
    query = await resolve(tx, query)
    total = await count(tx, scope, query) if query.total == "accurate" or query.count == 0 else None
    if query.count == 0:
        return Page((), total=total)
    if query.total == "estimate":
        total = await estimate(tx, scope, query)
    rows, mark = await _matches(tx, scope, query)
    matches = tuple([Stored(*row[:7]) for row in rows])
    if not query.includes:
        return Page(matches, (), mark, total)
    found = [Found(stored, *row[6:9]) for stored, row in zip(matches, rows, strict=True)]
    included = await include(tx, scope, query, found)
    return Page(matches, tuple(each.stored for each in included), mark, total)


async def count(tx: Tx, scope: Scope, query: Query) -> int:
    """How many resources match."""
    query = await resolve(tx, query)
    statement = select(sql("select count(*)"), *base(scope, query))
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    return int(rows[0][0])


async def estimate(tx: Tx, scope: Scope, query: Query) -> int:
    """About how many match: counted up to a thousand, beyond that what the planner expects."""
    inner = select(sql("select 1"), *base(scope, query))
    limited = sql("select count(*) from (") + inner + sql(" limit %s) few", COUNT_EXACTLY)
    rows = await tx.fetch(limited.text, limited.params, prepare=False)
    if rows[0][0] < COUNT_EXACTLY:
        return int(rows[0][0])
    plan = sql("explain (format json) ") + inner
    rows = await tx.fetch(plan.text, plan.params, prepare=False)
    return max(COUNT_EXACTLY, int(rows[0][0][0]["Plan"]["Plan Rows"]))


def numbers(scope: Scope, query: Query) -> Sql:
    """SQL that gives the row numbers of all that match: what another statement works on."""
    of, conditions = base(scope, query)
    return select(sql(f"select {of.alias}.rid"), of, conditions)


def statement(scope: Scope, query: Query) -> Sql:
    """The SQL of the first page: for tests of plans and of what it names."""
    if (driven := drive(scope, query)) is not None:
        return driven.page(COLUMNS, query.count, None)
    return page(ways(scope, query), 0, query.count, None)


async def _matches(tx: Tx, scope: Scope, query: Query) -> tuple[list[Row], str | None]:
    """The rows of one page, first those with a value for the first sort key, then the others."""
    if (driven := drive(scope, query)) is not None:
        return await _driven(tx, query, driven)
    found = ways(scope, query)
    first, rest = found[0].first, found[0].rest
    secret = await cursor.secret_of(tx)
    part, values = read_mark(query, first, rest, secret) if query.cursor else (0, None)
    if part == 1 and first.absent is None:
        raise Malformed("the page mark belongs to another search: start the search again")
    rows: list[Row] = []
    if part == 0:
        rows = await _fetch(tx, page(found, 0, query.count + 1, values))
        if len(rows) > query.count:
            return rows[: query.count], write_mark(query, 0, list(rows[query.count - 1][WIDTH:]), secret)
        values = None
    if first.absent is None:
        return rows, None
    wanted = query.count - len(rows)
    others = await _fetch(tx, page(found, 1, wanted + 1, values))
    if len(others) <= wanted:
        return rows + others, None
    part, last = (1, others[wanted - 1]) if wanted else (0, rows[-1])
    return rows + others[:wanted], write_mark(query, part, list(last[WIDTH:]), secret)


async def _driven(tx: Tx, query: Query, driven: Drive) -> tuple[list[Row], str | None]:
    secret = await cursor.secret_of(tx)
    values = driven.read(query, secret) if query.cursor else None
    found = driven.page(COLUMNS, query.count + 1, values)
    # One plan for all values: the walk is the same whatever is asked for, and planning takes longer than walking.
    rows = await tx.fetch(found.text, found.params, prepare=driven.is_plain)
    if len(rows) <= query.count:
        return rows, None
    return rows[: query.count], driven.mark(query, list(rows[query.count - 1][WIDTH:]), secret)


async def _fetch(tx: Tx, statement: Sql) -> list[Row]:
    return await tx.fetch(statement.text, statement.params, prepare=False)
