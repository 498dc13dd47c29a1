"""Conditions of conditional interactions: search criteria that name one resource at most.

http://hl7.org/fhir/R4/http.html#cond-update
"""

from collections.abc import Sequence
from dataclasses import replace

from akson.fhir.search import Query
from akson.fhir.search_limits import within
from akson.fhir.search_parse import parse
from akson.kit.errors import MultipleMatches, Unprocessable
from akson.record import gate
from akson.record.context import Context
from akson.rest.wire.http import Pairs, pairs_of
from akson.store.record.resources import Stored

_GENERAL = frozenset({"_format", "_pretty", "_summary", "_elements"})


async def condition(ctx: Context, resource_type: str, raw: str, base: str) -> Query:
    """The query of If-None-Exist and the like, e.g. `identifier=http://x|1`; a leading `Type?` is allowed.

    Unprocessable when nothing is left to search by: a condition that matches everything is a mistake.
    """
    criteria = raw.strip().removeprefix(resource_type).removeprefix("?")
    return await of_pairs(ctx, resource_type, pairs_of(criteria.encode()), base)


async def of_pairs(ctx: Context, resource_type: str, pairs: Pairs, base: str) -> Query:
    """The query of a conditional URL."""
    wanted = [pair for pair in pairs if pair[0] not in _GENERAL]
    query = parse(resource_type, wanted, base=base, known=await ctx.definitions())
    if not query.filters:
        raise Unprocessable("A condition needs at least one search criterion")
    return replace(query, includes=(), sort=(), count=2, cursor=None, total="none", summary=None, elements=())


async def only_match(ctx: Context, query: Query, *, hold: bool = False) -> Stored | None:
    """The one match, None when there is none; MultipleMatches when there are several.

    With `hold`, nobody else decides on the same condition until this transaction ends.
    """
    found = await matches(ctx, query, 1, hold=hold)
    return found[0] if found else None


async def matches(ctx: Context, query: Query, most: int, *, hold: bool = False) -> Sequence[Stored]:
    """All matches, at most so many; MultipleMatches when there are more. `hold` as in `only_match`."""
    within(query, ctx.place.limits)
    if hold:
        await gate.hold(ctx, query)
    page = await gate.search(ctx, replace(query, count=most + 1))
    if len(page.matches) > most:
        what = "one resource" if most == 1 else f"{most} resources"
        raise MultipleMatches(f"The condition matches more than {what}")
    return page.matches
