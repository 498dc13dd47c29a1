"""delete: mark as deleted; the history stays. http://hl7.org/fhir/R4/http.html#delete"""

from akson.record import gate
from akson.record.context import Context
from akson.rest.condition import of_pairs, only_match
from akson.rest.http import Answer, Request
from akson.rest.incoming import check_id
from akson.rest.outcome import said
from akson.rest.versions import etag, expected


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
    """Delete the one resource that the criteria match; 204 when none does, 412 when several do."""
    found = await only_match(ctx, await of_pairs(ctx, resource_type, request.pairs, request.base), hold=True)
    return await delete(ctx, request, resource_type, found.id) if found else Answer(204)
