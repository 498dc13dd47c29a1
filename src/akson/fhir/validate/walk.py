"""The walk over a resource that finds each structural fault and says where it is.

Slower than the schema and the authority on what the schema rejects.
"""

from collections.abc import Iterator
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.spec import Element, Spec, TypeTable
from akson.fhir.validate.formats import FORMATS
from akson.kit.errors import Issue

MOST = 100
"""Faults reported of one resource."""


class Walk:
    """Collects the faults of one resource."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.issues: list[Issue] = []

    def fault(self, code: str, path: str, said: str) -> None:
        if len(self.issues) < MOST:
            self.issues.append(Issue(code, f"{path}: {said}", (path,)))

    def resource(self, value: Any, path: str) -> None:
        """A resource at a path; "" for the one that the walk began with."""
        if not isinstance(value, dict):
            self.fault("structure", path or "$this", "must be a resource")
            return
        kind = value.get("resourceType")
        if not isinstance(kind, str) or kind not in self.spec.types:
            self.fault("structure", path or "$this", "resourceType must name a resource type of FHIR R4")
            return
        table = self.spec.table(kind)
        if table is not None:
            self.object(value, table, path or kind)

    def object(self, value: Resource, table: TypeTable, path: str) -> None:
        if not value:
            self.fault("structure", path, "an element must have a value or children (ele-1)")
        for key, found in value.items():
            if key == "resourceType" and table.kind == "resource":
                continue
            plain = key.removeprefix("_")
            if plain not in table.keys or (plain != key and table.keys[plain][1] not in FORMATS):
                self.fault("structure", f"{path}.{key}", f"{table.name} has no such element")
                continue
            element, kind = table.keys[plain]
            if table.kind == "resource" and plain == "id":
                kind = "id"
            place = _place(path, element, kind)
            if key == plain:
                self.element(found, element, kind, (place, value.get("_" + key)))
            else:
                self.extended(found, element, (place, value.get(plain)))
        for element in table.elements.values():
            self.presence(value, element, path)

    def presence(self, value: Resource, element: Element, path: str) -> None:
        """That what must be there is, and that of value[x] there is only one."""
        if not element.min and not element.choice:
            return
        keys = _keys(element)
        given = [key for key in keys if key in value or "_" + key in value]
        if element.min and not given:
            self.fault("required", f"{path}.{element.name}", "is required")
        if len(given) > 1:
            self.fault("structure", f"{path}.{element.name}", f"may be only one of {', '.join(given)}")

    def element(self, value: Any, element: Element, kind: str, place: tuple[str, Any]) -> None:
        path, beside = place
        if not element.many:
            if isinstance(value, list):
                self.fault("structure", path, "must be a single value, not an array")
            else:
                self.value(value, element, kind, path)
            return
        if not isinstance(value, list) or not value:
            self.fault("structure", path, "must be an array with at least one item")
            return
        if isinstance(beside, list) and len(beside) != len(value):
            self.fault("structure", path, "must have as many items as the array of its extensions")
        for number, item in enumerate(value):
            extended = isinstance(beside, list) and number < len(beside) and beside[number] is not None
            if item is None and kind in FORMATS and extended:
                continue
            self.value(item, element, kind, f"{path}[{number}]")

    def value(self, value: Any, element: Element, kind: str, path: str) -> None:
        if kind in FORMATS:
            self.primitive(value, element, kind, path)
            return
        if not isinstance(value, dict):
            self.fault("structure", path, f"must be an object of type {kind}")
            return
        if kind == "Resource":
            self.resource(value, path)
            return
        table = self.spec.table(kind)
        if table is not None:
            self.object(value, table, path)

    def primitive(self, value: Any, element: Element, kind: str, path: str) -> None:
        if not FORMATS[kind].test(value):
            misspelled = isinstance(value, str) and FORMATS[kind].json == "string"
            self.fault("value" if misspelled else "structure", path, f"is not a valid {kind}")
        elif kind == "code" and element.value_set in self.spec.codes:
            allowed = self.spec.codes[element.value_set].codes
            if value not in allowed:
                self.fault("code-invalid", path, f"is not a code of {element.value_set}")

    def extended(self, value: Any, element: Element, place: tuple[str, Any]) -> None:
        """The id and extensions of a primitive value, which stand beside it under its name with `_` before."""
        path, beside = place
        if element.many and (not isinstance(value, list) or not value):
            self.fault(
                "structure", path, "the extensions of a repeated primitive must be an array with items"
            )
            return
        plain = beside if isinstance(beside, list) else []
        table = self.spec.table("Element")
        for number, (item, where) in enumerate(_items(value, element, path)):
            if item is None and element.many:
                if number >= len(plain):
                    self.fault("structure", where, "must have a value or extensions")
            elif not isinstance(item, dict):
                self.fault("structure", where, "the extensions of a primitive must be an object")
            elif table is not None:
                self.object(item, table, where)


def _items(value: Any, element: Element, path: str) -> Iterator[tuple[Any, str]]:
    if element.many and isinstance(value, list):
        for number, item in enumerate(value):
            yield item, f"{path}[{number}]"
    else:
        yield value, path


def _keys(element: Element) -> list[str]:
    if not element.choice:
        return [element.name]
    return [element.name + kind[0].upper() + kind[1:] for kind in element.types]


def _place(path: str, element: Element, kind: str) -> str:
    if element.choice:
        return f"{path}.{element.name}.ofType({kind})"
    return f"{path}.{element.name}"
