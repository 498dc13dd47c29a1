"""Search criteria as conditions on a resource: by kind of parameter, through references, and combined.

Source: http://hl7.org/fhir/R4/search.html. What each kind of parameter can be asked stands in the modules
`criteria_*`.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from akson.fhir.search import And, Compartment, Criterion, DateTerm, Filter, Has, Or, TokenTerm
from akson.kit.errors import UnsupportedParameter
from akson.store.fragment import Sql, Table, Tables, both, either, joined, kinds_of, linked, sql
from akson.store.index import hashing
from akson.store.search.compartment import inside
from akson.store.search.composites import composite
from akson.store.search.criteria_measures import date, near, number, quantity
from akson.store.search.criteria_references import reference
from akson.store.search.criteria_texts import content, string, uri
from akson.store.search.criteria_tokens import token
from akson.store.search.intervals import date_condition
from akson.store.search.links import links

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, tzinfo=UTC)


def condition(criterion: Criterion | Compartment, of: Table, tables: Tables) -> Sql:
    """The condition that the resource fulfils a criterion."""
    match criterion:
        case Filter():
            return _filter(criterion, of, tables)
        case Has():
            return _has(criterion, of, tables)
        case And(parts):
            return both([condition(part, of, tables) for part in parts])
        case Or(parts):
            return _or(parts, of, tables)
        case Compartment():
            return inside(criterion, of, tables)
    return sql("not (") + condition(criterion.part, of, tables) + sql(")")


def _filter(criterion: Filter, of: Table, tables: Tables) -> Sql:
    if criterion.chain is not None:
        return _chain(criterion, criterion.chain, of, tables)
    if criterion.modifier == "missing":
        return _missing(criterion, of)
    own = _SPECIAL.get(criterion.param.code) or _BY_TYPE[criterion.param.type]
    return own(criterion, of, tables)


def _or(parts: tuple[Criterion, ...], of: Table, tables: Tables) -> Sql:
    """One of the parts holds: each looked for by itself, so that each begins at an index of its own."""
    found = []
    for part in parts:
        one = tables.resource(of.kinds)
        found.append(
            sql(f"select {one.alias}.rid from resource {one.alias} where ")  # noqa: S608
            + both([one.condition, condition(part, one, tables)])
        )
    return sql(f"{of.alias}.rid in (") + joined(" union all ", found) + sql(")")


def _has(criterion: Has, of: Table, tables: Tables) -> Sql:
    """Some resource refers here and fulfils the inner criterion."""
    ways = []
    for link in links(criterion.reference, [criterion.type], of.kinds, tables):
        source = tables.resource([criterion.type])
        inner = condition(criterion.criterion, source, tables)
        where = both([link.where, source.told_by([inner]), inner])
        ends = link.tables + sql(f" join resource {source.alias} on {source.alias}.rid = {link.start}")
        ways.append(linked(ends, where, link.end, of, link.column))
    return ways[0] if len(ways) == 1 else either(ways)


def _chain(criterion: Filter, inner: Criterion, of: Table, tables: Tables) -> Sql:
    """The resource refers to one that fulfils the inner criterion."""
    kind = criterion.chain_type or (inner.param.base if isinstance(inner, Filter) else None)
    targets = [kind] if kind else list(criterion.param.targets)
    ways = []
    for link in links(criterion.param, kinds_of(of), targets, tables):
        target = tables.resource(link.targets)
        asked = condition(inner, target, tables)
        where = both([link.where, target.told_by([asked]), asked])
        ends = link.tables + sql(
            f" join resource {target.alias} on {target.alias}.{link.column} = {link.end}"
        )
        ways.append(linked(ends, where, link.start, of, "rid"))
    return ways[0] if len(ways) == 1 else either(ways)


def _missing(criterion: Filter, of: Table) -> Sql:
    term = criterion.terms[0]
    wanted = isinstance(term, TokenTerm) and term.code == "true"
    if criterion.param.code in _SPECIAL:
        return sql("false" if wanted else "true")
    marks = [hashing.present(kind, criterion.param.code) for kind in kinds_of(of)]
    return sql(f"{'not ' if wanted else ''}({of.alias}.tok && %s::bigint[])", marks)


def _identity(criterion: Filter, of: Table, _tables: Tables) -> Sql:
    ids = [term.code for term in criterion.terms if isinstance(term, TokenTerm) and term.code]
    keys = [hashing.resource_key(kind, identity) for kind in kinds_of(of) for identity in ids]
    test = sql(f"{of.alias}.key = any(%s::bigint[]) and {of.alias}.id = any(%s::text[])", keys, ids)
    return sql("not (") + test + sql(")") if criterion.modifier == "not" else test


def _updated(criterion: Filter, of: Table, _tables: Tables) -> Sql:
    column = f"{of.alias}.updated"
    return either(
        [
            date_condition(column, column, term, _moment)
            for term in criterion.terms
            if isinstance(term, DateTerm)
        ]
    )


def _moment(micros: int) -> datetime:
    return min(EPOCH + timedelta(microseconds=micros), LAST) if micros > 0 else EPOCH


def _kind(criterion: Filter, of: Table, _tables: Tables) -> Sql:
    kinds = [term.code for term in criterion.terms if isinstance(term, TokenTerm)]
    return sql(f"{of.alias}.type = any(%s::text[])", kinds)


def _refused(criterion: Filter, _of: Table, _tables: Tables) -> Sql:
    raise UnsupportedParameter(f"the parameter {criterion.param.code} cannot be searched")


_Compiler = Callable[[Filter, Table, Tables], Sql]
_SPECIAL: dict[str, _Compiler] = {
    "_id": _identity,
    "_lastUpdated": _updated,
    "_type": _kind,
    "_content": content,
    "_text": content,
    "near": near,
}
_BY_TYPE: dict[str, _Compiler] = {
    "token": token,
    "reference": reference,
    "string": string,
    "date": date,
    "number": number,
    "quantity": quantity,
    "uri": uri,
    "composite": composite,
    "special": _refused,
}
