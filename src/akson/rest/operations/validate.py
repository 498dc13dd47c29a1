"""$validate: whether a resource could be stored, is right, or conforms to a profile.

http://hl7.org/fhir/R4/resource-operation-validate.html. The answer is 200 and an OperationOutcome, whatever it says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.kit.errors import AksonError, Issue, Malformed
from akson.record import gate
from akson.record.context import Context
from akson.record.validation import issues
from akson.rest.operations.operation import ANY, Operation, Target
from akson.rest.operations.parameters import GENERAL, Given, unknown, value_of
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id
from akson.rest.wire.negotiate import check_content
from akson.rest.wire.outcome import resource_of
from akson.security.actor import Action

MODES = ("create", "update", "delete", "profile")
_ACTIONS = {"create": Action.CREATE, "update": Action.UPDATE, "delete": Action.DELETE}
_NAMES = frozenset({"resource", "mode", "profile"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What the call asks."""

    resource: Resource | None = None
    mode: str = ""
    profiles: tuple[str, ...] = ()


async def validate(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with what was found, or with the one issue that nothing is wrong."""
    asked = await _asked(request)
    found = await _found(ctx, asked, target)
    if not found:
        found = [Issue("informational", "Nothing is wrong with it", severity="information")]
    return Answer(200, orjson.dumps(resource_of(tuple(found))))


async def _found(ctx: Context, asked: Asked, target: Target) -> list[Issue]:
    found = _allowed(ctx, asked.mode, target)
    if asked.mode == "delete":
        if not target.id:
            raise Malformed(
                "mode=delete asks about an instance: [type]/[id]/$validate", expression=("Parameters.mode",)
            )
        return found or await _missing(ctx, target)
    resource = asked.resource
    if resource is None:
        if not target.id:
            raise Malformed("The parameter resource is required", expression=("Parameters.resource",))
        resource = strict_json.loads((await gate.read(ctx, target.type, check_id(target.id))).body)
    if asked.mode == "profile" and not asked.profiles:
        raise Malformed("mode=profile needs the parameter profile", expression=("Parameters.profile",))
    found += _addressed(resource, asked, target)
    return found + await issues(ctx, resource, asked.profiles)


def _allowed(ctx: Context, mode: str, target: Target) -> list[Issue]:
    action = _ACTIONS.get(mode)
    if action is None or gate.may(ctx, action, target.type):
        return []
    return [Issue("forbidden", f"You may not {mode} a {target.type} here")]


async def _missing(ctx: Context, target: Target) -> list[Issue]:
    """Whether there is something to delete."""
    try:
        await gate.read(ctx, target.type, check_id(target.id))
    except AksonError as error:
        if error.status not in {404, 410}:
            raise
        return list(error.issues)
    return []


def _addressed(resource: Resource, asked: Asked, target: Target) -> list[Issue]:
    """That the resource is what the address says."""
    kind, key = resource.get("resourceType"), resource.get("id")
    if kind != target.type:
        said = f"The URL says {target.type}, the body says {str(kind)[:64]!r}"
        return [Issue("structure", said, ("Resource",))]
    if asked.mode == "update" and target.id and key != target.id:
        return [Issue("value", f"{kind}.id: an update needs the id of the address", (f"{kind}.id",))]
    return []


async def _asked(request: Request) -> Asked:
    """The parameters. A resource inside is taken as it is: what is wrong with it is the answer, not an error."""
    values: dict[str, list[Any]] = {}
    for name, value in request.pairs:
        if name not in GENERAL:
            values.setdefault(name, []).append(value)
    body = await _body(request)
    if body is not None and body.get("resourceType") == "Parameters" and _is_call(body):
        for name, value in _of_parameters(body):
            values.setdefault(name, []).append(value)
    elif body is not None:
        values["resource"] = [body]
    unknown(request, values, _NAMES)
    given = Given(values)
    mode, resource = given.text("mode") or "", given.one("resource")
    if mode and mode not in MODES:
        raise Malformed(f"The parameter mode is one of {', '.join(MODES)}", expression=("Parameters.mode",))
    if resource is not None and not isinstance(resource, dict):
        raise Malformed("The parameter resource is a resource", expression=("Parameters.resource",))
    return Asked(resource, mode, tuple(given.texts("profile")))


async def _body(request: Request) -> Resource | None:
    if request.resource is not None:
        return request.resource
    if request.method != "POST" or not await request.body():
        return None
    check_content(request)
    found = strict_json.loads(await request.body())
    if not isinstance(kind := found.get("resourceType"), str) or kind not in spec().types:
        raise Malformed("The body is a resource or a Parameters resource", expression=("Resource",))
    return found


def _is_call(body: Resource) -> bool:
    """Whether a Parameters resource is the parameters of this call, not a resource to be validated."""
    rows = body.get("parameter")
    return isinstance(rows, list) and any(
        isinstance(row, dict) and isinstance(row.get("name"), str) and row["name"] in _NAMES for row in rows
    )


def _of_parameters(body: Resource) -> Iterator[tuple[str, Any]]:
    for number, row in enumerate(body["parameter"]):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            place = f"Parameters.parameter[{number}]"
            raise Malformed(f"{place}: a parameter has a name", expression=(f"{place}.name",))
        yield row["name"], value_of(row)


OPERATIONS = (
    Operation(
        "validate",
        "http://hl7.org/fhir/OperationDefinition/Resource-validate",
        validate,
        types=ANY,
        instances=ANY,
    ),
)
