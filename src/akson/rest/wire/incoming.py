"""What comes in through the door: JSON, of a known type, right in structure, before anything else looks at it."""

import re
from collections.abc import Callable

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.fhir.validate import structure
from akson.kit.errors import Malformed, NotFound, UnknownType, UnsupportedParameter
from akson.rest.wire.http import Request
from akson.rest.wire.negotiate import check_content

Check = Callable[[Resource], None]

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
"""A FHIR id (http://hl7.org/fhir/R4/datatypes.html#id)."""


def known_type(resource_type: str, *, expression: tuple[str, ...] = ()) -> str:
    """The type itself when R4 has it; UnknownType otherwise."""
    if resource_type not in spec().types:
        raise UnknownType(f"R4 has no resource type {resource_type[:64]!r}", expression=expression)
    return resource_type


def given_type(value: str, parameter: str) -> str:
    """A type that a parameter names; UnsupportedParameter otherwise: 404 would say that the place is not there."""
    if value not in spec().types:
        raise UnsupportedParameter(f"R4 has no resource type {value[:64]!r}", expression=(parameter,))
    return value


def check_id(resource_id: str) -> str:
    """The id itself when it is one."""
    if not ID.fullmatch(resource_id):
        raise Malformed("An id is 1 to 64 letters, digits, hyphens and dots")
    return resource_id


def version_number(version: str) -> int:
    """The number of a version as an address has it; NotFound for what none can be called."""
    if not version.isdecimal() or len(version) > 9:
        raise NotFound("No such version")
    return int(version)


def check_structure(resource: Resource) -> None:
    """Malformed with every issue when the resource is not R4 in structure."""
    issues = structure.check(resource)
    if issues:
        raise Malformed(f"Not a valid {resource.get('resourceType')}", issues=tuple(issues))


async def resource_of(request: Request, resource_type: str) -> Resource:
    """The body of a create or update: JSON, of the type that the URL names, right in structure."""
    if request.resource is not None:
        return request.resource
    check_content(request)
    resource = strict_json.loads(await request.body())
    found = resource.get("resourceType") if isinstance(resource, dict) else None
    if found != resource_type:
        raise Malformed(
            f"The URL says {resource_type}, the body says {str(found)[:64]!r}", expression=("Resource",)
        )
    check_structure(resource)
    return resource
