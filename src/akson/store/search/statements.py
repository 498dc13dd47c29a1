"""Searches: a Query and a Scope become SQL, and its rows a page of stored resources.

Every resource that takes part, as match, link of a chain, or included, is inside the scope. A page ends with a
mark of its last row; the next begins after it, whatever was written meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from akson.fhir.search import Filter, Query, TokenTerm
from akson.kit.errors import Malformed
from akson.store.database.pool import Row, Tx
from akson.store.fragment import Linked, RowTest, Sql, Table, Tables, both, joined, sql
from akson.store.record.stored import Stored
from akson.store.scope import NODE, Scope
from akson.store.search.criteria import condition
from akson.store.search.driving import Drive, drive
from akson.store.search.including import Found, include
from akson.store.search.resolving import resolve
from akson.store.search.sorting import Order, after, is_telling, order, order_of_rest, read_mark, write_mark

COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat, {0}.rid, {0}.key"
WIDTH = 9
FEW = 1000
"""Up to so many rows of an index are read to find out whether they are few."""
LINKS = 300
"""Up to so many links, which cost more to follow."""
PROBED = 3
"""Criteria of one search of which that is found out."""
COUNT_EXACTLY = 1000
"""Up to here an estimated total is counted."""


@dataclass(frozen=True, slots=True)
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
    found = [_found(row) for row in rows]
    included = await include(tx, scope, query, found) if query.includes else []
    return Page(tuple(match.stored for match in found), tuple(each.stored for each in included), mark, total)


async def count(tx: Tx, scope: Scope, query: Query) -> int:
    """How many resources match."""
    query = await resolve(tx, query)
    statement = _select(sql("select count(*)"), *base(scope, query))
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    return int(rows[0][0])


async def estimate(tx: Tx, scope: Scope, query: Query) -> int:
    """About how many match: counted up to a thousand, beyond that what the planner expects."""
    inner = _select(sql("select 1"), *base(scope, query))
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
    return _select(sql(f"select {of.alias}.rid"), of, conditions)


def statement(scope: Scope, query: Query) -> Sql:
    """The SQL of the first page: for tests of plans and of what it names."""
    if (driven := drive(scope, query)) is not None:
        return driven.page(COLUMNS, query.count, None)
    of, conditions = base(scope, query)
    found = order(query, of)
    conditions += [found.condition] if found.condition else []
    return _page(found, of, conditions, query.count, _few(scope, query, of))


def base(scope: Scope, query: Query) -> tuple[Table, list[Sql]]:
    """The table that a query is of, and what it asks of its rows."""
    tables = Tables(scope)
    of = tables.resource([query.type] if query.type else _kinds(query))
    asked = [condition(criterion, of, tables) for criterion in query.filters]
    return of, [of.told_by(asked), *asked]


def _kinds(query: Query) -> list[str]:
    """The types that a search of all types is narrowed to; empty for any."""
    for criterion in query.filters:
        if isinstance(criterion, Filter) and criterion.param.code == "_type":
            return [term.code for term in criterion.terms if isinstance(term, TokenTerm) and term.code]
    return []


def _select(head: Sql, of: Table, conditions: list[Sql], source: Sql | None = None) -> Sql:
    tables = joined(", ", [sql(f"resource {of.alias}"), *([source] if source else [])])
    return head + sql(" from ") + tables + sql(" where ") + both(conditions)


@dataclass(frozen=True, slots=True)
class Few:
    """Rows of an index that are read first, to find out whether they are few."""

    column: str
    """What of the resource they name."""
    rows: Sql
    most: int
    is_link: bool = False


def _few(scope: Scope, query: Query, of: Table) -> list[Few]:
    """For searches by measured values alone, and for those by one link: the first rows of an index for each criterion.

    The planner cannot know whether such a criterion gives few or many: it knows how the values of all parameters lie
    together, and not how those of one do.
    """
    if query.sort or not query.filters:
        return []
    if len(query.filters) == 1:
        test = condition(query.filters[0], of, Tables(scope))
        if isinstance(test, Linked):
            rows = sql(f"select {test.link_column} as id from ") + test.source + sql(" where ") + test.where  # noqa: S608
            return [Few(test.column, rows + sql(" limit %s", LINKS + 1), LINKS, is_link=True)]
    if not all(_is_measured(each) for each in query.filters):
        return []
    tests = [condition(each, of, Tables(NODE)) for each in query.filters[:PROBED]]
    return [Few("rid", _first(test), FEW) for test in tests if isinstance(test, RowTest)]


def _first(test: RowTest) -> Sql:
    """The numbers of the first resources of a test, along the index where it has an order."""
    alias, along = test.alias, test.along
    if not along:
        head = sql(f"select {alias}.rid as id from {test.table} {alias} where ")  # noqa: S608
        return head + test.where + sql(" limit %s", FEW + 1)
    listed, order = sql(f"{alias}.{along} as place, {alias}.rid as id"), sql(f"{alias}.{along}, {alias}.rid")
    return test.rows(listed, [], order, FEW + 1, ["place", "id"])


def _each(test: Sql, of: Table) -> Sql:
    """The test of a link as the planner can only ask it: resource after resource along the order."""
    if not isinstance(test, Linked):
        return test
    end = (
        sql(f"{test.link_column} = {of.alias}.{test.column} and ") + test.where + sql(" limit 1) is not null")
    )
    return sql("(select true from ") + test.source + sql(" where ") + end


def _is_measured(criterion: object) -> bool:
    """Whether a criterion is about a time, number or quantity of the resource itself."""
    return (
        isinstance(criterion, Filter)
        and criterion.chain is None
        and criterion.modifier is None
        and criterion.param.type in {"date", "number", "quantity"}
    )


def _page(found: Order, of: Table, conditions: list[Sql], limit: int, few: Sequence[Few] = ()) -> Sql:
    keys = joined(", ", [key.expression for key in found.keys])
    head = sql(f"select {COLUMNS.format(of.alias)}, ") + keys
    end = sql(" order by ") + found.clause() + sql(" limit %s", limit)
    if not few:
        return _select(head, of, conditions, found.source) + end
    # All ways in one statement: from the first index that gives few, else along the order until the page is full.
    names = [f"few{place}" for place in range(len(few))]
    tables = [
        sql(f"{name} as materialized (") + each.rows + sql(")") for name, each in zip(names, few, strict=True)
    ]
    ways, many = [], list(conditions)
    for name, each in zip(names, few, strict=True):
        count = f"(select count(*) from {name})"  # noqa: S608
        way = sql(f"{count} <= %s and {of.alias}.{each.column} in (select id from {name})", each.most)  # noqa: S608
        ways.append(sql("(") + _select(head, of, [way, *many]) + sql(")"))
        many.insert(0, sql(f"{count} > %s", each.most))
    if few[0].is_link:  # the second condition; with the type, whose rows are gone along
        _, test, *rest = conditions
        many = [many[0], of.condition, _each(test, of), *rest]
    ways.append(sql("(") + _select(head, of, many) + end + sql(")"))
    whole = sql("with ") + joined(", ", tables) + sql(" ") + joined(" union all ", ways)
    return whole + sql(f" order by {WIDTH + 1} limit %s", limit)


async def _matches(tx: Tx, scope: Scope, query: Query) -> tuple[list[Row], str | None]:
    """The rows of one page, first those with a value for the first sort key, then the others."""
    if (driven := drive(scope, query)) is not None:
        return await _driven(tx, query, driven)
    of, conditions = base(scope, query)
    first, rest = order(query, of), order_of_rest(query, of)
    secret = await _secret(tx) if is_telling(query) else None
    part, values = read_mark(query, first, rest, secret) if query.cursor else (0, None)
    if part == 1 and first.absent is None:
        raise Malformed("the page mark belongs to another search: start the search again")
    rows: list[Row] = []
    if part == 0:
        more = [first.condition] if first.condition else []
        more += [after(first, values)] if values else []
        few = _few(scope, query, of)
        rows = await _fetch(tx, _page(first, of, [*conditions, *more], query.count + 1, few))
        if len(rows) > query.count:
            return rows[: query.count], write_mark(query, 0, list(rows[query.count - 1][WIDTH:]), secret)
        values = None
    if first.absent is None:
        return rows, None
    wanted = query.count - len(rows)
    more = [first.absent, *([after(rest, values)] if values else [])]
    others = await _fetch(tx, _page(rest, of, [*conditions, *more], wanted + 1))
    if len(others) <= wanted:
        return rows + others, None
    part, last = (1, others[wanted - 1]) if wanted else (0, rows[-1])
    return rows + others[:wanted], write_mark(query, part, list(last[WIDTH:]), secret)


async def _driven(tx: Tx, query: Query, driven: Drive) -> tuple[list[Row], str | None]:
    secret = await _secret(tx) if driven.is_telling and query.cursor else None
    values = driven.read(query, secret) if query.cursor else None
    found = driven.page(COLUMNS, query.count + 1, values)
    # One plan for all values: the walk is the same whatever is asked for, and planning takes longer than walking.
    rows = await tx.fetch(found.text, found.params, prepare=driven.is_plain)
    if len(rows) <= query.count:
        return rows, None
    if driven.is_telling and secret is None:
        secret = await _secret(tx)
    return rows[: query.count], driven.mark(query, list(rows[query.count - 1][WIDTH:]), secret)


async def _secret(tx: Tx) -> bytes:
    row = await tx.constant("select value from secret where name = 'cursor'")
    return bytes(row[0]) if row else b""


async def _fetch(tx: Tx, statement: Sql) -> list[Row]:
    return await tx.fetch(statement.text, statement.params, prepare=False)


def _found(row: Row) -> Found:
    values: Any = row[:7]
    return Found(Stored(*values), row[6], row[7], row[8])
