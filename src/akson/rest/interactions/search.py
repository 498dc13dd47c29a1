"""search: GET and POST, of one type or of all, one page of matches with what they include.

http://hl7.org/fhir/R4/search.html. The self link says what was executed, not what was asked for.
"""

from dataclasses import replace

from akson.fhir.search import Compartment, Query
from akson.fhir.search_limits import within
from akson.fhir.search_parse import parse
from akson.kit.errors import Issue, Malformed
from akson.record import gate
from akson.record.context import Context
from akson.rest.wire import bundle, outcome, pages, subset
from akson.rest.wire.addresses import address
from akson.rest.wire.http import Answer, Pairs, Request
from akson.store.search.statements import Page

_FORMAT = frozenset({"_format", "_pretty"})


async def search(
    ctx: Context, request: Request, resource_type: str = "", inside: Compartment | None = None
) -> Answer:
    """A searchset, of a whole type or `inside` a compartment; with `_page`, the next page of a posted search."""
    name = request.parameter("_page")
    if name is None:
        return await _searched(ctx, request, resource_type, request.pairs, inside=inside)
    kept = await pages.recall(ctx, resource_type, name)
    mark = [pair for pair in request.pairs if pair[0] == "_cursor"]
    hidden = pages.kept_out(kept)
    return await _searched(ctx, request, resource_type, [*kept, *mark], hidden=hidden, inside=inside)


async def search_posted(
    ctx: Context, request: Request, resource_type: str = "", inside: Compartment | None = None
) -> Answer:
    """The same for a form: parameters of the URL and of the body together."""
    posted = await request.form()
    pairs, hidden = [*request.pairs, *posted], pages.kept_out(posted)
    return await _searched(ctx, request, resource_type, pairs, hidden=hidden, inside=inside)


async def _searched(
    ctx: Context,
    request: Request,
    resource_type: str,
    pairs: Pairs,
    *,
    hidden: frozenset[tuple[str, str]] = frozenset(),
    inside: Compartment | None = None,
) -> Answer:
    lenient = request.prefer.get("handling") == "lenient"
    wanted = [pair for pair in pairs if pair[0] not in _FORMAT]
    known = await ctx.definitions()
    query = within(
        parse(resource_type, wanted, base=request.base, lenient=lenient, known=known), ctx.place.limits
    )
    if inside is not None:
        query = replace(query, filters=(inside, *query.filters))
    if query.summary == "count":
        query = replace(query, count=0, total="accurate")
    if query.summary == "text" and query.includes:
        raise Malformed("_summary=text gives no references, and goes with neither _include nor _revinclude")
    summary = query.summary if query.summary != "count" else None
    shape = subset.shape(query.elements, summary, query.type)
    beside = subset.shape(query.elements, summary, query.type, included=True)
    page = await gate.search(ctx, query)
    base = request.base.encode()
    entries = [bundle.found_entry(base, stored, b"match", shape) for stored in page.matches]
    entries += [bundle.found_entry(base, stored, b"include", beside) for stored in page.included]
    if query.ignored:
        entries.append(_warning(query))
    links = await _links(ctx, request, query, page, hidden)
    made = bundle.assemble("searchset", entries, links=links, total=page.total)
    return Answer(200, made)


async def _links(
    ctx: Context, request: Request, query: Query, page: Page, hidden: frozenset[tuple[str, str]]
) -> list[bundle.Link]:
    path = "/".join([request.base, *_place(query)])
    shown = [pair for pair in query.executed if pair[0] != "_cursor" and pair not in hidden]
    found = address(path, shown)
    links = [("self", found)]
    if not page.next and not query.cursor:
        return links
    if hidden:
        name = request.parameter("_page") or await pages.remember(ctx, query.type, list(query.executed))
        found = address(path, [("_page", name)])
    links.append(("first", found))
    if page.next:
        links.append(("next", f"{found}{'&' if '?' in found else '?'}_cursor={page.next}"))
    return links


def _place(query: Query) -> tuple[str, ...]:
    """The path that was searched, below the base."""
    inside = query.filters[0] if query.filters else None
    if isinstance(inside, Compartment):
        return (inside.type, inside.id, query.type or "*")
    return (query.type,) if query.type else ()


def _warning(query: Query) -> bytes:
    issues = tuple(
        Issue(
            "not-supported", f"The parameter {name[:64]!r} is not known and was ignored", severity="warning"
        )
        for name in query.ignored
    )
    return bundle.outcome_entry(outcome.resource_of(issues))
