"""vread: one version of one resource. http://hl7.org/fhir/R4/http.html#vread"""

from akson.record import gate
from akson.record.context import Context
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id, version_number
from akson.rest.wire.subset import of_body
from akson.rest.wire.versions import headers, not_modified


async def vread(ctx: Context, request: Request, resource_type: str, resource_id: str, version: str) -> Answer:
    """200 with that version's bytes; 304 when the client has it; 404 when there is none, 410 when that version is the deletion."""
    stored = await gate.vread(ctx, resource_type, check_id(resource_id), version_number(version))
    found = not_modified(request, stored)
    return found or Answer(200, of_body(request, stored.body, resource_type), headers(stored))
