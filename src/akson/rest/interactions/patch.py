"""patch: change a resource by a description of the change, as JSON Patch or FHIRPath Patch.

http://hl7.org/fhir/R4/http.html#patch
"""

import base64
import binascii
from typing import Any

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.patch import Patch, fhirpath_patch, json_patch
from akson.kit.errors import Malformed, NotFound, Unprocessable, UnsupportedMedia
from akson.record.context import Context
from akson.rest.interactions.change import change
from akson.rest.interactions.condition import of_pairs, only_match
from akson.rest.interactions.written import answer
from akson.rest.wire.http import FHIR_JSON, FHIR_XML, JSON_TYPES, Answer, Request
from akson.rest.wire.incoming import check_id, check_structure
from akson.rest.wire.versions import expected

JSON_PATCH = "application/json-patch+json"
FORMATS = (JSON_PATCH, FHIR_JSON, FHIR_XML)
"""What a patch may be written in, for the CapabilityStatement."""


async def patch(ctx: Context, request: Request, resource_type: str, resource_id: str) -> Answer:
    """200 with the new version; 422 and nothing changed when an operation cannot be done or the result is not valid."""
    alter = await _patch_of(request)
    if_match = expected(request.headers.get("if-match"))
    return answer(request, await change(ctx, resource_type, check_id(resource_id), alter, if_match=if_match))


async def conditional_patch(ctx: Context, request: Request, resource_type: str) -> Answer:
    """The same for the one resource that the criteria match; 404 when none does, 412 when several do."""
    found = await only_match(ctx, await of_pairs(ctx, resource_type, request.pairs, request.base), hold=True)
    if found is None:
        raise NotFound("The criteria match nothing to patch")
    return await patch(ctx, request, resource_type, found.id)


async def _patch_of(request: Request) -> Patch:
    if request.resource is not None:
        return patch_of(request.resource)
    if request.media == JSON_PATCH:
        return checked(json_patch.read(strict_json.loads_any(await request.body())))
    if request.media in JSON_TYPES:
        parameters = strict_json.loads(await request.body())
        check_structure(parameters)
        if parameters["resourceType"] == "Parameters":
            return patch_of(parameters)
        raise Malformed("A FHIRPath Patch is a Parameters resource", expression=("Resource",))
    raise UnsupportedMedia(f"A patch is {JSON_PATCH}, or a Parameters resource as {FHIR_JSON}")


def patch_of(resource: Resource, place: str = "") -> Patch:
    """The patch that a resource stands for: Parameters are FHIRPath Patch, a Binary holds a JSON Patch.

    `place` is where the resource stands in a Bundle.
    """
    if resource["resourceType"] == "Parameters":
        return checked(fhirpath_patch.read(resource))
    if resource["resourceType"] == "Binary":
        if resource.get("contentType", "").partition(";")[0].strip() != JSON_PATCH:
            raise Malformed(
                f"A Binary with a patch says {JSON_PATCH}", expression=(f"{place or 'Binary'}.contentType",)
            )
        return checked(json_patch.read(strict_json.loads_any(_bytes(resource))))
    raise Malformed(
        "A patch is a Parameters resource, or in a Bundle a Binary too", expression=(place or "Resource",)
    )


def _bytes(binary: Resource) -> bytes:
    try:
        return base64.b64decode(binary.get("data", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("The data of the Binary is base64", expression=("Binary.data",)) from error


def checked(patch: Patch) -> Patch:
    """The patch with what its result must be: the same resource still, and right in structure."""

    def apply(resource: Resource) -> Resource:
        made: dict[str, Any] = patch(resource)
        for name in ("resourceType", "id"):
            if made.get(name) != resource[name]:
                raise Unprocessable(
                    f"A patch cannot change {name}", expression=(f"{resource['resourceType']}.{name}",)
                )
        try:
            check_structure(made)
        except Malformed as error:
            raise Unprocessable("The patch leaves no valid resource", issues=error.issues) from error
        return made

    return apply
