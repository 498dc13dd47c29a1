"""What a search asks of terminology, answered before it becomes SQL: `:in`, `:not-in`, `:above` and `:below` of codes.

They become plain lists of codes, inside chains and combinations too. Source: http://hl7.org/fhir/R4/search.html#token.
"""

from collections.abc import Sequence
from dataclasses import replace

from akson.fhir import strict_json
from akson.fhir.model import split_reference
from akson.fhir.search import (
    And,
    Compartment,
    Criterion,
    Filter,
    Has,
    Not,
    Or,
    Query,
    Term,
    TokenTerm,
    UriTerm,
)
from akson.kit.errors import Malformed, NotFound
from akson.store.database.pool import Tx
from akson.store.record import resources
from akson.store.scope import NODE
from akson.store.terms import questions

SETS = frozenset({"in", "not-in"})
HIERARCHIES = frozenset({"above", "below"})


async def resolve(tx: Tx, query: Query) -> Query:
    """The same query without such criteria. Malformed names the value set or code system that is not known;
    TooCostly says that there are too many codes.
    """
    if not any(_asks(criterion) for criterion in query.filters):
        return query
    found = [each if isinstance(each, Compartment) else await _resolved(tx, each) for each in query.filters]
    return replace(query, filters=tuple(found))


def _asks(criterion: Criterion | Compartment) -> bool:
    match criterion:
        case Filter():
            chain = criterion.chain
            return _own(criterion) or (chain is not None and _asks(chain))
        case Has():
            return _asks(criterion.criterion)
        case And(parts) | Or(parts):
            return any(_asks(part) for part in parts)
        case Not(part):
            return _asks(part)
    return False


def _own(criterion: Filter) -> bool:
    return criterion.param.type == "token" and criterion.modifier in SETS | HIERARCHIES


async def _resolved(tx: Tx, criterion: Criterion) -> Criterion:
    match criterion:
        case Filter():
            return await _filter(tx, criterion)
        case Has():
            return replace(criterion, criterion=await _resolved(tx, criterion.criterion))
        case And(parts) | Or(parts):
            return replace(criterion, parts=tuple([await _resolved(tx, part) for part in parts]))
    return Not(await _resolved(tx, criterion.part))


async def _filter(tx: Tx, criterion: Filter) -> Filter:
    if criterion.chain is not None:
        return replace(criterion, chain=await _resolved(tx, criterion.chain))
    if not _own(criterion):
        return criterion
    found: list[Term] = []
    for term in criterion.terms:
        try:
            found += await _codes(tx, criterion.modifier or "", term)
        except NotFound as error:
            name = f"{criterion.param.code}:{criterion.modifier}"
            raise Malformed(f"search parameter {name}: {error.diagnostics}") from error
    return replace(criterion, modifier="not" if criterion.modifier == "not-in" else None, terms=tuple(found))


async def _codes(tx: Tx, modifier: str, term: Term) -> Sequence[Term]:
    if isinstance(term, UriTerm):
        return [TokenTerm(*pair) for pair in await questions.members(tx, await _canonical(tx, term.uri))]
    if not isinstance(term, TokenTerm) or not term.system or not term.code:
        raise NotFound("give system|code, so that it is known which hierarchy is meant")
    related = await (questions.below if modifier == "below" else questions.above)(tx, term.system, term.code)
    # A code that the system does not have stands in no relation but to itself.
    return [TokenTerm(term.system, code) for code in related or [term.code]]


async def _canonical(tx: Tx, uri: str) -> str:
    """The canonical url of a value set that may be named by where it is stored: ValueSet/id."""
    kind, identity = split_reference(uri)
    if kind != "ValueSet" or not identity or not uri.startswith(kind):
        return uri
    stored = await resources.read(tx, NODE, kind, identity)
    url = strict_json.loads(stored.body).get("url") if stored and not stored.deleted else None
    if not url:
        raise NotFound(f"{uri} is not known here, or has no url")
    return str(url)
