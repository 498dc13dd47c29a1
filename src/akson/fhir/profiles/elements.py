"""The elements below one element, each with its place; and what a reference leads to within one resource or Bundle."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from akson.fhir.fhirpath.values import Node, member, root
from akson.fhir.model import Resource, split_reference
from akson.fhir.spec import spec
from akson.fhir.validate.report import Place


class At(NamedTuple):
    """An element and where it is."""

    node: Node
    place: Place


def below(at: At, name: str) -> list[At]:
    """The elements of that name below one."""
    found = member(at.node, name)
    if not found:
        return []
    table = spec().table("Element" if type(at.node.value) is not dict else at.node.type)
    element = table.elements.get(name) if table else None
    many = element is not None and element.many
    choice = element is not None and element.choice
    return [
        At(node, (at.place, f"{name}.ofType({node.type})" if choice else name, number if many else -1))
        for number, node in enumerate(found)
    ]


class Surroundings:
    """What references can lead to without leaving what is validated: contained resources and entries of a Bundle."""

    def __init__(self, whole: Resource) -> None:
        self.whole = whole
        self._entries: dict[str, Resource] = dict(_entries(whole))
        self._containers = {
            id(inner): outer
            for outer in (whole, *self._entries.values())
            for inner in outer.get("contained", ())
        }

    def container(self, resource: Resource) -> Resource:
        """What contains a resource, or the resource itself."""
        return self._containers.get(id(resource), resource)

    def resolve(self, reference: Any, resource: Resource) -> Node | None:
        """The resource that a Reference in `resource` names, if it is here."""
        literal = reference.get("reference", "") if isinstance(reference, dict) else reference
        if not isinstance(literal, str) or not literal:
            return None
        if literal == "#":
            return root(self.container(resource))
        if literal.startswith("#"):
            inside = [
                each
                for each in self.container(resource).get("contained", ())
                if each.get("id") == literal[1:]
            ]
            return root(inside[0]) if inside else None
        found = self._entries.get(literal.partition("/_history/")[0])
        return root(found) if found else None


def _entries(whole: Resource) -> Iterator[tuple[str, Resource]]:
    for entry in whole.get("entry", ()) if whole.get("resourceType") == "Bundle" else ():
        resource = entry.get("resource")
        if not resource:
            continue
        if "id" in resource:
            yield f"{resource['resourceType']}/{resource['id']}", resource
        if entry.get("fullUrl"):
            yield entry["fullUrl"], resource


def type_named(reference: Resource, whole: Resource) -> str:
    """The type of the resource that a Reference names; empty where it cannot be told."""
    literal = reference.get("reference", "")
    if literal == "#":
        return str(whole["resourceType"])
    if literal.startswith("#"):
        inside = [each for each in whole.get("contained", ()) if each.get("id") == literal[1:]]
        return str(inside[0]["resourceType"]) if inside else ""
    return split_reference(literal)[0] or str(reference.get("type", ""))
