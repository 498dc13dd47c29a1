"""$lastn: the latest observations of each code. http://hl7.org/fhir/R4/observation-operation-lastn.html

Besides `max` it takes any criterion of a search for observations; one must say whose they are.
"""

from dataclasses import replace

from akson.fhir.search import Filter, Query
from akson.fhir.search_limits import within
from akson.fhir.search_parse import parse
from akson.kit.errors import Malformed
from akson.record.context import Context
from akson.record.together import latest
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import given_pairs
from akson.rest.wire import bundle, pages, subset
from akson.rest.wire.addresses import address
from akson.rest.wire.http import Answer, Request

_WHOSE = frozenset({"patient", "subject"})
_LARGEST = 100
_NOT_CRITERIA = frozenset({"_format", "_pretty", "max"})


async def lastn(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with a searchset, code by code, the newest first."""
    pairs = await given_pairs(request)
    criteria = [pair for pair in pairs if pair[0] not in _NOT_CRITERIA]
    known = await ctx.definitions()
    query = within(parse(target.type, criteria, base=request.base, known=known), ctx.place.limits)
    if not any(isinstance(each, Filter) and each.param.code in _WHOSE for each in query.filters):
        raise Malformed(
            "Say whose observations: the parameter patient or subject", expression=("Parameters.patient",)
        )
    for name, value in (("_include", query.includes), ("_sort", query.sort), ("_cursor", query.cursor)):
        if value:
            raise Malformed(
                f"$lastn has an order of its own, no pages and no includes: leave out {name}",
                expression=(f"Parameters.{name}",),
            )
    most = _most([value for name, value in pairs if name == "max"])
    found = await latest(ctx, replace(query, count=1), most)
    shape = subset.shape(query.elements, query.summary, query.type)
    base = request.base.encode()
    entries = [bundle.found_entry(base, stored, b"match", shape) for stored in found]
    hidden = pages.kept_out([pair for pair in pairs if pair not in request.pairs])
    url = _self(request, query, most, hidden)
    return Answer(200, bundle.assemble("searchset", entries, total=len(entries), links=[("self", url)]))


def _self(request: Request, query: Query, most: int, hidden: frozenset[tuple[str, str]]) -> str:
    """What was executed, but for what was posted to keep it out of addresses."""
    shown = [pair for pair in query.executed if pair not in hidden and pair[0] != "_count"]
    pairs = [*shown, ("max", str(most))]
    return address(f"{request.base}/{query.type}/$lastn", pairs)


def _most(values: list[str]) -> int:
    if not values:
        return 1
    if len(values) > 1 or not values[0].isdecimal() or not 1 <= int(values[0][:9]) <= _LARGEST:
        raise Malformed(f"max is a whole number from 1 to {_LARGEST}", expression=("Parameters.max",))
    return int(values[0])


OPERATIONS = (
    Operation(
        "lastn",
        "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
        lastn,
        types=frozenset({"Observation"}),
    ),
)
