"""The order of matches and the place in it where a page ends.

Without `_sort` the order is that in which the resources were first written. Keys are compared together with the
row's number, so that no two rows are equal. Rows without a value come last.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from akson.fhir.search import Query, Sort
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.store import cursor, hashing
from akson.store.fragment import Sql, Table, both, either, joined, sql
from akson.store.rows import LARGEST, SMALLEST

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TABLES = {
    "date": ("idx_date", "low", "bigint", (2**63 - 1, -(2**63))),
    "number": ("idx_qty", "value", "float8", ("Infinity", "-Infinity")),
    "quantity": ("idx_qty", "value", "float8", ("Infinity", "-Infinity")),
    "string": ("idx_string", "norm", "text", ("\U0010ffff", "")),
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the order: an expression, and whether it falls."""

    expression: Sql
    descending: bool = False
    cast: str = "bigint"

    @property
    def order(self) -> Sql:
        return self.expression + sql(" desc" if self.descending else "")


@dataclass(frozen=True, slots=True)
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
    """The order that a query asks for. Raises UnsupportedParameter for keys that we cannot sort by."""
    if not query.sort:
        return Order((Key(sql(f"{of.alias}.rid")),))
    first, *others = query.sort
    # In the direction of the first key, so that one index gives both, forwards or backwards.
    last = Key(sql(f"{of.alias}.rid"), first.descending)
    keys = [_key(key, of) for key in others]
    if first.param.code in _COLUMNS:
        return Order((_key(first, of), *keys, last))
    table, column, cast, _ = _table(first)
    hashed = hashing.parameter(_kind(of), first.param.code)
    return Order(
        keys=(Key(sql(f"k.{column}"), first.descending, cast), *keys, last),
        source=sql(f"{table} k"),
        condition=sql(
            f"k.rid = {of.alias}.rid and k.hash = %s and k.first in (%s, 3)",
            hashed,
            LARGEST if first.descending else SMALLEST,
        ),
        absent=sql(
            f"not ({of.alias}.tok @> array[%s::bigint])", hashing.present(_kind(of), first.param.code)
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


_COLUMNS = {"_id": ("id", "text"), "_lastUpdated": ("updated", "timestamptz")}


def _key(key: Sort, of: Table) -> Key:
    if key.param.code in _COLUMNS:
        column, cast = _COLUMNS[key.param.code]
        return Key(sql(f"{of.alias}.{column}"), key.descending, cast)
    table, column, cast, ends = _table(key)
    expression = sql(
        f"coalesce((select s.{column} from {table} s where s.rid = {of.alias}.rid"  # noqa: S608
        f" and s.hash = %s and s.first in (%s, 3) limit 1), %s::{cast})",
        hashing.parameter(_kind(of), key.param.code),
        LARGEST if key.descending else SMALLEST,
        ends[1 if key.descending else 0],
    )
    return Key(expression, key.descending, cast)


def _table(key: Sort) -> tuple[str, str, str, tuple[Any, Any]]:
    if key.param.type not in TABLES:
        raise UnsupportedParameter(f"sorting by {key.param.code}, a {key.param.type}, is not supported")
    return TABLES[key.param.type]


def _kind(of: Table) -> str:
    if len(of.kinds) != 1:
        raise UnsupportedParameter("a search of all types is sorted by _id or _lastUpdated only")
    return of.kinds[0]


def fingerprint(query: Query) -> int:
    """What a page mark is bound to: the type and the order."""
    names = [f"{'-' if key.descending else ''}{key.param.code}" for key in query.sort]
    return hashing.hash64("order", query.type, *names) >> 2


def tells_names(query: Query) -> bool:
    """Whether a page mark would hold text of a person, and must be sealed."""
    return any(key.param.type == "string" for key in query.sort)


def write_mark(query: Query, part: int, values: list[Any], secret: bytes | None) -> str:
    """The mark of a row, in part 0 (with a value for the first key) or 1 (without)."""
    plain = [_micros(value) if isinstance(value, datetime) else value for value in values]
    return cursor.write(["s", fingerprint(query), part, *plain], secret)


def read_mark(query: Query, found: Order, rest: Order, secret: bytes | None) -> tuple[int, list[Any]]:
    """Part and values of a mark. Raises Malformed for one of another search, or of nobody."""
    mark = cursor.read(query.cursor or "", "s", secret=secret)
    if len(mark) < 3:
        raise Malformed("the page mark is damaged: start the search again")
    _, print_, part, *values = mark
    keys = (rest if part else found).keys
    if print_ != fingerprint(query) or part not in {0, 1} or len(values) != len(keys):
        raise Malformed("the page mark belongs to another search: start the search again")
    return part, [_value(value, key.cast) for value, key in zip(values, keys, strict=True)]


def _value(value: Any, cast: str) -> Any:
    kinds: dict[str, type] = {"bigint": int, "timestamptz": int, "text": str, "float8": float}
    if not isinstance(value, kinds[cast]) or isinstance(value, bool):
        raise Malformed("the page mark is damaged: start the search again")
    if cast == "timestamptz" and isinstance(value, int):
        return EPOCH + timedelta(microseconds=value)
    return value


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
