"""Criteria on references. Source: http://hl7.org/fhir/R4/search.html#reference."""

from akson.fhir.search import Filter, ReferenceTerm
from akson.fhir.spec import spec
from akson.kit.errors import UnsupportedParameter
from akson.store.fragment import Sql, Table, Tables, either, index_row, kinds_of, points, sql
from akson.store.index import hashing
from akson.store.search.criteria_tokens import token

PARENTS = ("partof", "part-of")
"""The parameters by which a type refers to what it is a part of: Location, Organization, Encounter and others."""

MOST_WALKS = 2000
"""Pairs of target and parameter up to which the rows of each are walked by themselves."""


def reference(criterion: Filter, of: Table, tables: Tables) -> Sql:
    """The resource refers to one of these; with :above and :below also to what they are part of, or their parts."""
    if criterion.modifier == "identifier":
        return token(criterion, of, tables)
    terms = [term for term in criterion.terms if isinstance(term, ReferenceTerm)]
    if criterion.modifier in {"above", "below"}:
        return either([_hierarchy(criterion, term, of, tables) for term in terms])
    keys = list(dict.fromkeys(key for term in terms for key in _targets(term, criterion)))
    params = _params(criterion, of)
    alias = tables.name()
    if len(keys) == len(params) == 1:
        test = sql(f"{alias}.target = %s and {alias}.param = %s", keys[0], params[0])
    else:
        test = sql(f"{alias}.target = any(%s::bigint[]) and {alias}.param = any(%s::bigint[])", keys, params)
    stretches = None
    if len(keys) * len(params) <= MOST_WALKS:
        stretches = points(alias, ["target", "param"], [(key, param) for key in keys for param in params])
    return index_row("idx_ref", alias, of, test, stretches=stretches)


def _params(criterion: Filter, of: Table) -> list[int]:
    return [hashing.parameter(kind, criterion.param.code) for kind in kinds_of(of)]


def _targets(term: ReferenceTerm, criterion: Filter) -> list[int]:
    if term.url is not None or term.id is None:
        return [hashing.url_key(term.url or "")]
    known = [kind for kind in criterion.param.targets if kind != "Resource"]
    kinds = [term.type] if term.type else known or sorted(spec().types)
    return [hashing.resource_key(kind, term.id) for kind in kinds]


def parent(kind: str) -> str | None:
    """The parameter by which a type refers to what it is a part of; None where it has no parts."""
    for code in PARENTS:
        param = spec().param(kind, code)
        if param is not None and kind in param.targets:
            return code
    return None


def _hierarchy(criterion: Filter, term: ReferenceTerm, of: Table, tables: Tables) -> Sql:
    """Refers to the resource named, to any of its parts (:below), or to any it is part of (:above).

    Each step of the way is inside the scope; who refers to itself is visited once.
    """
    code = criterion.param.code
    if term.type is None or term.id is None:
        raise UnsupportedParameter(f"{code}:{criterion.modifier} takes Type/id")
    link = parent(term.type)
    if link is None:
        raise UnsupportedParameter(f"{code}:{criterion.modifier}: a {term.type} has no parts of its own type")
    step, row, name = tables.resource([term.type]), tables.name(), tables.name()
    ends = ("target", "key") if criterion.modifier == "below" else ("key", "target")
    place = {"target": f"{row}.target", "key": f"{step.alias}.key"}
    walk = (
        sql(
            f"with recursive {name}(key) as (select %s::bigint union select {place[ends[1]]} from {name}"  # noqa: S608
            f" join idx_ref {row} on {row}.param = %s join resource {step.alias} on {step.alias}.rid = {row}.rid"
            f" where {place[ends[0]]} = {name}.key and ",
            hashing.resource_key(term.type, term.id),
            hashing.parameter(term.type, link),
        )
        + step.condition
        + sql(f") select key from {name}")  # noqa: S608
    )
    alias = tables.name()
    test = sql(f"{alias}.param = any(%s::bigint[]) and {alias}.target = any(array(", _params(criterion, of))
    return index_row("idx_ref", alias, of, test + walk + sql("))"))
