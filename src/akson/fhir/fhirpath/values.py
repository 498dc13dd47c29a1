"""What an expression is evaluated over: FHIR elements that know their type, and the system values they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from akson.fhir.fhirpath.budget import DIGITS
from akson.fhir.spec import spec

if TYPE_CHECKING:
    from akson.fhir.model import Resource

INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt"})
TEMPORALS = {"date": "Date", "dateTime": "DateTime", "instant": "DateTime", "time": "Time"}
AMOUNTS = frozenset({"Quantity", "Age", "Count", "Distance", "Duration"})
CALENDAR_CODES = {
    "year": "a",
    "month": "mo",
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
}


class Node:
    """One element of a resource: its JSON value, its FHIR type, and for a primitive what stands under `_name`."""

    __slots__ = ("extra", "type", "value")

    def __init__(self, value: Any, type: str, extra: Resource | None = None) -> None:  # noqa: A002
        self.value = value
        self.type = type
        self.extra = extra

    def __repr__(self) -> str:
        return f"Node({self.type}: {self.value!r})"


_TEMPORAL = re.compile(
    r"(?:(\d{4})(?:-(\d\d)(?:-(\d\d))?)?)?(?:T?(?:(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?)?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Temporal:
    """A Date, DateTime or Time with the precision it was written in."""

    kind: str
    text: str

    @property
    def parts(self) -> tuple[Decimal, ...]:
        """Year, month, day, hour, minute, second with fraction; as many as were written. A Time starts at hour."""
        return _parts(self.kind, self.text)[0]

    @property
    def zone(self) -> int | None:
        """Minutes east of UTC."""
        return _parts(self.kind, self.text)[1]


@lru_cache(maxsize=4096)
def _parts(kind: str, text: str) -> tuple[tuple[Decimal, ...], int | None]:
    match = _TEMPORAL.fullmatch(text)
    if match is None:
        return (), None
    *fields, zone = match.groups()
    chosen = fields[3:] if kind == "Time" else fields
    offset = None
    if zone == "Z":
        offset = 0
    elif zone:
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * (-1 if zone[0] == "-" else 1)
    return tuple(Decimal(field) for field in chosen if field is not None), offset


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with a unit: UCUM in quotes as it is, a calendar word as that word."""

    value: Decimal
    unit: str


Item = Node | bool | str | int | Decimal | Temporal | Quantity
Collection = list[Any]


def system(item: Any) -> Any:
    """The system value of an item; a complex element other than a quantity is given back as it is."""
    return _system(item) if type(item) is Node else item


def _system(item: Node) -> Any:
    kind, value = item.type, item.value
    if isinstance(value, dict):
        if kind in AMOUNTS and value.get("value") is not None:
            amount = Decimal(str(value["value"]))
            if abs(amount.adjusted()) <= DIGITS:
                return Quantity(amount, value.get("code") or value.get("unit") or "1")
        return item
    if value is None:
        return item
    if kind in TEMPORALS:
        return Temporal(TEMPORALS[kind], value)
    if kind == "decimal":
        number = Decimal(str(value))
        return number if abs(number.adjusted()) <= DIGITS else item
    return int(value) if kind in INTEGERS else value


def type_of(item: Any) -> tuple[str, str]:
    """Namespace and name of an item's type: FHIR Patient, System Boolean."""
    if type(item) is Node:
        return "FHIR", item.type
    if isinstance(item, Temporal):
        return "System", item.kind
    names = {bool: "Boolean", str: "String", int: "Integer", Decimal: "Decimal", Quantity: "Quantity"}
    return "System", names.get(type(item), "Any")


def is_type(item: Any, name: str) -> bool:
    """Whether an item is of a type, which may be qualified (FHIR.Patient) or not."""
    space, _, plain = name.rpartition(".")
    namespace, own = type_of(item)
    if space and space != namespace:
        return False
    if namespace == "System":
        return own == plain
    return plain in spec().ancestors(own)


SYSTEM_TYPES = frozenset(
    {"Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity", "Any"}
)


def is_known_type(name: str) -> bool:
    """Whether there is a type of that name."""
    space, _, plain = name.rpartition(".")
    if space == "System" or (not space and plain in SYSTEM_TYPES):
        return plain in SYSTEM_TYPES
    return space in ("", "FHIR") and bool(spec().ancestors(plain))


def root(resource: Resource) -> Node:
    return Node(resource, resource["resourceType"])


@lru_cache(maxsize=16_384)
def _keys(kind: str, name: str) -> tuple[tuple[str, str, bool], ...]:
    """For an element of a type: the JSON keys it may stand under, with type and whether that is primitive."""
    table = spec().table(kind)
    if table is None:
        return ()
    found = []
    for key, (element, child) in table.keys.items():
        if element.name == name and key != "resourceType":
            below = spec().table(child)
            found.append((key, child, below is not None and below.kind == "primitive-type"))
    return tuple(found)


def member(node: Node, name: str) -> Collection:
    """The elements of that name below a node."""
    value = node.value
    if type(value) is not dict:
        return _of_primitive(node, name)
    if node.type == "TypeInfo":
        return [value[name]] if name in value else []
    found: Collection = []
    for key, kind, primitive in _keys(node.type, name):
        child = value.get(key)
        if primitive:
            beside = value.get("_" + key)
            if child is not None or beside is not None:
                _primitives(found, child, beside, kind)
        elif child is not None:
            for item in child if type(child) is list else (child,):
                found.append(Node(item, item.get("resourceType", kind) if kind == "Resource" else kind))
    return found


def _primitives(found: Collection, child: Any, beside: Any, kind: str) -> None:
    if type(child) is not list and type(beside) is not list:
        found.append(Node(child, kind, beside))
        return
    values = child if type(child) is list else []
    extras = beside if type(beside) is list else []
    for number in range(max(len(values), len(extras))):
        extra = extras[number] if number < len(extras) else None
        value = values[number] if number < len(values) else None
        if value is not None or extra is not None:
            found.append(Node(value, kind, extra))


def _of_primitive(node: Node, name: str) -> Collection:
    """A primitive has an id and extensions."""
    if type(node.extra) is not dict:
        return []
    return member(Node(node.extra, "Element"), name)


def children(node: Node) -> Collection:
    """All elements directly below a node."""
    table = spec().table("Element" if type(node.value) is not dict else node.type)
    return [item for name in (table.elements if table else ()) for item in member(node, name)]
