"""Finding out whether a criterion gives few: the planner cannot know.

It knows how the values of all parameters lie together in an index table, and not how those of one do. So the first rows
of the index are read, and the statement holds both ways: from those rows where they are all, else along another order
until the page is full.
"""

from akson.kit.value import value
from akson.store.fragment import Linked, RowTest, Sql, Table, sql

FEW = 1000
"""Up to so many rows of an index are read to find out whether they are few."""
LINKS = 300
"""Up to so many links, which cost more to follow."""


@value
class Few:
    """Rows of an index that are read first, to find out whether they are few."""

    column: str
    """What of the resource they name."""
    rows: Sql
    most: int
    is_link: bool = False


def few_rows(test: RowTest) -> Few:
    """The numbers of the first resources of a test, along the index where it has an order."""
    alias, along = test.alias, test.along
    if not along:
        head = sql(f"select {alias}.rid as id from {test.table} {alias} where ")  # noqa: S608
        return Few("rid", head + test.where + sql(" limit %s", FEW + 1), FEW)
    listed, order = sql(f"{alias}.{along} as place, {alias}.rid as id"), sql(f"{alias}.{along}, {alias}.rid")
    return Few("rid", test.rows(listed, [], order, FEW + 1, ["place", "id"]), FEW)


def few_links(test: Linked) -> Few:
    """The first links of a chain that lead to what is asked for."""
    rows = sql(f"select {test.link_column} as id from ") + test.source + sql(" where ") + test.where  # noqa: S608
    return Few(test.column, rows + sql(" limit %s", LINKS + 1), LINKS, is_link=True)


def each_row(test: RowTest, alias: str) -> Sql:
    """The test as the planner can only ask it: of one row of `alias` after the other."""
    head = f"(select true from {test.table} {test.alias} where {test.alias}.rid = {alias}.rid and "  # noqa: S608
    return sql(head) + test.where + sql(" limit 1) is not null")


def each_link(test: Linked, of: Table) -> Sql:
    """The same of a link: resource after resource along the order."""
    ends = sql(f"{test.link_column} = {of.alias}.{test.column} and ")
    return (
        sql("(select true from ")
        + test.source
        + sql(" where ")
        + ends
        + test.where
        + sql(" limit 1) is not null")
    )
