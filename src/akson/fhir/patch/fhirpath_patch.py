"""FHIRPath Patch: add, insert, delete, replace and move at elements that FHIRPath names, all of them or none.

http://hl7.org/fhir/R4/fhirpatch.html. The work is done on a marked copy (`marked.py`), where every element can be
told from every other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from akson.fhir.fhirpath import FHIRPathError, ast, parse
from akson.fhir.fhirpath.budget import Budget
from akson.fhir.fhirpath.evaluate import evaluate_within
from akson.fhir.fhirpath.values import Node
from akson.fhir.model import Resource
from akson.fhir.patch import MOST, elements
from akson.fhir.patch.marked import List, find, given_marked, list_of, mark, unmark
from akson.fhir.spec import Element
from akson.kit.errors import Malformed, Unprocessable

_NEEDS = {
    "add": ("name", "value"),
    "insert": ("index", "value"),
    "delete": (),
    "replace": ("value",),
    "move": ("source", "destination"),
}
"""By operation: what it needs besides its path."""
LONGEST = 1000
"""Characters of a path."""


@dataclass(frozen=True, slots=True)
class _Operation:
    """One operation, read and checked."""

    number: int
    type: str
    path: str
    name: str = ""
    value: Resource | None = None
    """The part of the Parameters resource that holds the value."""
    index: int = 0
    source: int = 0
    destination: int = 0
    budget: Budget = field(default_factory=Budget)
    """What the paths of the whole patch may cost together."""

    def fail(self, why: str) -> Unprocessable:
        return Unprocessable(f"operation {self.number} ({self.type} {self.path[:200]}): {why}")


def read(parameters: Resource) -> Callable[[Resource], Resource]:
    """The patch as a function of a resource, which raises Unprocessable and names the operation that cannot be done.

    `parameters` is a structurally valid Parameters resource. Malformed, with the place, where it is no patch.
    """
    given = parameters.get("parameter", [])
    if len(given) > MOST:
        raise Malformed(f"A patch has at most {MOST} operations", expression=("Parameters.parameter",))
    operations = [_read(number, parameter) for number, parameter in enumerate(given)]

    def apply(resource: Resource) -> Resource:
        work: Resource = mark(resource)
        budget = Budget()
        for operation in (replace(operation, budget=budget) for operation in operations):
            try:
                _DO[operation.type](work, operation)
            except (FHIRPathError, elements.Unfit) as error:
                raise operation.fail(str(error)) from error
        made: Resource = unmark(work)
        return made

    return apply


def _read(number: int, parameter: Resource) -> _Operation:
    place = f"Parameters.parameter[{number}]"
    if parameter["name"] != "operation":
        raise Malformed("A FHIRPath Patch has parameters named operation only", expression=(f"{place}.name",))
    parts = {part["name"]: part for part in parameter.get("part", ())}
    kind = _value(parts.get("type"))
    if kind not in _NEEDS:
        raise Malformed(f"type is one of {', '.join(_NEEDS)}", expression=(f"{place}.part",))
    path = _value(parts.get("path"))
    if not isinstance(path, str) or not path or len(path) > LONGEST:
        raise Malformed(f"path is FHIRPath of at most {LONGEST} characters", expression=(f"{place}.part",))
    more: dict[str, Any] = {}
    for name in _NEEDS[kind]:
        more[name] = parts.get(name) if name == "value" else _value(parts.get(name))
        whole = type(more[name]) is int and more[name] >= 0
        if more[name] is None or (name in {"index", "source", "destination"} and not whole):
            raise Malformed(f"operation {number}: {kind} needs {name}", expression=(f"{place}.part",))
    return _Operation(number, kind, path, **more)


def _value(part: Resource | None) -> Any:
    return next((value for key, value in (part or {}).items() if key.startswith("value")), None)


def _add(work: Resource, operation: _Operation) -> None:
    node = _only(work, operation)
    holder, kind = _object(node)
    element = elements.named(kind, operation.name)
    made = elements.read(element, operation.value or {})
    if element.many:
        there = list_of(holder, made.key)
        there.insert(len(there), made)
    elif any(key in holder for key in elements.keys(element)):
        raise operation.fail(f"{operation.name} is there already: replace it")
    else:
        given_marked(made).put(holder)


def _insert(work: Resource, operation: _Operation) -> None:
    there, element = _list(work, operation)
    if operation.index > len(there):
        raise operation.fail(f"the list has {len(there)} items: index is at most that")
    there.insert(operation.index, elements.read(element, operation.value or {}))


def _delete(work: Resource, operation: _Operation) -> None:
    found = _nodes(work, operation)
    if not found:
        return
    find(work, _one(found, operation)).remove()


def _replace(work: Resource, operation: _Operation) -> None:
    place = find(work, _only(work, operation))
    if place.holder is None:
        raise operation.fail("the resource itself cannot be replaced: update it")
    element = elements.of_key(place.kind, place.key)
    place.replace(elements.read(element, operation.value or {}))


def _move(work: Resource, operation: _Operation) -> None:
    there, _ = _list(work, operation)
    if max(operation.source, operation.destination) >= len(there):
        raise operation.fail(f"the list has {len(there)} items: source and destination are below that")
    there.move(operation.source, operation.destination)


_DO: dict[str, Callable[[Resource, _Operation], None]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}


def _nodes(work: Resource, operation: _Operation) -> list[Any]:
    return evaluate_within(operation.budget, operation.path, work, {})


def _one(found: list[Any], operation: _Operation) -> Node:
    if len(found) > 1:
        raise operation.fail(f"the path leads to {len(found)} elements: it must lead to one")
    if type(found[0]) is not Node:
        raise operation.fail("the path leads to no element of the resource")
    return found[0]


def _only(work: Resource, operation: _Operation) -> Node:
    found = _nodes(work, operation)
    if not found:
        raise operation.fail("the path leads to nothing")
    return _one(found, operation)


def _object(node: Node) -> tuple[Resource, str]:
    """The JSON object of an element and its type; of a primitive that of its id and extensions."""
    if type(node.value) is dict:
        return node.value, node.type
    return ({} if node.extra is None else node.extra), "Element"


def _list(work: Resource, operation: _Operation) -> tuple[List, Element]:
    """The list that the path names: it ends with the name of a repeating element, below one element."""
    tree = parse(operation.path)
    if not isinstance(tree, ast.Member):
        raise operation.fail("the path must end with the name of a list")
    head, _, _ = operation.path.rpartition(".")
    found = (
        evaluate_within(operation.budget, head, work, {})
        if tree.focus is not None
        else [Node(work, work["resourceType"])]
    )
    if len(found) != 1 or type(found[0]) is not Node:
        raise operation.fail("what stands before the name of the list must lead to one element")
    node = found[0]
    holder, kind = _object(node)
    element = elements.named(kind, tree.name)
    if not element.many:
        raise operation.fail(f"{tree.name} is not a list")
    return list_of(holder, tree.name), element
