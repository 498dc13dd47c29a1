"""What profiles demand of one element, as a tree: only elements that some profile speaks of have a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from akson.fhir.validate.invariants import Invariant


@dataclass(slots=True)
class TypeRef:
    """One of the types an element may have."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    """For a reference: canonical urls of what it may lead to."""


@dataclass(frozen=True, slots=True)
class Slicing:
    """How the items of an element are told apart."""

    discriminators: tuple[tuple[str, str], ...]
    """(type, path)"""
    rules: str = "open"
    ordered: bool = False


@dataclass(slots=True)
class Rule:
    """The demands on one element, those of all profiles that this one builds upon included."""

    name: str
    min: int = 0
    max: int | None = None
    """None for any number."""
    types: tuple[TypeRef, ...] = ()
    value: dict[str, Any] = field(default_factory=dict)
    """fixed, pattern, minValue, maxValue: (type, value)."""
    length: int | None = None
    binding: tuple[str, str] | None = None
    invariants: tuple[Invariant, ...] = ()
    slicing: Slicing | None = None
    slices: dict[str, "Rule"] = field(default_factory=dict)
    children: dict[str, "Rule"] = field(default_factory=dict)

    def copy(self) -> "Rule":
        """A tree of its own, to be narrowed further."""
        return replace(
            self,
            value=dict(self.value),
            slices={name: rule.copy() for name, rule in self.slices.items()},
            children={name: rule.copy() for name, rule in self.children.items()},
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """A compiled StructureDefinition."""

    url: str
    kind: str
    """The type it is about: Patient, Extension, HumanName."""
    rule: Rule
    definition: Mapping[str, Any]
