"""Pieces of SQL with their parameters, and the builder that names tables: clinical ones only inside a scope."""

from collections.abc import Iterable, Sequence
from itertools import count

from akson.fhir.spec import spec
from akson.kit.value import value
from akson.store.index import hashing
from akson.store.scope import Scope
from akson.store.scope_sql import within


@value
class Sql:
    """SQL text with placeholders, and the parameters for them in their order."""

    text: str
    params: tuple[object, ...] = ()

    def __add__(self, other: "Sql") -> "Sql":
        return Sql(self.text + other.text, self.params + other.params)


def sql(text: str, *params: object) -> Sql:
    """A piece of SQL. `text` is the store's own words; whatever comes from outside is a parameter."""
    return Sql(text, params)


def joined(word: str, parts: Iterable[Sql]) -> Sql:
    """The parts with a word between them."""
    pieces = list(parts)
    if len(pieces) == 1:
        return pieces[0]
    return Sql(word.join([part.text for part in pieces]), tuple([v for part in pieces for v in part.params]))


def both(parts: Sequence[Sql]) -> Sql:
    """All parts hold."""
    return joined(" and ", parts) if parts else sql("true")


def either(parts: Sequence[Sql]) -> Sql:
    """One part holds."""
    return sql("(") + joined(" or ", parts) + sql(")") if parts else sql("false")


@value
class Table:
    """The table resource under an alias, with the condition that keeps it inside the scope."""

    alias: str
    kinds: tuple[str, ...]
    """The types it may be of; empty for any."""
    inside: Sql
    """That it is there, and inside the scope."""
    kind: Sql
    """That it is of one of the types."""

    @property
    def condition(self) -> Sql:
        return both([self.inside, self.kind])

    def told_by(self, tests: Sequence[Sql]) -> Sql:
        """The condition, given what else is asked: an index row tells the type by itself, and is asked for it in vain.

        Not in vain for the planner: it would multiply two chances that are one, and expect hardly any rows.
        """
        told = len(self.kinds) == 1 and any(isinstance(test, RowTest) for test in tests)
        return self.inside if told else self.condition


class Tables:
    """Gives out aliases of clinical tables for one statement. There is no other way to name such a table.

    `resource` carries the scope in its condition; the index tables are reached only from a resource, by its
    number.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._numbers = count(1)

    def resource(self, kinds: Sequence[str] = ()) -> Table:
        """Present, not deleted resources of these types inside the scope."""
        alias = f"r{next(self._numbers)}"
        text, values = within(self._scope, alias)
        inside = sql(f"not {alias}.deleted and {text}", *values)
        if not kinds:
            return Table(alias, (), inside, sql("true"))
        if len(kinds) == 1:
            return Table(alias, tuple(kinds), inside, sql(f"{alias}.type = %s", kinds[0]))
        return Table(alias, tuple(kinds), inside, sql(f"{alias}.type = any(%s::text[])", list(kinds)))

    def name(self) -> str:
        """A fresh alias for an index table."""
        return f"i{next(self._numbers)}"


@value
class Linked(Sql):
    """That a resource refers to, or is referred to by, one that fulfils a criterion; with what the test is made of."""

    source: Sql = Sql("")
    """The tables of the link and of the other resource."""
    where: Sql = Sql("true")
    link_column: str = ""
    """The column of the link that names this resource."""
    column: str = "rid"
    """What it names it by: its number or its key."""


def linked(source: Sql, where: Sql, link_column: str, of: Table, column: str) -> Linked:
    """`of` stands at the end of a link."""
    text = (
        sql("exists (select 1 from ")
        + source
        + sql(f" where {link_column} = {of.alias}.{column} and ")
        + where
        + sql(")")
    )
    return Linked(text.text, text.params, source, where, link_column, column)


def by_number(test: Sql) -> bool:
    """Whether a test knows the resource by its number alone: it can be asked of a row of any table that has the number."""
    return isinstance(test, RowTest) or (isinstance(test, Linked) and test.column == "rid")


@value
class Stretches:
    """The stretches of an index that hold what a test asks for, one for each of its values, as rows of a table.

    Each is walked by itself, so that many values that are frequent cost as little as one, and many that are rare no
    walk along all there is. The statement is the same however many they are.
    """

    many: int
    values: Sql
    """The table, under the alias of the test with an s behind."""
    where: Sql
    """The condition on an index row that it lies on the stretch and fulfils the test."""


@value
class RowTest(Sql):
    """That a resource has a row in an index table; with what the test is made of, for searches that begin there."""

    table: str = ""
    alias: str = ""
    where: Sql = Sql("true")
    along: str = ""
    """The column in whose order an index gives these rows; empty: in that of the resources' numbers, or none."""
    stretches: Stretches | None = None
    """Of several values."""

    def rows(self, listed: Sql, more: Sequence[Sql], order: Sql, limit: int, names: Sequence[str]) -> Sql:
        """The first rows of the index in an order that it gives; `names`: what the columns listed are called."""
        found = self.stretches
        # The limit stands in its text, since a plan for any limit would sort.
        end = sql(" order by ") + order + sql(f" limit {limit:d}")
        asked = both([self.where if found is None else found.where, *more])
        head = sql("select distinct ")
        walk = joined("", [head, listed, sql(f" from {self.table} {self.alias} where "), asked, end])
        if found is None:
            return walk
        columns = ", ".join(names)
        start = sql(f"select distinct {columns} from ") + found.values + sql(" cross join lateral (")  # noqa: S608
        return start + walk + sql(f") w order by {columns} limit {limit:d}")


