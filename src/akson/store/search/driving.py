"""Searches that begin in an index table, go along in the order of the index, and stop when the page is full.

What a page costs is then the same in a store of any size. Everything an index table holds is of a resource that is
there and of one type, and carries its patient: a scope of patients is a condition on these rows as well as on the
resource, where it is asked once more. Further criteria are asked of each row by the resource's number; the planner may
still begin with one of them, where it expects few.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from akson.fhir.search import Query
from akson.kit.errors import Malformed
from akson.kit.value import value
from akson.store import cursor
from akson.store.fragment import RowTest, Sql, Table, Tables, by_number, joined, sql
from akson.store.scope import Scope
from akson.store.scope_sql import on_patient
from akson.store.search.criteria import condition
from akson.store.search.few import Few, each_row, few_rows
from akson.store.search.sorting import Key, Order, after, fingerprint, plain, values_of

MEASURED = frozenset({"idx_date", "idx_qty"})
NAMES = ("k0", "k1")
"""What the keys of an order are called in a statement."""
CASTS = {"idx_date": "bigint", "idx_qty": "float8", "idx_string": "text", "idx_composite": "float8"}

TOGETHER = 30
"""Values of one criterion up to which each is walked by itself where more is asked: each walk may begin with that."""


@value
class Drive:
    """A search as a walk along one index: the rows it looks at, in their order, and the resource they belong to."""

    test: RowTest
    of: Table
    inside: Sql
    """The scope, on the index rows."""
    further: tuple[Sql, ...]
    """What else is asked, of the index rows."""
    order: Order
    """All keys are columns, and rise."""
    measured: RowTest | None = None
    """One of what else is asked that may give few: then the walk is of those alone. `further` does not hold it."""

    @property
    def is_plain(self) -> bool:
        """Whether one plan serves all values."""
        return not self.further and self.measured is None

    def page(self, columns: str, limit: int, values: list[Any] | None) -> Sql:
        """The statement of one page: the resource's columns, then the keys of the order."""
        keys = [key.expression.text for key in self.order.keys]
        names = NAMES[: len(keys)]
        listed = sql(", ".join([f"{key} as {name}" for key, name in zip(keys, names, strict=True)]))
        more = [self.inside, *self.further, *([self._first()] if self.test.along else [])]
        more += [after(self.order, values)] if values else []
        outer = ", ".join([f"p.{name}" for name in names])
        tail = sql(f") p join resource {self.of.alias} on {self.of.alias}.rid = p.{names[-1]} where ")
        walk = partial(self.test.rows, listed, order=sql(", ".join(keys)), limit=limit, names=names)
        head = sql(f"select {columns.format(self.of.alias)}, {outer} from (")  # noqa: S608
        if self.measured is None:
            inner = [walk(more)]
        else:
            few = few_rows(self.measured)
            head = joined("", [sql("with few as materialized ("), few.rows, sql(") "), head])
            inner = self._two_ways(self.measured, few, lambda test: walk([*more, test]))
        return joined("", [head, *inner, tail, self.of.condition, sql(f" order by {outer}")])

    def _two_ways(self, measured: RowTest, few: Few, walk: Callable[[Sql], Sql]) -> list[Sql]:
        """Of the few that are measured so, each looked up; or, where they are many, along the walk until it has enough."""
        count, alias = "(select count(*) from few)", self.test.alias
        small = sql(f"{count} <= %s and {alias}.rid = any(array(select id from few))", few.most)  # noqa: S608
        large = sql(f"{count} > %s and ", few.most) + each_row(measured, alias)
        return [sql("("), walk(small), sql(") union all ("), walk(large), sql(")")]

    def _first(self) -> Sql:
        """Of several rows of one resource, the first in the order counts.

        A subquery for each row that is looked at: as a join, the planner would read all rows first. In a case, since it
        takes an equality for rare, and would then sort what it expects to be few.
        """
        test = self.test
        other = Sql(test.where.text.replace(f"{test.alias}.", "j."), test.where.params)
        least = f"(select min(j.{test.along}) from {test.table} j where j.rid = {test.alias}.rid and "  # noqa: S608
        head = f"case when {test.alias}.{test.along} = {least}"
        return sql(head) + other + sql(") then true else false end")

    def mark(self, query: Query, values: list[Any], secret: bytes) -> str:
        """The mark of a row: where the next page begins."""
        return cursor.write(["d", fingerprint(query), *map(plain, values)], secret)

    def read(self, query: Query, secret: bytes) -> list[Any]:
        """The values of a mark. Raises Malformed for one of another search, or of nobody."""
        _, *found = cursor.read(query.cursor or "", "d", secret)
        print_, values = found[0] if found else None, found[1:]
        if print_ != fingerprint(query):
            raise Malformed("the page mark belongs to another search: start the search again")
        return values_of(values, self.order.keys)


def drive(scope: Scope, query: Query) -> Drive | None:
    """The walk of a search; None for one that needs the resource to decide, or another order."""
    if query.sort or not query.type or not query.filters:
        return None
    tables = Tables(scope)
    of = tables.resource([query.type])
    tests = [condition(each, of, tables) for each in query.filters]
    if not all(map(by_number, tests)):
        return None
    if len(tests) > 1 and all(isinstance(test, RowTest) and test.table in MEASURED for test in tests):
        return None  # which of several ranges gives few, `statements` finds out
    place = _lead(tests)
    lead = tests[place] if place is not None else None
    inside = on_patient(scope, query.type, lead.alias) if isinstance(lead, RowTest) else None
    if inside is None or not isinstance(lead, RowTest):
        return None
    rows = replace(of, alias=lead.alias)
    further = [condition(each, rows, tables) for number, each in enumerate(query.filters) if number != place]
    measured = _measured(lead, further)
    further = [test for test in further if test is not measured]
    if further and lead.stretches is not None and lead.stretches.many > TOGETHER:
        lead = replace(lead, stretches=None)
    keys = [Key(sql(f"{lead.alias}.rid"))]
    if lead.along:
        keys.insert(0, Key(sql(f"{lead.alias}.{lead.along}"), cast=CASTS[lead.table]))
    return Drive(lead, of, sql(inside[0], *inside[1]), tuple(further), Order(tuple(keys)), measured)


def _measured(lead: RowTest, further: Sequence[Sql]) -> RowTest | None:
    """What to find out of beside a code, of which many may have it: whether a time or amount gives few.

    Left to itself, the planner may go along all that was measured before the first with the code.
    """
    if lead.table != "idx_token":
        return None
    ranges = (test for test in further if isinstance(test, RowTest) and test.table in MEASURED and test.along)
    return next(ranges, None)


def _lead(tests: Sequence[Sql]) -> int | None:
    """Where the walk goes: along a value that must be just so, else along a range; references are the rarest."""
    ranked = [
        (test.table != "idx_ref", bool(test.along), number)
        for number, test in enumerate(tests)
        if isinstance(test, RowTest)
    ]
    return min(ranked)[2] if ranked else None
