"""Type tables: the elements of each FHIR type, with cardinality, types and bindings."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class CodeSet:
    """The codes of a value set."""

    system: str
    """Empty where they are from more than one."""
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a type."""

    name: str
    """Without `[x]`."""
    types: tuple[str, ...]
    """Type names; the name of a type table in place (Patient.contact) where it has parts of its own."""
    min: int = 0
    many: bool = False
    choice: bool = False
    """value[x]: in JSON the name is followed by the type, e.g. valueQuantity."""
    targets: tuple[str, ...] = ()
    """For references: the resource types allowed, none for any."""
    value_set: str = ""
    """Url of the value set of a required binding."""
    summary: bool = False


@dataclass(frozen=True, slots=True)
class TypeTable:
    """A type and its elements, in the order of the specification."""

    name: str
    kind: str
    """resource, complex-type, primitive-type or backbone."""
    base: str
    elements: Mapping[str, Element]
    keys: Mapping[str, tuple[Element, str]]
    """By JSON name: the element and the type of the value, e.g. valueQuantity, deceasedBoolean."""
    pattern: str = ""
    """The regular expression of a primitive type."""

    @staticmethod
    def read(name: str, row: dict[str, Any]) -> "TypeTable":
        elements = {key: _element(key, value) for key, value in row["elements"].items()}
        keys = {
            (key + kind[0].upper() + kind[1:] if element.choice else key): (element, kind)
            for key, element in elements.items()
            for kind in element.types
        }
        return TypeTable(
            name=name,
            kind=row["kind"],
            base=row["base"],
            elements=MappingProxyType(elements),
            keys=MappingProxyType(keys),
            pattern=row.get("pattern", ""),
        )


def _element(name: str, row: dict[str, Any]) -> Element:
    return Element(
        name=name,
        types=tuple(row["t"]),
        min=row.get("min", 0),
        many=row.get("max", "1") != "1",
        choice="x" in row,
        targets=tuple(row.get("r", ())),
        value_set=row.get("b", ""),
        summary="s" in row,
    )
