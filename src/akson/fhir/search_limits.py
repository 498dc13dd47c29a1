"""Whether a search asks for more than a node lets one search ask for."""

from dataclasses import replace

from akson.fhir.search import And, Compartment, Criterion, Filter, Has, Not, Or, Query
from akson.kit.errors import TooCostly
from akson.kit.limits import Limits, beyond

EXACT = frozenset({None, "not", "identifier", "of-type"})
"""Modifiers with which the values of a code, reference or uri are looked up as they are."""


def within(query: Query, limits: Limits) -> Query:
    """The query, with a page no larger than the largest. Raises TooCostly, naming the limit that is crossed."""
    if len(query.includes) > limits.search_includes:
        raise _refused("includes of one search", len(query.includes), "search_includes", limits)
    links = sum(_links(part, limits, 0) for part in query.filters)
    if links > limits.search_links:
        raise _refused("links of chains and of _has in one search", links, "search_links", limits)
    if query.count <= limits.search_page:
        return query
    size = limits.search_page
    executed = tuple((name, str(size) if name == "_count" else value) for name, value in query.executed)
    return replace(query, count=size, executed=executed)


def _links(part: Criterion | Compartment, limits: Limits, depth: int) -> int:
    """How many references the criterion follows."""
    match part:
        case Filter(chain=None):
            name = "search_values" if _looked_up(part) else "search_ranges"
            if len(part.terms) > getattr(limits, name):
                what = f"values of {part.param.code} of which one must match"
                raise _refused(what, len(part.terms), name, limits)
            return 0
        case Filter(chain=inner) | Has(criterion=inner) if inner is not None:
            if depth == limits.search_depth:
                raise _refused("links of one chain", depth + 1, "search_depth", limits)
            return 1 + _links(inner, limits, depth + 1)
        case And(parts) | Or(parts):
            return sum(_links(inner, limits, depth) for inner in parts)
        case Not(inner):
            return _links(inner, limits, depth)
    return 0


def _looked_up(criterion: Filter) -> bool:
    """Whether each value is one look into an index; others are compared, or are ranges to walk along."""
    return criterion.param.type in {"token", "reference", "uri"} and criterion.modifier in EXACT


def _refused(what: str, found: int, name: str, limits: Limits) -> TooCostly:
    return TooCostly(beyond(what, found, name, getattr(limits, name)))
