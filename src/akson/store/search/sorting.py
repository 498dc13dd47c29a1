"""The order of matches and the place in it where a page ends.

Without `_sort` the order is that in which the resources were first written. Keys are compared together with the
row's number, so that no two rows are equal. Rows without a value come last.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

from akson.fhir.extract.paths import paths
from akson.fhir.search import Query, Sort
from akson.kit.errors import Malformed
from akson.kit.value import value
from akson.store import cursor
from akson.store.fragment import Sql, Table, both, either, joined, sql
from akson.store.index import hashing
from akson.store.index.rows import LARGEST, SMALLEST

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ENDS: dict[str, tuple[Any, Any]] = {
    "bigint": (2**63 - 1, -(2**63)),
    "float8": ("Infinity", "-Infinity"),
    "text": ("\U0010ffff", ""),
}
"""By type of column: what stands for no value, rising and falling, so that it comes last."""
TABLES = {
    "date": ("idx_date", "low", "bigint"),
    "number": ("idx_qty", "value", "float8"),
    "quantity": ("idx_qty", "value", "float8"),
    "string": ("idx_string", "norm", "text"),
    "uri": ("idx_string", "norm", "text"),
}
INFINITE = (inf, -inf)
LONGEST = 200
"""Characters that count of a text that is read from the body."""


@value
class Key:
    """One key of the order: an expression, and whether it falls."""

    expression: Sql
    descending: bool = False
    cast: str = "bigint"

    @property
    def order(self) -> Sql:
        return self.expression + sql(" desc" if self.descending else "")


@value
class Order:
    """The keys; for a first key from an index table, that table, joined where rows have a value."""

    keys: tuple[Key, ...]
    source: Sql | None = None
    """Table and alias that the first key comes from."""
    condition: Sql | None = None
    """Ties that table to the resource."""
    absent: Sql | None = None
    """The resource has no value for the first key: the second part of the result."""

    def clause(self) -> Sql:
        return joined(", ", [key.order for key in self.keys])


def order(query: Query, of: Table) -> Order:
    """The order that a query asks for; where a key is kept in rows of its own, of a query of one type."""
    if not query.sort:
        return Order((Key(sql(f"{of.alias}.rid")),))
    first, *others = query.sort
    # In the direction of the first key, so that one index gives both, forwards or backwards.
    last = Key(sql(f"{of.alias}.rid"), first.descending)
    keys = [_key(key, of) for key in others]
    if first.param.code in COLUMN_KEYS or not _indexed(first):
        return Order((_key(first, of), *keys, last))
    table, column, cast = TABLES[first.param.type]
    hashed = _hash(first, of)
    return Order(
        keys=(Key(sql(f"k.{column}"), first.descending, cast), *keys, last),
        source=sql(f"{table} k"),
        condition=sql(
            f"k.rid = {of.alias}.rid and k.hash = %s and k.first in (%s, 3)",
            hashed,
            LARGEST if first.descending else SMALLEST,
        ),
        absent=sql(
            f"not ({of.alias}.tok @> array[%s::bigint])", hashing.present(of.kinds[0], first.param.code)
        ),
    )


def order_of_rest(query: Query, of: Table) -> Order:
    """The order among rows that have no value for the first key."""
    return Order((*(_key(key, of) for key in query.sort[1:]), Key(sql(f"{of.alias}.rid"))))


def after(found: Order, values: list[Any]) -> Sql:
    """The row comes after these values of the keys."""
    options = []
    for place, key in enumerate(found.keys):
        same = [
            earlier.expression + sql(f" = %s::{earlier.cast}", value)
            for earlier, value in zip(found.keys[:place], values, strict=False)
        ]
        sign = "<" if key.descending else ">"
        options.append(both([*same, key.expression + sql(f" {sign} %s::{key.cast}", values[place])]))
    head = found.keys[0]
    bound = head.expression + sql(f" {'<=' if head.descending else '>='} %s::{head.cast}", values[0])
    return both([bound, either([sql("(") + option + sql(")") for option in options])])


COLUMN_KEYS = {"_id": ("id", "text"), "_lastUpdated": ("updated", "timestamptz")}


def _key(key: Sort, of: Table) -> Key:
    if key.param.code in COLUMN_KEYS:
        column, cast = COLUMN_KEYS[key.param.code]
        return Key(sql(f"{of.alias}.{column}"), key.descending, cast)
    if not _indexed(key):
        return Key(_read(key, of), key.descending, "text")
    table, column, cast = TABLES[key.param.type]
    expression = sql(
        f"coalesce((select s.{column} from {table} s where s.rid = {of.alias}.rid"  # noqa: S608
        f" and s.hash = %s and s.first in (%s, 3) limit 1), %s::{cast})",
        _hash(key, of),
        LARGEST if key.descending else SMALLEST,
        ENDS[cast][1 if key.descending else 0],
    )
    return Key(expression, key.descending, cast)


def _indexed(key: Sort) -> bool:
    """Whether a table holds what it is sorted by. Of the uris, those in meta are kept as hashes only."""
    return key.param.type in TABLES and not (key.param.type == "uri" and key.param.code.startswith("_"))


def _hash(key: Sort, of: Table) -> int:
    code = f"{key.param.code}:uri" if key.param.type == "uri" else key.param.code
    return hashing.parameter(of.kinds[0], code)


def _read(key: Sort, of: Table) -> Sql:
    """The text of a code, reference or uri, read from the body; of several the first in the order."""
    end = ENDS["text"][1 if key.descending else 0]
    places = paths(key.param)
    if not places:
        return _truth(key, of, end)
    return sql(
        f"coalesce((select {'max' if key.descending else 'min'}(left(v #>> '{{}}', {LONGEST}) collate \"C\")"  # noqa: S608
        f" from (select convert_from({of.alias}.body, 'UTF8')::jsonb as d where not {of.alias}.deleted) b,"
        " unnest(%s::text[]::jsonpath[]) p, jsonb_path_query(b.d, p) v), %s::text)",
        list(places),
        end,
    )


def _truth(key: Sort, of: Table, end: str) -> Sql:
    """A code that is the truth of a condition."""
    true, false = (
        hashing.token(of.kinds[0], key.param.code, None, str(value).lower()) for value in (True, False)
    )
    return sql(
        f"case when {of.alias}.tok @> array[%s::bigint] then 'true'"
        f" when {of.alias}.tok @> array[%s::bigint] then 'false' else %s::text end",
        true,
        false,
        end,
    )


def fingerprint(query: Query) -> int:
    """What a page mark is bound to: the type and the order."""
    names = [f"{'-' if key.descending else ''}{key.param.code}" for key in query.sort]
    return hashing.hash64("order", query.type, *names) >> 2


def write_mark(query: Query, part: int, values: list[Any], secret: bytes) -> str:
    """The mark of a row, in part 0 (with a value for the first key) or 1 (without)."""
    return cursor.write(["s", fingerprint(query), part, *map(plain, values)], secret)


def read_mark(query: Query, found: Order, rest: Order, secret: bytes) -> tuple[int, list[Any]]:
    """Part and values of a mark. Raises Malformed for one of another search, or of nobody."""
    mark = cursor.read(query.cursor or "", "s", secret)
    if len(mark) < 3:
        raise Malformed("the page mark is damaged: start the search again")
    _, print_, part, *values = mark
    if print_ != fingerprint(query) or part not in {0, 1}:
        raise Malformed("the page mark belongs to another search: start the search again")
    return part, values_of(values, (rest if part else found).keys)


def values_of(values: list[Any], keys: Sequence[Key]) -> list[Any]:
    """The values of a mark as they are compared with these keys. Raises Malformed where they are not theirs."""
    if len(values) != len(keys):
        raise Malformed("the page mark belongs to another search: start the search again")
    return [_value(value, key.cast) for value, key in zip(values, keys, strict=True)]


def plain(value: Any) -> Any:
    """The value of a key as a mark holds it. What `>5` leaves open reaches to infinity, which JSON has no number for."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    return str(value) if value in INFINITE else value


def _value(value: Any, cast: str) -> Any:
    kinds: dict[str, type] = {"bigint": int, "timestamptz": int, "text": str, "float8": float}
    if cast == "float8" and value in ("inf", "-inf"):
        return float(value)
    if not isinstance(value, kinds[cast]) or isinstance(value, bool):
        raise Malformed("the page mark is damaged: start the search again")
    if cast == "timestamptz" and isinstance(value, int):
        return EPOCH + timedelta(microseconds=value)
    return value
