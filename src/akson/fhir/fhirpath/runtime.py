"""What every part of the evaluator needs: the environment, and how a collection becomes one value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.operators import equal_items
from akson.fhir.fhirpath.values import Collection, Node, Temporal, system

FIXED = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}


class Env:
    """Where an expression is: what `$this` is, and what it can name."""

    __slots__ = ("index", "resource", "this", "total", "variables")

    def __init__(self, this: Collection, resource: Node, variables: dict[str, Any]) -> None:
        self.this = this
        self.resource = resource
        self.variables = variables
        self.index: int | None = None
        self.total: Collection = []

    def at(self, item: Any, index: int | None) -> Env:
        """The environment of one item of a collection."""
        made = Env([item], self.resource, self.variables)
        made.index = index
        made.total = self.total
        return made

    def variable(self, name: str) -> Collection:
        if name in self.variables:
            found = self.variables[name]
            return found if isinstance(found, list) else [found]
        if name in ("resource", "rootResource", "context"):
            return [self.resource]
        if name in FIXED:
            return [FIXED[name]]
        if name.startswith("vs-"):
            return ["http://hl7.org/fhir/ValueSet/" + name[3:]]
        if name.startswith("ext-"):
            return ["http://hl7.org/fhir/StructureDefinition/" + name[4:]]
        raise FHIRPathError(f"%{name} is not known")


def single(found: Collection, kind: type) -> Any:
    """The one value of that kind; None of an empty collection. Raises FHIRPathError on more or another."""
    if not found:
        return None
    if len(found) > 1:
        raise FHIRPathError("expected one item, found several")
    value = system(found[0])
    if kind is Decimal and isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if kind is str and type(value) is Temporal and type(found[0]) is Node:
        return (
            value.text
        )  # profiles hold dates of a resource against patterns, as the reference validator lets them
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise FHIRPathError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value


def boolean(found: Collection) -> bool | None:
    """A collection as a truth value: one item that is not a Boolean counts as true."""
    if not found:
        return None
    if len(found) > 1:
        raise FHIRPathError("expected one truth value, found several")
    value = system(found[0])
    return value if isinstance(value, bool) else True


def distinct(items: Collection) -> Collection:
    found: Collection = []
    for item in items:
        if not any(equal_items(item, other) is True for other in found):
            found.append(item)
    return found
