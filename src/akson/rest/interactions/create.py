"""create: a new resource under an id the server gives. http://hl7.org/fhir/R4/http.html#create"""

from akson.fhir.search_limits import within
from akson.record import gate
from akson.record.context import Context
from akson.rest.interactions.condition import condition
from akson.rest.interactions.written import answer
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import resource_of


async def create(ctx: Context, request: Request, resource_type: str) -> Answer:
    """201, or 200 with what is there when If-None-Exist matches it; 412 when that matches several."""
    resource = await resource_of(request, resource_type)
    resource.pop("id", None)
    raw = request.headers.get("if-none-exist")
    query = None
    if raw is not None:
        query = within(await condition(ctx, resource_type, raw, request.base), ctx.place.limits)
    return answer(request, await gate.create(ctx, resource, if_none_exist=query))
