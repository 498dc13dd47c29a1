"""A resource in which each element can be told from every other, and found again by what FHIRPath gives back.

Objects differ by identity, primitives do not: each gets an object of its own under `_name`, where FHIR JSON keeps the
id and extensions of a primitive. `unmark` takes away those that stay empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from akson.fhir.fhirpath.values import Node
from akson.fhir.model import Resource
from akson.fhir.patch.elements import Given, Unfit
from akson.fhir.spec import spec

_PLAIN = frozenset({"resourceType"})


def mark(value: Any) -> Any:
    """A marked copy of a JSON value."""
    if type(value) is list:
        return [mark(item) for item in value]
    if type(value) is not dict:
        return value
    made = {key: mark(found) for key, found in value.items()}
    for key in [key.removeprefix("_") for key in made if key not in _PLAIN]:
        found, beside = made.get(key), made.get(f"_{key}")
        if type(found) is list or type(beside) is list:
            _mark_list(made, key)
        elif type(found) is not dict and beside is None:
            made[f"_{key}"] = {}
    return made


def _mark_list(holder: Resource, key: str) -> None:
    values, beside = holder.get(key) or [], holder.get(f"_{key}") or []
    if values and type(values[0]) is dict:
        return
    long = max(len(values), len(beside))
    holder[key] = [*values, *[None] * (long - len(values))]
    holder[f"_{key}"] = [
        item if type(item) is dict else {} for item in [*beside, *[None] * (long - len(beside))]
    ]


def unmark(value: Any) -> Any:
    """The plain JSON value again: without marks that say nothing."""
    if type(value) is list:
        return [unmark(item) for item in value]
    if type(value) is not dict:
        return value
    made: Resource = {}
    for key, found in value.items():
        plain = unmark(found)
        if not key.startswith("_"):
            if type(found) is not list or any(item is not None for item in found):
                made[key] = plain
        elif type(plain) is list and any(plain):
            made[key] = [item or None for item in plain]
        elif type(plain) is dict and plain:
            made[key] = plain
    return made


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element stands: in which object (of which type), under which key, and where in the list there."""

    holder: Resource | None
    """None for the resource itself."""
    kind: str
    key: str
    index: int | None
    above: "Place | None"

    def remove(self) -> None:
        """Take the element away, and what it leaves empty above it."""
        if self.holder is None:
            raise Unfit("the resource itself cannot be patched away: delete it")
        if self.index is None:
            self.holder.pop(self.key, None)
            self.holder.pop(f"_{self.key}", None)
        else:
            list_of(self.holder, self.key).remove(self.index)
        if self.above is not None and self.above.is_hollow():
            self.above.remove()

    def is_hollow(self) -> bool:
        """Whether nothing is left in the element: no value, and an object only with marks."""
        if self.holder is None:
            return False
        value, extra = self.holder.get(self.key), self.holder.get(f"_{self.key}")
        if self.index is not None:
            value, extra = value and value[self.index], extra and extra[self.index]
        return not unmark(extra) and (value is None or (type(value) is dict and not unmark(value)))

    def replace(self, given: Given) -> None:
        """Put another value in the element's place."""
        if self.holder is None:
            raise Unfit("the resource itself cannot be replaced")
        if self.index is not None:
            there = list_of(self.holder, self.key)
            there.remove(self.index, keep=True)
            there.insert(self.index, given)
            return
        self.holder.pop(self.key, None)
        self.holder.pop(f"_{self.key}", None)
        given_marked(given).put(self.holder)


def given_marked(given: Given) -> Given:
    return Given(given.key, mark(given.value), mark(given.extra), given.primitive)


@dataclass(frozen=True, slots=True)
class List:
    """The items of a repeating element, with what stands beside primitives."""

    holder: Resource
    key: str

    def __len__(self) -> int:
        return len(self.holder.get(self.key, ()))

    def insert(self, index: int, given: Given) -> None:
        new = given_marked(given)
        self.holder.setdefault(self.key, []).insert(index, new.value)
        if given.primitive:
            self.holder.setdefault(f"_{self.key}", []).insert(index, new.extra)

    def remove(self, index: int, *, keep: bool = False) -> None:
        """Take one item away; the last one takes the list with it unless the list is to be kept."""
        for key in self._keys():
            self.holder[key].pop(index)
            if not self.holder[key] and not keep:
                del self.holder[key]

    def move(self, source: int, destination: int) -> None:
        for key in self._keys():
            items = self.holder[key]
            items.insert(destination, items.pop(source))

    def _keys(self) -> list[str]:
        return [key for key in (self.key, f"_{self.key}") if key in self.holder]


def list_of(holder: Resource, key: str) -> List:
    return List(holder, key)


def find(work: Resource, node: Node) -> Place:
    """Where an element that FHIRPath found in `work` stands. Unfit when it is not of this resource."""
    target = node.value if type(node.value) is dict else node.extra
    top = Place(None, work["resourceType"], "", None, None)
    if target is work:
        return top
    for place, value in _places(work, work["resourceType"], top):
        if value is target:
            return place
    raise Unfit("the path leads to no element of the resource")


def _places(holder: Resource, kind: str, above: Place) -> Iterator[tuple[Place, Any]]:
    """Every element below an object, with the object that tells it from others."""
    table = spec().table(kind)
    for key, found in holder.items():
        plain = key.removeprefix("_")
        if table is None or plain not in table.keys:
            continue
        child = table.keys[plain][1]
        listed = type(found) is list
        for index, item in enumerate(found if listed else (found,)):
            if type(item) is not dict:
                continue
            place = Place(holder, kind, plain, index if listed else None, above)
            yield place, item
            below = "Element" if plain != key else item.get("resourceType", child)
            yield from _places(item, below, place)
