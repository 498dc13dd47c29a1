"""delete: mark as deleted; the history stays. http://hl7.org/fhir/R4/http.html#delete"""

from akson.kit.errors import VersionMismatch
from akson.record import gate
from akson.record.context import Context
from akson.rest.interactions.condition import matches, of_pairs
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id
from akson.rest.wire.outcome import said
from akson.rest.wire.versions import etag, expected


async def delete(ctx: Context, request: Request, resource_type: str, resource_id: str) -> Answer:
    """204, also when there was nothing to delete; 412 when If-Match names another version."""
    if_match = expected(request.headers.get("if-match"))
    stored = await gate.delete(ctx, resource_type, check_id(resource_id), if_match=if_match)
    headers = {"etag": etag(stored.version)} if stored else {}
    if request.prefer.get("return") == "OperationOutcome":
        answer = said(200, "Deleted" if stored else "There was nothing to delete")
        answer.headers.update(headers)
        return answer
    return Answer(204, b"", headers)


async def conditional_delete(ctx: Context, request: Request, resource_type: str) -> Answer:
    """Delete what the criteria match, all in this transaction; 204 also when that is nothing; 412 when it is more than
    the node allows (setting `conditional_deletes`), and then none is deleted.
    """
    query = await of_pairs(ctx, resource_type, request.pairs, request.base)
    found = await matches(ctx, query, ctx.place.limits.conditional_deletes, hold=True)
    if len(found) == 1:
        return await delete(ctx, request, resource_type, found[0].id)
    if request.headers.get("if-match") is not None:
        raise VersionMismatch("If-Match is about one resource; the criteria match another number")
    for stored in found:
        await gate.delete(ctx, resource_type, stored.id)
    if request.prefer.get("return") == "OperationOutcome":
        return said(200, f"Deleted {len(found)} resources")
    return Answer(204)
