"""read: the current version of one resource. http://hl7.org/fhir/R4/http.html#read"""

from akson.record import gate
from akson.record.context import Context
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id
from akson.rest.wire.subset import of_body
from akson.rest.wire.versions import headers, not_modified


async def read(ctx: Context, request: Request, resource_type: str, resource_id: str) -> Answer:
    """200 with the stored bytes, 304 when the client has them, 404 absent or hidden, 410 deleted."""
    stored = await gate.read(ctx, resource_type, check_id(resource_id))
    return not_modified(request, stored) or Answer(
        200, of_body(request, stored.body, resource_type), headers(stored)
    )
