"""The value that a FHIRPath Patch brings, as the JSON of the element that it becomes.

http://hl7.org/fhir/R4/fhirpatch.html: a value[x], or parts named for the elements of a type without a name of its own.
"""

from dataclasses import dataclass
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.spec import Element, spec


class Unfit(Exception):
    """The value does not fit the element, or the type has no such element; says why."""


@dataclass(frozen=True, slots=True)
class Given:
    """One element in JSON: under which key, its value, and for a primitive what stands under `_key`."""

    key: str
    value: Any
    extra: Resource | None
    primitive: bool

    def put(self, holder: Resource) -> None:
        """Into an object, as the only one of its name."""
        if self.value is not None:
            holder[self.key] = self.value
        if self.extra is not None:
            holder[f"_{self.key}"] = self.extra


def named(kind: str, name: str) -> Element:
    """The element of that name (`value` for value[x]) of a type."""
    table = spec().table(kind)
    if table is None or name not in table.elements:
        raise Unfit(f"{kind} has no element {name[:64]!r}")
    return table.elements[name]


def of_key(kind: str, key: str) -> Element:
    """The element that a JSON key of a type stands for."""
    table = spec().table(kind)
    if table is None or key not in table.keys:
        raise Unfit(f"{kind} has no element {key[:64]!r}")
    return table.keys[key][0]


def keys(element: Element) -> list[str]:
    """The JSON keys that an element may stand under, those of the extensions of a primitive too."""
    plain = [_key(element, kind) for kind in element.types] if element.choice else [element.name]
    return [*plain, *(f"_{key}" for key in plain)]


def read(element: Element, part: Resource) -> Given:
    """The element from a part of a Parameters resource. Unfit when it is of another type."""
    if "part" in part:
        return Given(element.name, _of_parts(element, part["part"]), None, primitive=False)
    if "resource" in part:
        return Given(element.name, part["resource"], None, primitive=False)
    key = next((key.removeprefix("_") for key in part if key.startswith(("value", "_value"))), "")
    kind = key.removeprefix("value")
    if not kind:
        raise Unfit(f"the value for {element.name} is missing")
    if element.choice and f"{element.name}{kind}" not in keys(element):
        raise Unfit(f"{element.name} cannot be a {kind}")
    name = f"{element.name}{kind}" if element.choice else element.name
    primitive = type(part.get(key)) is not dict
    if primitive != all(_is_primitive(each) for each in element.types) and not element.choice:
        raise Unfit(f"{element.name} cannot be a {kind}")
    return Given(name, part.get(key), part.get(f"_{key}", {}) if primitive else None, primitive)


def _of_parts(element: Element, parts: list[Resource]) -> Resource:
    if len(element.types) != 1:
        raise Unfit(f"{element.name} needs a value")
    made: Resource = {}
    for part in parts:
        child = named(element.types[0], part["name"])
        given = read(child, part)
        if child.many:
            made.setdefault(given.key, []).append(given.value)
            if given.primitive:
                made.setdefault(f"_{given.key}", []).append(given.extra)
        else:
            given.put(made)
    return made


def _is_primitive(kind: str) -> bool:
    table = spec().table(kind)
    return table is not None and table.kind == "primitive-type"


def _key(element: Element, kind: str) -> str:
    return element.name + kind[0].upper() + kind[1:]
