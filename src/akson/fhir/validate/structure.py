"""Structural validation at the door: is this the R4 resource that it says it is?

First a compiled JSON Schema of its type, which most resources pass in microseconds; the walk explains the rest.
Not here: invariants, terminology, profiles.
"""

from collections.abc import Iterator
from functools import cache

import jsonschema_rs
import orjson

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.fhir.validate.schema import schema_of
from akson.fhir.validate.walk import Walk
from akson.kit.errors import Issue

__all__ = ["check"]


def check(resource: Resource) -> list[Issue]:
    """The structural faults of a resource and of those inside it, each with its FHIRPath; none: it is valid."""
    if _passes(resource):
        return []
    walk = Walk(spec())
    walk.resource(resource, "")
    return walk.issues


@cache
def _validator(kind: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(schema_of(kind, spec()), pattern_options=jsonschema_rs.RegexOptions())


def _passes(resource: Resource) -> bool:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in spec().types:
        return False
    if not _fits(kind, resource):
        plain = orjson.loads(strict_json.dumps(resource))  # without numbers that carry their digits
        if not _fits(kind, plain):
            return False
    return all(_passes(inner) for inner in _inside(resource, kind))


def _fits(kind: str, resource: Resource) -> bool:
    try:
        return _validator(kind).is_valid(resource)
    except ValueError:  # a number that carries its digits stands where a text must
        return False


def _inside(resource: Resource, kind: str) -> Iterator[Resource]:
    """The resources inside a resource whose own shape is valid."""
    yield from resource.get("contained", ())
    if kind == "Bundle":
        for entry in resource.get("entry", ()):
            if "resource" in entry:
                yield entry["resource"]
            if "outcome" in entry.get("response", ()):
                yield entry["response"]["outcome"]
    elif kind == "Parameters":
        yield from _of_parameters(resource.get("parameter", ()))


def _of_parameters(parameters: list[Resource]) -> Iterator[Resource]:
    for parameter in parameters:
        if "resource" in parameter:
            yield parameter["resource"]
        yield from _of_parameters(parameter.get("part", []))
