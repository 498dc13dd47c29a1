"""What every part of the evaluator needs: the environment, and how a collection becomes one value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from akson.fhir.fhirpath.budget import COMPARED, FREE, Budget
from akson.fhir.fhirpath.lexer import FHIRPathError
from akson.fhir.fhirpath.operators import equal_items
from akson.fhir.fhirpath.values import Collection, Node, Temporal, system

if TYPE_CHECKING:
    from collections.abc import Callable

FIXED = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}


class Falling:
    """A key of `sort` that counts from the greatest: written with a sign before it, of text as well as of numbers."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[Env], Collection]) -> None:
        self.run = run

    def __call__(self, env: Env) -> Collection:
        return self.run(env)


class Env:
    """Where an expression is: what `$this` is, and what it can name."""

    __slots__ = ("budget", "index", "resource", "this", "total", "variables")

    def __init__(
        self, this: Collection, resource: Node, variables: dict[str, Any], budget: Budget | None = None
    ) -> None:
        self.this = this
        self.resource = resource
        self.variables = variables
        self.budget = budget or Budget()
        self.index: int | None = None
        self.total: Collection = []

    def at(self, item: Any, index: int | None) -> Env:
        """The environment of one item of a collection."""
        made = Env([item], self.resource, self.variables, self.budget)
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


class Seen:
    """The items that came by, each remembered once. Texts and numbers are told apart by hash, the rest one by one."""

    __slots__ = ("budget", "found", "plain", "rest")

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.found: Collection = []
        self.plain: set[Any] = set()
        self.rest: Collection = []

    def add(self, item: Any) -> bool:
        """Whether the item is new."""
        value = system(item)
        if type(value) in _PLAIN:
            if value in self.plain:
                return False
            self.plain.add(value)
            if self.rest and holds(self.rest, value, self.budget):
                return False
        elif holds(self.found, value, self.budget):
            return False
        else:
            self.rest.append(item)
        self.found.append(item)
        return True


_PLAIN = (str, int, Decimal)
"""Types whose values are equal where their hashes are."""


def distinct(items: Collection, budget: Budget) -> Collection:
    """Each item once, in the order of the first."""
    seen = Seen(budget)
    for item in items:
        seen.add(item)
    return seen.found


def holds(items: Collection, wanted: Any, budget: Budget) -> bool:
    """Whether one of the items is equal to another."""
    if len(items) > FREE:
        budget.spend(COMPARED * len(items))
    return any(equal_items(item, wanted, budget) is True for item in items)
