"""The search parameters' FHIRPath as trails: which keys to follow through the JSON, and on what condition.

Nearly every parameter is such a path once the types are known: `Observation.value as Quantity` is the key
`valueQuantity`. What is not (`Patient.deceased.exists() and ...`) raises Irregular and is left to the evaluator.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from akson.fhir.fhirpath.ast import Binary, Call, Index, Literal, Member, Node, TypeTest, Variable
from akson.fhir.model import Resource, split_reference
from akson.fhir.spec import Spec

Guard = Callable[[Any, Resource], bool]
"""(value, the whole resource) -> whether to go on."""


Said = tuple[str, Guard]


class Irregular(ValueError):
    """The expression is more than a path."""


@dataclass(frozen=True, slots=True)
class Step:
    """One key of the JSON; `index`: only that item of a list; guards: (what it says as SQL/JSON path, its test)."""

    key: str
    index: int | None = None
    guards: tuple[tuple[str, Guard], ...] = ()


@dataclass(frozen=True, slots=True)
class Trail:
    """The keys from the root to an element, and what stands there."""

    steps: tuple[Step, ...]
    type: str
    value_set: str = ""


class Trails:
    """Finds the trails of expressions that start at one type."""

    def __init__(self, spec: Spec, root: str) -> None:
        self.spec = spec
        self.root = root

    def find(self, node: Node, start: tuple[Trail, ...]) -> tuple[Trail, ...]:
        """All trails of an expression, where a path without a type name at its head begins at `start`."""
        match node:
            case Member(focus, name):
                return (
                    self._head(name, start) if focus is None else self._member(self.find(focus, start), name)
                )
            case Binary("|", left, right):
                return self.find(left, start) + self.find(right, start)
            case TypeTest("as", operand, kind):
                return self._narrow(self.find(operand, start), kind)
            case Index(focus, Literal("Integer", int(number))):
                return tuple(_last(trail, index=number) for trail in self.find(focus, start))
            case Call(focus, name, arguments) if focus is not None or name == "extension":
                return self._call(start if focus is None else self.find(focus, start), name, arguments)
        if node == Variable("%resource"):
            return (Trail((), self.root),)
        raise Irregular(str(node))

    def _head(self, name: str, start: tuple[Trail, ...]) -> tuple[Trail, ...]:
        if not name[0].isupper():
            return self._member(start, name)
        if name in self.spec.ancestors(self.root):
            return (Trail((), self.root),)
        return ()

    def _member(self, trails: tuple[Trail, ...], name: str) -> tuple[Trail, ...]:
        found = []
        for trail in trails:
            table = self.spec.table(trail.type)
            if table is None or name not in table.elements:
                continue
            for key, (element, kind) in table.keys.items():
                if element.name == name:
                    found.append(Trail((*trail.steps, Step(key)), kind, element.value_set))
        return tuple(found)

    def _narrow(self, trails: tuple[Trail, ...], kind: str) -> tuple[Trail, ...]:
        plain = kind.rpartition(".")[2]
        wanted = {plain, plain[0].lower() + plain[1:]}  # R4 writes DateTime for dateTime
        return tuple(trail for trail in trails if wanted & set(self.spec.ancestors(trail.type)))

    def _call(self, trails: tuple[Trail, ...], name: str, arguments: tuple[Node, ...]) -> tuple[Trail, ...]:
        match name, arguments:
            case (("as" | "ofType"), (Member(None, kind),)):
                return self._narrow(trails, kind)
            case "first", ():
                return tuple(_last(trail, index=0) for trail in trails)
            case "where", (condition,):
                guard = guard_of(condition)
                return tuple(_last(trail, guard=guard) for trail in trails)
            case "extension", (Literal("String", str(url)),):
                guarded = self._member(trails, "extension")
                return tuple(_last(trail, guard=_equals("url", url)) for trail in guarded)
        raise Irregular(name)


def _last(trail: Trail, *, index: int | None = None, guard: Said | None = None) -> Trail:
    """The trail with a condition on its last step."""
    if not trail.steps:
        raise Irregular("a condition on the resource itself")
    *before, last = trail.steps
    guards = last.guards if guard is None else (*last.guards, guard)
    step = Step(last.key, last.index if index is None else index, guards)
    return Trail((*before, step), trail.type, trail.value_set)


def guard_of(condition: Node) -> Said:
    """The test of a `where`. Raises Irregular on one that is not understood here."""
    match condition:
        case Binary("=", Member(None, key), Literal(_, value)):
            return _equals(key, value)
        case TypeTest("is", Call(None, "resolve", ()), kind):
            return _refers_to(kind.rpartition(".")[2])
        case Call(None, "hasExtension", (Literal("String", str(url)),)):
            return _has_extension(url)
    raise Irregular(str(condition))


def _equals(key: str, wanted: Any) -> Said:
    def test(value: Any, _resource: Resource) -> bool:
        return type(value) is dict and value.get(key) == wanted

    return f"@.{json.dumps(key)} == {json.dumps(wanted)}", test


def _has_extension(url: str) -> Said:
    def test(value: Any, _resource: Resource) -> bool:
        return any(found.get("url") == url for found in value.get("extension", ()))

    return f"exists(@.extension[*] ? (@.url == {json.dumps(url)}))", test


def _refers_to(kind: str) -> Said:
    def test(value: Any, resource: Resource) -> bool:
        if type(value) is not dict:
            return split_reference(value)[0] == kind
        literal = value.get("reference", "")
        if literal.startswith("#"):
            inside = resource.get("contained", ())
            return any(found.get("id") == literal[1:] and found["resourceType"] == kind for found in inside)
        return (split_reference(literal)[0] or value.get("type")) == kind

    return f'@.reference starts with "{kind}/" || @.type == "{kind}"', test
