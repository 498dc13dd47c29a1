"""$document: a composition with all that it refers to, as a document Bundle, kept where the client asks for that.

http://hl7.org/fhir/R4/composition-operation-document.html, documents.html
"""

from akson.fhir import strict_json
from akson.fhir.model import Resource, reference_here
from akson.kit.clock import instant, now
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.kit.ids import new_id
from akson.record import gate
from akson.record.context import Context
from akson.record.together import with_references
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import given
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id
from akson.rest.wire.versions import headers, location


async def document(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with the Bundle; with `persist`, 201 with it as it is kept."""
    values = await given(request, ("id", "persist", "graph"))
    if values.one("graph") is not None:
        raise UnsupportedParameter(
            "No GraphDefinition is followed: leave out graph", expression=("Parameters.graph",)
        )
    resource_id = target.id or _named(values.text("id") or "", request.base)
    persist = values.flag("persist")
    if persist and request.method != "POST":
        raise Malformed("A document is kept with POST", expression=("Parameters.persist",))
    found = await with_references(ctx, "Composition", check_id(resource_id))
    made = _bundle([(f"{request.base}/{each.reference}", strict_json.loads(each.body)) for each in found])
    if not persist:
        return Answer(200, strict_json.dumps(made))
    written = await gate.create(ctx, made)
    where = headers(written.stored) | {"location": location(request.base, written.stored)}
    return Answer(201, written.stored.body, where)


def _named(said: str, base: str) -> str:
    """The id of the Composition: said alone, or as a reference to one of this server."""
    kind, key = ("Composition", said) if "/" not in said else reference_here(said, base)
    if kind != "Composition" or not key:
        raise Malformed("The parameter id names a Composition of this server", expression=("Parameters.id",))
    return key


def _bundle(entries: list[tuple[str, Resource]]) -> Resource:
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{new_id()}"},
        "type": "document",
        "timestamp": instant(now()),
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
    }


OPERATIONS = (
    Operation(
        "document",
        "http://hl7.org/fhir/OperationDefinition/Composition-document",
        document,
        types=frozenset({"Composition"}),
        instances=frozenset({"Composition"}),
    ),
)
