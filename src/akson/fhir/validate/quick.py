"""Invariants that nearly every resource meets many times, as plain functions: what their expressions say, faster.

A test holds each against its expression. Also those that ask about the whole resource, where R4's expression walks
all of it once for each contained resource.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from akson.fhir.fhirpath.values import Node

Quick = Callable[[Node, Node], bool]
"""(the element, the resource that contains all) to whether the invariant holds."""


def _value(node: Node) -> dict[str, Any]:
    return node.value if type(node.value) is dict else {}


def _given(value: dict[str, Any], name: str) -> bool:
    return name in value or "_" + name in value


def _extension(node: Node, _root: Node) -> bool:
    """ext-1: either extensions or a value, not both."""
    value = _value(node)
    has_value = any(key.startswith(("value", "_value")) for key in value)
    return ("extension" in value) is not has_value


def _reference(node: Node, root: Node) -> bool:
    """ref-1: a local reference names a contained resource, or the one that contains."""
    literal = _value(node).get("reference", "")
    if not literal.startswith("#") or literal == "#":
        return True
    return any(inner.get("id") == literal[1:] for inner in root.value.get("contained", ()))


def _quantity(node: Node, _root: Node) -> bool:
    """qty-3: a code of a unit has its system."""
    value = _value(node)
    return not _given(value, "code") or _given(value, "system")


def _attachment(node: Node, _root: Node) -> bool:
    """att-1: data have a content type."""
    value = _value(node)
    return not _given(value, "data") or _given(value, "contentType")


def _narrative(node: Node, _root: Node) -> bool:
    """dom-6: a resource should have a narrative."""
    return "div" in _value(node).get("text", {})


def _contained(node: Node) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _value(node).get("contained", [])
    return found


def _flat(node: Node, _root: Node) -> bool:
    """dom-2: no contained resources inside contained ones."""
    return all("contained" not in inner for inner in _contained(node))


def _referred(node: Node, _root: Node) -> bool:
    """dom-3: a contained resource is referred to, or refers to what contains it."""
    inside = _contained(node)
    if not inside:
        return True
    used = set(_local(node.value))
    return all("#" + str(inner.get("id", "")) in used or "#" in _local(inner) for inner in inside)


def _local(value: Any) -> Iterator[str]:
    """All local references, literal, canonical or uri, in an element."""
    if type(value) is dict:
        for inner in value.values():
            yield from _local(inner)
    elif type(value) is list:
        for inner in value:
            yield from _local(inner)
    elif type(value) is str and value.startswith("#"):
        yield value


def _without(*names: str) -> Quick:
    """dom-4 and dom-5: what the meta of a contained resource does not have."""

    def test(node: Node, _root: Node) -> bool:
        return not any(_given(inner.get("meta", {}), name) for inner in _contained(node) for name in names)

    return test


QUICK: Mapping[str, Quick] = {
    "ext-1": _extension,
    "ref-1": _reference,
    "qty-3": _quantity,
    "att-1": _attachment,
    "dom-2": _flat,
    "dom-3": _referred,
    "dom-4": _without("versionId", "lastUpdated"),
    "dom-5": _without("security"),
    "dom-6": _narrative,
}
