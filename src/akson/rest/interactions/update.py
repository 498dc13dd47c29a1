"""update: a new version under a known id, or a new resource under the id the client chose.

http://hl7.org/fhir/R4/http.html#update
"""

from collections.abc import Mapping

from akson.fhir.model import Resource, reference
from akson.kit.errors import Conflict, Malformed, VersionMismatch
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.context import Context
from akson.rest.interactions.condition import of_pairs, only_match
from akson.rest.interactions.written import answer
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id, resource_of
from akson.rest.wire.versions import expected
from akson.store.record.resources import Stored


async def update(ctx: Context, request: Request, resource_type: str, resource_id: str) -> Answer:
    """200, or 201 when new; 400 when the ids differ; 412 when If-Match names another version."""
    resource = await resource_of(request, resource_type)
    check_same_id(resource, check_id(resource_id))
    if_match = await version_wanted(ctx, request.headers, resource)
    return answer(request, await gate.update(ctx, resource, if_match=if_match))


async def conditional_update(ctx: Context, request: Request, resource_type: str) -> Answer:
    """Update of the one resource that the criteria match; create where none does; 412 where several do; 409 where none
    does, and the id of the body is in use.
    """
    resource = await resource_of(request, resource_type)
    query = await of_pairs(ctx, resource_type, request.pairs, request.base)
    found = await only_match(ctx, query, hold=True)
    is_fresh = await settle_id(ctx, resource, found)
    if_match = await version_wanted(ctx, request.headers, resource)
    if is_fresh and not if_match:
        return answer(request, await gate.create(ctx, resource))
    return answer(request, await gate.update(ctx, resource, if_match=if_match))


async def version_wanted(ctx: Context, headers: Mapping[str, str], resource: Resource) -> int | None:
    """What If-Match and If-None-Match say of the present version: its number, 0 for none, None for any or none.

    VersionMismatch when there must be one (If-Match: *) and is not.
    """
    if headers.get("if-none-match", "").strip() == "*":
        return 0
    wanted = headers.get("if-match")
    if wanted is not None and wanted.strip() == "*":
        present = await gate.version_of(ctx, resource["resourceType"], resource["id"])
        if present is None:
            raise VersionMismatch(f"{reference(resource)} is not there")
    return expected(wanted)


def check_same_id(resource: Resource, resource_id: str) -> None:
    """The body must say the id that the URL says."""
    if resource.get("id") != resource_id:
        raise Malformed(
            "The id of the body must be the id of the URL", expression=(f"{resource['resourceType']}.id",)
        )


async def settle_id(ctx: Context, resource: Resource, found: Stored | None) -> bool:
    """Give the resource the id of the match, its own, or a new one (R4 http.html#cond-update); whether it is a new one.

    Malformed when its own is another than that of the match, Conflict when nothing matches and its own is in use.
    """
    own = resource.get("id")
    matched = found.id if found else None
    if matched is None and own and await gate.version_of(ctx, resource["resourceType"], own) is not None:
        raise Conflict(
            "The criteria match nothing, and the id of the body is that of another resource",
            expression=(f"{resource['resourceType']}.id",),
        )
    if matched is not None and own not in (None, matched):
        raise Malformed(
            "The id of the body is not the id of the resource that the criteria match",
            expression=(f"{resource['resourceType']}.id",),
        )
    resource["id"] = matched or own or new_id()
    return not matched and not own
