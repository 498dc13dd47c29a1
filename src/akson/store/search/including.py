"""`_include` and `_revinclude`: resources that matches refer to, or that refer to matches, inside the scope.

Source: http://hl7.org/fhir/R4/search.html#revinclude.
"""

from collections.abc import Sequence

from akson.fhir.canonicals import is_definition
from akson.fhir.search import Include, Query
from akson.kit.errors import TooLarge
from akson.kit.value import value
from akson.store.database.pool import Tx
from akson.store.fragment import Sql, Tables, both, sql
from akson.store.index import hashing
from akson.store.record.stored import Stored
from akson.store.scope import Scope
from akson.store.search.links import canonical_ends

MOST = 10_000
"""Included resources of one page."""
DEEPEST = 10
"""Rounds of `:iterate`."""
COLUMNS = "{0}.type, {0}.id, {0}.version, {0}.updated, {0}.body, {0}.deleted, {0}.pat, {0}.rid, {0}.key"


@value
class Found:
    """A resource found, with the numbers of its row."""

    stored: Stored
    pat: int
    rid: int
    key: int


async def include(tx: Tx, scope: Scope, query: Query, matches: Sequence[Found]) -> list[Found]:
    """What a page includes, each resource once and no match again. Raises TooLarge beyond MOST."""
    seen = {match.rid for match in matches}
    result: list[Found] = []
    fresh: Sequence[Found] = matches
    for round_ in range(DEEPEST):
        wanted = [each for each in query.includes if round_ == 0 or each.iterate]
        new: list[Found] = []
        for each in wanted:
            found = await _one(tx, scope, each, fresh)
            unseen = {item.rid: item for item in found if item.rid not in seen}
            seen |= set(unseen)
            new += unseen.values()
        result += new
        if len(result) > MOST:
            raise TooLarge(f"the page includes more than {MOST} resources: ask for fewer with _count")
        if not new:
            break
        fresh = new
    return result


async def _one(tx: Tx, scope: Scope, each: Include, of: Sequence[Found]) -> list[Found]:
    if each.reverse:
        ends = [item for item in of if each.target in {None, item.stored.type}]
        ways = [_reverse(scope, each, ends), _naming(scope, each, ends)]
    else:
        ends = [item for item in of if item.stored.type == each.type or not each.type]
        ways = [_forward(scope, each, ends), _named(scope, each, ends)]
    return [item for way in ways if way and ends for item in await _fetch(tx, way)]


async def _fetch(tx: Tx, statement: Sql) -> list[Found]:
    rows = await tx.fetch(statement.text, statement.params, prepare=False)
    return [Found(Stored(*row[:7]), *row[6:9]) for row in rows]


def _forward(scope: Scope, each: Include, sources: Sequence[Found]) -> Sql:
    """What resources of the include's type refer to."""
    target = Tables(scope).resource([each.target] if each.target else [])
    # Beginning from the few links: their targets as a list.
    keys = sql(
        f"{target.alias}.key in (select i.target from idx_ref i"  # noqa: S608
        " where i.rid = any(%s::bigint[])",
        [item.rid for item in sources],
    )
    if each.param != "*":
        keys += sql(" and i.param = %s", hashing.parameter(each.type, each.param))
    return _rows(target.alias, both([target.condition, keys + sql(")")]))


def _named(scope: Scope, each: Include, sources: Sequence[Found]) -> Sql | None:
    """The definitions that they name by canonicals."""
    params, urls = canonical_ends(each)
    if not params or not urls:
        return None
    target = Tables(scope).resource([each.target] if each.target else [])
    numbers = sql(
        f"{target.alias}.rid in (select o.rid from idx_ref i join idx_ref o on o.target = i.target"  # noqa: S608
        " where i.rid = any(%s::bigint[]) and i.param = any(%s::bigint[]) and o.param = any(%s::bigint[]))",
        [item.rid for item in sources],
        params,
        urls,
    )
    return _rows(target.alias, both([target.condition, numbers]))


def _reverse(scope: Scope, each: Include, targets: Sequence[Found]) -> Sql:
    """Resources of the include's type that refer to one of these."""
    source = Tables(scope).resource([each.type] if each.type else [])
    link = sql(
        f"exists (select 1 from idx_ref i where i.rid = {source.alias}.rid"  # noqa: S608
        " and i.target = any(%s::bigint[])",
        [item.key for item in targets],
    )
    if each.param != "*":
        link += sql(" and i.param = %s", hashing.parameter(each.type, each.param))
    return _rows(source.alias, both([source.condition, link + sql(")")]))


def _naming(scope: Scope, each: Include, targets: Sequence[Found]) -> Sql | None:
    """Those that name one of these by a canonical."""
    params, urls = canonical_ends(each)
    definitions = [item.rid for item in targets if is_definition(item.stored.type)]
    if not params or not urls or not definitions:
        return None
    source = Tables(scope).resource([each.type] if each.type else [])
    numbers = sql(
        f"{source.alias}.rid in (select i.rid from idx_ref o join idx_ref i on i.target = o.target"  # noqa: S608
        " where o.rid = any(%s::bigint[]) and o.param = any(%s::bigint[]) and i.param = any(%s::bigint[]))",
        definitions,
        urls,
        params,
    )
    return _rows(source.alias, both([source.condition, numbers]))


def _rows(alias: str, condition: Sql) -> Sql:
    head = sql(f"select {COLUMNS.format(alias)} from resource {alias} where ")  # noqa: S608
    return head + condition + sql(f" order by {alias}.rid limit %s", MOST + 1)
