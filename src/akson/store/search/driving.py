"""Searches that begin in an index table, go along in the order of the index, and stop when the page is full.

What a page costs is then the same in a store of any size. Everything an index table holds is of a resource that is
there and of one type, and carries its patient: a scope of patients is a condition on these rows as well as on the
resource, where it is asked once more. Further criteria are asked of each row by the resource's number; the planner may
still begin with one of them, where it expects few.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from akson.fhir.search import Filter, Query
from akson.kit.errors import Malformed
from akson.store import cursor
from akson.store.fragment import RowTest, Sql, Table, Tables, both, by_number, joined, sql
from akson.store.scope import Scope
from akson.store.scope_sql import on_patient
from akson.store.search.criteria import condition
from akson.store.search.sorting import Key, Order, after, fingerprint, tells_of_people

MEASURED = frozenset({"idx_date", "idx_qty"})
CASTS = {"idx_date": "bigint", "idx_qty": "float8", "idx_string": "text", "idx_composite": "float8"}


@dataclass(frozen=True, slots=True)
class Drive:
    """A search as a walk along one index: the rows it looks at, in their order, and the resource they belong to."""

    test: RowTest
    of: Table
    inside: Sql
    """The scope, on the index rows."""
    further: tuple[Sql, ...]
    """What else is asked, of the index rows."""
    order: Order
    is_telling: bool
    """Whether a page mark would tell of a person, and must be sealed."""

    @property
    def is_plain(self) -> bool:
        """Whether one plan serves all values."""
        return not self.further

    def page(self, columns: str, limit: int, values: list[Any] | None) -> Sql:
        """The statement of one page: the resource's columns, then the keys of the order.

        The limit stands in its text, since a plan for any limit would sort.
        """
        names = [f"k{number}" for number in range(len(self.order.keys))]
        ways = self.test.branches if len(self.test.branches) > 1 else (self.test.where,)
        walks = [self._walk(way, names, limit, values) for way in ways]
        inner = walks[0] if len(walks) == 1 else self._merged(walks, names, limit)
        outer = ", ".join(f"p.{name}" for name in names)
        head = sql(f"select {columns.format(self.of.alias)}, {outer} from (")  # noqa: S608
        tail = sql(f") p join resource {self.of.alias} on {self.of.alias}.rid = p.{names[-1]} where ")
        return head + inner + tail + self.of.condition + sql(f" order by {outer}")

    def _walk(self, where: Sql, names: list[str], limit: int, values: list[Any] | None) -> Sql:
        """The keys of the next rows along one stretch of the index."""
        test, keys = self.test, self.order.keys
        conditions = [where, self.inside, *self.further, *([self._first()] if test.along else [])]
        conditions += [after(self.order, values)] if values else []
        listed = joined(
            ", ", [key.expression + sql(f" as {name}") for key, name in zip(keys, names, strict=True)]
        )
        rows = sql(f" from {test.table} {test.alias} where ") + both(conditions)
        return (
            sql("select distinct ")
            + listed
            + rows
            + sql(" order by ")
            + self.order.clause()
            + sql(f" limit {limit:d}")
        )

    @staticmethod
    def _merged(walks: list[Sql], names: list[str], limit: int) -> Sql:
        """The next rows of several stretches: of each no more than a page can be needed."""
        together = joined(" union ", [sql("(") + walk + sql(")") for walk in walks])
        listed = ", ".join(names)
        return sql(f"select {listed} from (") + together + sql(f") w order by {listed} limit {limit:d}")  # noqa: S608

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

    def mark(self, query: Query, values: list[Any], secret: bytes | None) -> str:
        """The mark of a row: where the next page begins."""
        return cursor.write(["d", fingerprint(query), *values], secret)

    def read(self, query: Query, secret: bytes | None) -> list[Any]:
        """The values of a mark. Raises Malformed for one of another search, or of nobody."""
        _, *found = cursor.read(query.cursor or "", "d", secret=secret)
        print_, values = found[0] if found else None, found[1:]
        wanted = [{"bigint": int, "float8": float, "text": str}[key.cast] for key in self.order.keys]
        if print_ != fingerprint(query) or [type(value) for value in values] != wanted:
            raise Malformed("the page mark belongs to another search: start the search again")
        return values


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
    keys = [Key(sql(f"{lead.alias}.rid"))]
    if lead.along:
        keys.insert(0, Key(sql(f"{lead.alias}.{lead.along}"), cast=CASTS[lead.table]))
    asked = query.filters[place or 0]
    telling = bool(lead.along) and not (isinstance(asked, Filter) and not tells_of_people(asked.param))
    return Drive(lead, of, sql(inside[0], *inside[1]), tuple(further), Order(tuple(keys)), telling)


def _lead(tests: Sequence[Sql]) -> int | None:
    """Where the walk goes: along a value that must be just so, else along a range; references are the rarest."""
    ranked = [
        (test.table != "idx_ref", bool(test.along), number)
        for number, test in enumerate(tests)
        if isinstance(test, RowTest)
    ]
    return min(ranked)[2] if ranked else None
