"""What FHIR adds to FHIRPath. Source: http://hl7.org/fhir/R4/fhirpath.html#functions."""

from typing import Any

from akson.fhir.fhirpath.functions.registry import function
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.runtime import Env, single
from akson.fhir.fhirpath.values import Collection, Node, is_type, member, system
from akson.fhir.model import split_reference
from akson.fhir.spec import spec


@function("extension", 1)
def extension(_env: Env, focus: Collection, url: Collection) -> Collection:
    wanted = single(url, str)
    return [
        found
        for item in focus
        if type(item) is Node
        for found in member(item, "extension")
        if found.value.get("url") == wanted
    ]


@function("hasExtension", 1)
def has_extension(env: Env, focus: Collection, url: Collection) -> Collection:
    return [bool(extension(env, focus, url))]


@function("conformsTo", 1)
def conforms_to(_env: Env, focus: Collection, url: Collection) -> Collection:
    """Whether a resource is of the type that a base definition of R4 defines. Other profiles are not known here."""
    wanted = single(url, str)
    if not focus or wanted is None:
        return []
    name = wanted.removeprefix("http://hl7.org/fhir/StructureDefinition/")
    if name not in spec().types:
        raise FHIRPathError("conformsTo knows the base definitions of R4 only")
    return [all(is_type(item, name) for item in focus)]


@function("resolve")
def resolve(env: Env, focus: Collection) -> Collection:
    """The resource a reference names: a contained one whole, one elsewhere as its type and id."""
    found: Collection = []
    for item in focus:
        value = system(item)
        literal = value.value.get("reference", "") if type(value) is Node else value
        made = _resolved(env, literal, value) if isinstance(literal, str) else None
        if made is not None:
            found.append(made)
    return found


def _resolved(env: Env, literal: str, reference: Any) -> Node | None:
    whole = env.resource.value
    if literal == "#":
        return env.resource
    if literal.startswith("#"):
        env.budget.spend(len(whole.get("contained", ())))
        inside = [x for x in whole.get("contained", ()) if x.get("id") == literal[1:]]
        return Node(inside[0], inside[0]["resourceType"]) if inside else None
    kind, key = split_reference(literal)
    if not kind and type(reference) is Node:
        kind = reference.value.get("type", "")
    return Node({"resourceType": kind, "id": key}, kind) if kind else None