def index_row(
    table: str,
    alias: str,
    of: Table,
    condition: Sql,
    along: str = "",
    stretches: Stretches | None = None,
) -> RowTest:
    """`of` has a row in an index table that fulfils the condition on `alias`."""
    head = f"exists (select 1 from {table} {alias} where {alias}.rid = {of.alias}.rid"  # noqa: S608
    text = sql(f"{head} and ") + condition + sql(")")
    return RowTest(text.text, text.params, table, alias, condition, along, stretches)


def points(alias: str, columns: Sequence[str], values: Sequence[Sequence[int]]) -> Stretches | None:
    """The stretches of rows that have one of these values in their columns; none where there is one at most."""
    if len(values) < 2:
        return None
    names = ", ".join(columns)
    arrays = ", ".join(["%s::bigint[]"] * len(columns))
    table = sql(f"unnest({arrays}) {alias}s({names})", *map(list, zip(*values, strict=True)))
    where = sql(" and ".join(f"{alias}.{name} = {alias}s.{name}" for name in columns))
    return Stretches(len(values), table, where)


def ranges(
    alias: str, column: str, cast: str, bounds: Sequence[tuple[int, object, object]], test: Sql
) -> Stretches | None:
    """The stretches of rows of a parameter (by its hash) from one value to another, both in it, that fulfil a test."""
    if len(bounds) < 2:
        return None
    table = sql(
        f"unnest(%s::bigint[], %s::{cast}[], %s::{cast}[]) {alias}s(hash, low, high)",
        *map(list, zip(*bounds, strict=True)),
    )
    place = f"{alias}.hash = {alias}s.hash and {alias}.{column} >= {alias}s.low and {alias}.{column} <= {alias}s.high"
    return Stretches(len(bounds), table, sql(f"{place} and ") + test)


def kinds_of(of: Table) -> Sequence[str]:
    """The types whose hashes must be looked for."""
    return of.kinds or sorted(spec().types)


def one_of(column: str, values: Sequence[int]) -> Sql:
    """The column is one of these numbers."""
    if len(values) == 1:
        return sql(f"{column} = %s", values[0])
    return sql(f"{column} = any(%s::bigint[])", list(values))


def parameters(alias: str, code: str, of: Table) -> Sql:
    """The row of an index table belongs to this parameter."""
    return one_of(f"{alias}.hash", [hashing.parameter(kind, code) for kind in kinds_of(of)])
