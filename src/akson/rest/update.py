"""update: a new version under a known id, or a new resource under the id the client chose.

http://hl7.org/fhir/R4/http.html#update
"""

from akson.fhir.model import Resource
from akson.kit.errors import Malformed
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.context import Context
from akson.rest.condition import of_pairs, only_match
from akson.rest.http import Answer, Request
from akson.rest.incoming import check_id, resource_of
from akson.rest.versions import expected
from akson.rest.written import answer


async def update(ctx: Context, request: Request, resource_type: str, resource_id: str) -> Answer:
    """200, or 201 when new; 400 when the ids differ; 412 when If-Match names another version."""
    resource = await resource_of(request, resource_type)
    check_same_id(resource, check_id(resource_id))
    if_match = expected(request.headers.get("if-match"))
    if request.headers.get("if-none-match", "").strip() == "*":
        if_match = 0
    return answer(request, await gate.update(ctx, resource, if_match=if_match))


async def conditional_update(ctx: Context, request: Request, resource_type: str) -> Answer:
    """Update of the one resource that the criteria match; create where none does; 412 where several do."""
    resource = await resource_of(request, resource_type)
    query = await of_pairs(ctx, resource_type, request.pairs, request.base)
    if_match = expected(request.headers.get("if-match"))
    found = await only_match(ctx, query, hold=True)
    choose_id(resource, found.id if found else None)
    return answer(request, await gate.update(ctx, resource, if_match=if_match))


def check_same_id(resource: Resource, resource_id: str) -> None:
    """The body must say the id that the URL says."""
    if resource.get("id") != resource_id:
        raise Malformed(
            "The id of the body must be the id of the URL", expression=(f"{resource['resourceType']}.id",)
        )


def choose_id(resource: Resource, matched: str | None) -> None:
    """Give the resource the id of the match, its own, or a new one; Malformed when its own is another than the match."""
    own = resource.get("id")
    if matched is not None and own not in (None, matched):
        raise Malformed(
            "The id of the body is not the id of the resource that the criteria match",
            expression=(f"{resource['resourceType']}.id",),
        )
    resource["id"] = matched or own or new_id()
