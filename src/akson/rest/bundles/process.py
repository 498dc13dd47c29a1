"""POST to the base: a Bundle of type transaction or batch. http://hl7.org/fhir/R4/http.html#transaction"""

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.errors import Malformed, TooCostly
from akson.kit.limits import beyond
from akson.record.context import Context
from akson.rest.bundles.batch import batch
from akson.rest.bundles.transaction import Dispatch, transaction
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.negotiate import check_content

_KINDS = {"transaction": transaction, "batch": batch}


async def process(ctx: Context, request: Request, dispatch: Dispatch) -> Answer:
    """Do what the Bundle of the body asks for."""
    check_content(request)
    return await execute(ctx, request, strict_json.loads(await request.body()), dispatch)


async def execute(ctx: Context, request: Request, resource: Resource, dispatch: Dispatch) -> Answer:
    """Do what a Bundle asks for. Malformed when it is not a Bundle of these types."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "Bundle":
        raise Malformed(
            "The base takes a Bundle; one resource is posted to its type", expression=("Resource",)
        )
    kind = resource.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Malformed("The base takes a Bundle of type transaction or batch", expression=("Bundle.type",))
    entries = resource.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Malformed("Bundle.entry is a list of entries", expression=("Bundle.entry",))
    most = ctx.place.limits.bundle_entries
    if len(entries) > most:
        raise TooCostly(
            beyond("entries of the Bundle", len(entries), "bundle_entries", most),
            expression=("Bundle.entry",),
        )
    return await _KINDS[kind](ctx, request, resource, dispatch)
