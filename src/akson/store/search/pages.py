"""The statement of one page of a search: its types, its order, and the rows behind a mark.

What walks along one index by itself is in `driving`. A search of several types in an order that each of them keeps in
rows of its own is one search for each type, merged: each then follows its index.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from akson.fhir.search import Filter, Query, TokenTerm
from akson.kit.value import value
from akson.store.fragment import Linked, RowTest, Sql, Table, Tables, both, joined, sql
from akson.store.scope import NODE, Scope
from akson.store.search.criteria import condition
from akson.store.search.few import Few, each_link, few_links, few_rows
from akson.store.search.sorting import COLUMN_KEYS, Order, after, order, order_of_rest

COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat, {0}.rid, {0}.key"
WIDTH = 9
PROBED = 3
"""Criteria of one search of which that is found out."""


@value
class Way:
    """The search of one type, or of several in an order that they share."""

    of: Table
    conditions: list[Sql]
    first: Order
    """Of what has a value for the first key."""
    rest: Order
    """Of what has none."""
    few: list["Few"]

    def page(self, part: int, limit: int, values: list[Any] | None) -> Sql:
        """The next rows, with a value for the first key (part 0) or without one (part 1)."""
        found, tie = (self.rest, self.first.absent) if part else (self.first, self.first.condition)
        more = [*([tie] if tie else []), *([after(found, values)] if values else [])]
        return _page(found, self.of, [*self.conditions, *more], limit, () if part else self.few)


def ways(scope: Scope, query: Query) -> list[Way]:
    """All the ways of a search, in the same order."""
    return [_way(scope, each) for each in _by_type(query)]


def page(found: Sequence[Way], part: int, limit: int, values: list[Any] | None) -> Sql:
    """The statement of the next rows in the common order: columns of the resource, then the keys."""
    pages = [way.page(part, limit, values) for way in found]
    if len(pages) == 1:
        return pages[0]
    keys = (found[0].rest if part else found[0].first).keys
    places = [f"{WIDTH + 1 + n}{' desc' if key.descending else ''}" for n, key in enumerate(keys)]
    together = joined(" union all ", [sql("(") + each + sql(")") for each in pages])
    return together + sql(f" order by {', '.join(places)} limit %s", limit)


def _way(scope: Scope, query: Query) -> Way:
    of, conditions = base(scope, query)
    return Way(of, conditions, order(query, of), order_of_rest(query, of), _few(scope, query, of))


def _by_type(query: Query) -> list[Query]:
    """The searches of single types that one of several types is, where a key of its order differs between them."""
    narrowing = _narrowing(query)
    if not narrowing or all(key.param.code in COLUMN_KEYS for key in query.sort):
        return [query]
    others = tuple(each for each in query.filters if each is not narrowing)
    return [
        replace(query, type=kind, filters=others, sort=tuple(key.on(kind) for key in query.sort))
        for kind in dict.fromkeys(_types(narrowing))
    ]


def base(scope: Scope, query: Query) -> tuple[Table, list[Sql]]:
    """The table that a query is of, and what it asks of its rows."""
    tables = Tables(scope)
    narrowing = _narrowing(query)
    of = tables.resource(_types(narrowing) if narrowing else [query.type] if query.type else [])
    asked = [condition(criterion, of, tables) for criterion in query.filters]
    return of, [of.told_by(asked), *asked]


def _narrowing(query: Query) -> Filter | None:
    """The `_type` of a search of all types."""
    return next(
        (each for each in query.filters if isinstance(each, Filter) and each.param.code == "_type"), None
    )


def _types(narrowing: Filter) -> list[str]:
    return [term.code for term in narrowing.terms if isinstance(term, TokenTerm) and term.code]


def select(head: Sql, of: Table, conditions: list[Sql], source: Sql | None = None) -> Sql:
    tables = joined(", ", [sql(f"resource {of.alias}"), *([source] if source else [])])
    return head + sql(" from ") + tables + sql(" where ") + both(conditions)


def _few(scope: Scope, query: Query, of: Table) -> list[Few]:
    """For searches by measured values alone, and for those by one link: the first rows of an index for each criterion."""
    if query.sort or not query.filters:
        return []
    if len(query.filters) == 1:
        test = condition(query.filters[0], of, Tables(scope))
        if isinstance(test, Linked):
            return [few_links(test)]
    if not all(_is_measured(each) for each in query.filters):
        return []
    tests = [condition(each, of, Tables(NODE)) for each in query.filters[:PROBED]]
    return [few_rows(test) for test in tests if isinstance(test, RowTest)]


def _is_measured(criterion: object) -> bool:
    """Whether a criterion is about a time, number or quantity of the resource itself."""
    return (
        isinstance(criterion, Filter)
        and criterion.chain is None
        and criterion.modifier is None
        and criterion.param.type in {"date", "number", "quantity"}
    )


def _page(found: Order, of: Table, conditions: list[Sql], limit: int, few: Sequence[Few] = ()) -> Sql:
    """The next rows of one way: the resource's columns, then the keys of the order."""
    keys = joined(", ", [key.expression for key in found.keys])
    head = sql(f"select {COLUMNS.format(of.alias)}, ") + keys
    end = sql(" order by ") + found.clause() + sql(" limit %s", limit)
    if not few:
        return select(head, of, conditions, found.source) + end
    # All ways in one statement: from the first index that gives few, else along the order until the page is full.
    names = [f"few{place}" for place in range(len(few))]
    tables = [
        sql(f"{name} as materialized (") + each.rows + sql(")") for name, each in zip(names, few, strict=True)
    ]
    ways, many = [], list(conditions)
    for name, each in zip(names, few, strict=True):
        count = f"(select count(*) from {name})"  # noqa: S608
        way = sql(f"{count} <= %s and {of.alias}.{each.column} in (select id from {name})", each.most)  # noqa: S608
        ways.append(sql("(") + select(head, of, [way, *many]) + sql(")"))
        many.insert(0, sql(f"{count} > %s", each.most))
    if few[0].is_link:  # the second condition; with the type, whose rows are gone along
        _, test, *rest = conditions
        many = [many[0], of.condition, each_link(test, of) if isinstance(test, Linked) else test, *rest]
    ways.append(sql("(") + select(head, of, many) + end + sql(")"))
    whole = sql("with ") + joined(", ", tables) + sql(" ") + joined(" union all ", ways)
    return whole + sql(f" order by {WIDTH + 1} limit %s", limit)
