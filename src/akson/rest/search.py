"""search: GET and POST, of one type or of all, one page of matches with what they include.

http://hl7.org/fhir/R4/search.html. The self link says what was executed, not what was asked for.
"""

from dataclasses import replace
from urllib.parse import quote, urlencode

from akson.fhir.search import Query
from akson.fhir.search_parse import parse
from akson.kit.errors import Issue
from akson.record import gate
from akson.record.context import Context
from akson.rest import bundle, outcome, subset
from akson.rest.http import Answer, Pairs, Request
from akson.rest.incoming import known_type
from akson.store.search_sql import Page

_FORMAT = frozenset({"_format", "_pretty"})


async def search(ctx: Context, request: Request, resource_type: str = "") -> Answer:
    """A searchset."""
    return await _searched(ctx, request, resource_type, request.pairs)


async def search_posted(ctx: Context, request: Request, resource_type: str = "") -> Answer:
    """The same for a form: parameters of the URL and of the body together."""
    return await _searched(ctx, request, resource_type, [*request.pairs, *await request.form()])


async def _searched(ctx: Context, request: Request, resource_type: str, pairs: Pairs) -> Answer:
    lenient = request.prefer.get("handling") == "lenient"
    wanted = [pair for pair in pairs if pair[0] not in _FORMAT]
    if not resource_type:
        resource_type, wanted = _of_one_type(wanted)
    query = parse(resource_type, wanted, base=request.base, lenient=lenient)
    if query.summary == "count":
        query = replace(query, count=0, total="accurate")
    shape = subset.shape(query.elements, query.summary if query.summary != "count" else None)
    page = await gate.search(ctx, query)
    base = request.base.encode()
    entries = [bundle.found_entry(base, stored, b"match", shape) for stored in page.matches]
    entries += [bundle.found_entry(base, stored, b"include", shape) for stored in page.included]
    if query.ignored:
        entries.append(_warning(query))
    made = bundle.assemble("searchset", entries, links=_links(request.base, query, page), total=page.total)
    return Answer(200, subset.pretty(request, made))


def _of_one_type(pairs: Pairs) -> tuple[str, Pairs]:
    """A search of all types that `_type` narrows to one is the search of that type."""
    types = [value for name, value in pairs if name == "_type"]
    if len(types) != 1 or "," in types[0]:
        return "", pairs
    return known_type(types[0]), [pair for pair in pairs if pair[0] != "_type"]


def _links(base: str, query: Query, page: Page) -> list[bundle.Link]:
    path = f"{base}/{query.type}" if query.type else base
    links = [("self", _url(path, query.executed))]
    if page.next:
        rest = tuple(pair for pair in query.executed if pair[0] != "_cursor")
        links.append(("next", _url(path, (*rest, ("_cursor", page.next)))))
    return links


def _url(path: str, pairs: tuple[tuple[str, str], ...]) -> str:
    # Commas, bars and colons are legal in a query and are what people read in a FHIR search.
    return f"{path}?{urlencode(pairs, safe=':/|,', quote_via=quote)}" if pairs else path


def _warning(query: Query) -> bytes:
    issues = tuple(
        Issue(
            "not-supported", f"The parameter {name[:64]!r} is not known and was ignored", severity="warning"
        )
        for name in query.ignored
    )
    return bundle.outcome_entry(outcome.resource_of(issues))
