"""Frozen dataclasses as XML: the fields of a class, in order, are the elements of a schema type, in order.

A class declares what the standard defines and nothing else; reading and writing follow from the declaration. What a
document holds beyond the declaration is not dropped in silence: reading tells the paths.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from lxml import etree

from akson.kit.errors import Unprocessable
from akson.messaging.kith import xml
from akson.messaging.kith.xml import Written

T = TypeVar("T")
XSI = "http://www.w3.org/2001/XMLSchema-instance"
# Where a schema lies says nothing of the message.
_IGNORED = frozenset({f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"})


class NotOfSchema(Unprocessable):
    """XML that lacks what its schema demands."""


@dataclass(frozen=True, slots=True)
class Slot:
    """How one field stands in XML."""

    field: str
    element: str
    kind: str
    """text, value (attribute V), attribute, own (what stands in the owner itself), markup (any content) or node (another class)."""
    inner: type | None
    many: bool
    required: bool
    prefix: str
    """Namespace of the element when it is not its owner's."""
    children: str
    """Namespace of what stands inside when it is not the element's own."""
    legacy: bool
    """Only older versions have it: written by their bindings alone, where there are any."""
    fixed: str | None = None
    """The only value that an attribute may have."""


def el(name: str = "", *, ns: str = "", inner: str = "", kind: str = "", many: bool = False) -> Any:
    """An optional element, or with `many` any number of them. The name follows from the field when left out."""
    meta = {"name": name, "ns": ns, "inner": inner, "kind": kind}
    return field(default=() if many else None, metadata=meta)


def must(name: str = "", *, ns: str = "", inner: str = "", kind: str = "") -> Any:
    """An element (or attribute) that the schema demands; of a tuple at least one."""
    return field(metadata={"name": name, "ns": ns, "inner": inner, "kind": kind})


def old(name: str = "", *, kind: str = "", many: bool = False) -> Any:
    """An element that only older versions of the schema have: it is read, and never written in the newest."""
    return field(default=() if many else None, metadata={"name": name, "kind": kind, "legacy": True})


def attribute(name: str, fixed: str | None = None) -> Any:
    """An optional attribute, or one that must have a fixed value."""
    return field(default=fixed, metadata={"name": name, "kind": "attribute", "fixed": fixed})


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What was read, and the paths of what the class does not hold."""

    value: T
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Binding(Generic[T]):
    """One root element of one version of a schema. Prefixes name the namespaces that its classes refer to."""

    root: type[T]
    name: str
    namespace: str
    prefixes: Mapping[str, str]
    ordered: bool = True
    """Must the elements stand in the order of the classes? Not so for older versions that share classes."""
    older: bool = False
    """Is it an older version, whose own elements (`old`) are written?"""
    without: frozenset[str] = frozenset()
    """Elements of the classes that this version does not have: not understood when read, refused when written."""
    check: Callable[[T], None] | None = None
    """What a schema says beyond elements and their order, e.g. either this or that. Raises NotOfSchema."""

    @property
    def tag(self) -> str:
        """The root element with its namespace, as lxml writes it."""
        return f"{{{self.namespace}}}{self.name}"

    def read(self, element: etree._Element, aside: etree._Element | None = None) -> Read[T]:
        """Element to value. NotOfSchema when it is another element or lacks what is demanded.

        `aside` holds markup that is read by itself, and is left empty in the value.
        """
        if element.tag != self.tag:
            raise NotOfSchema(f"expected {self.name} of {self.namespace}, got {element.tag!s}")
        unread: list[str] = []
        plan = self._plan()
        value = _Reader(unread, self.ordered, aside).node(element, plan, ((), self.name))
        unread.extend(self._foreign(element))
        if self.check:
            self.check(value)
        return Read(value, tuple(unread))

    def write(self, value: T) -> etree._Element:
        """Value to element. NotOfSchema when it says what this version has no place for."""
        return xml.parse(self.text(value).encode())

    def text(self, value: T) -> Written:
        """As `write`, as text: a document is text once, and no tree is made to be written out."""
        if self.check:
            self.check(value)
        writer = _Writer(self.older, [])
        writer.node(value, self._plan(), "", f"</{self.name}>")
        inside = "".join(writer.out)
        used = (
            (prefix, space)
            for prefix, space in self.prefixes.items()
            if f"<{prefix}:" in inside or f" {prefix}:" in inside
        )
        spaces = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in used)
        text = Written(f'<{self.name} xmlns="{self.namespace}"{spaces}{inside}')
        if self.without and (foreign := self._foreign(xml.parse(text.encode()))):
            raise NotOfSchema(f"{self.namespace} has no place for {', '.join(sorted(set(foreign)))}")
        return text

    def _plan(self) -> "_Plan":
        kind: Any = self.root
        return _plan(kind, self.namespace, self.namespace, tuple(self.prefixes.items()))

    def _foreign(self, element: etree._Element) -> list[str]:
        if not self.without:
            return []
        names = (etree.QName(each).localname for each in element.iter(etree.Element))
        return [name for name in names if name in self.without]


@lru_cache
def slots(kind: Any) -> tuple[Slot, ...]:
    """The slots of a class, in the order of the schema."""
    hints = get_type_hints(kind)
    return tuple(_slot(f.name, hints[f.name], f.metadata, f.default is MISSING) for f in fields(kind))


def _slot(name: str, hint: Any, meta: Mapping[str, Any], required: bool) -> Slot:  # noqa: FBT001
    many = get_origin(hint) is tuple
    inner = get_args(hint)[0] if many else _without_none(hint)
    element = meta["name"] or "".join(part.capitalize() for part in name.split("_"))
    kind = meta["kind"] or ("text" if inner is str else "node")
    return Slot(
        field=name,
        element=element,
        kind=kind,
        inner=inner,
        many=many,
        required=required,
        prefix=meta.get("ns", ""),
        children=meta.get("inner", ""),
        legacy=meta.get("legacy", False),
        fixed=meta.get("fixed"),
    )


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        return next(part for part in get_args(hint) if part is not NoneType)
    return hint


@dataclass(slots=True)
class _Place:
    """A slot within one namespace."""

    slot: Slot
    field: str
    kind: str
    many: bool
    order: int
    tag: str
    """As lxml names the element."""
    start: str
    end: str
    """Its tags, the first without attributes and bracket."""
    inside: str
    """The namespace of what stands in it."""
    default: str
    prefixes: tuple[tuple[str, str], ...]
    known: "_Plan | None" = None

    @property
    def plan(self) -> "_Plan":
        """Of the class that stands there; asked for late, since classes stand in themselves."""
        if self.known is None:
            self.known = _plan(self.slot.inner, self.inside, self.default, self.prefixes)
        return self.known


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a class stands in one namespace: worked out once, since a letter has a hundred elements."""

    kind: Any
    places: tuple[_Place, ...]
    """All slots, in the order of the schema."""
    attributes: Mapping[str, Slot]
    written: tuple[tuple[Slot, str], ...]
    """The attributes with their names as they are written."""
    demanded: tuple[Slot, ...]
    """Attributes that must be there."""
    own: tuple[str, ...]
    elements: Mapping[str, _Place]
    required: tuple[Slot, ...]


@lru_cache(maxsize=4096)
def _plan(kind: Any, namespace: str, default: str, prefixes: tuple[tuple[str, str], ...]) -> _Plan:
    """`default` is the namespace of a document's names without a prefix."""
    spaces = dict(prefixes)
    written = {space: f"{prefix}:" for prefix, space in prefixes} | {default: ""}
    places: list[_Place] = []
    for slot in slots(kind):
        space = spaces[slot.prefix] if slot.prefix else namespace
        name, inside = f"{written[space]}{slot.element}", spaces.get(slot.children, space)
        made = (f"{{{space}}}{slot.element}", f"<{name}", f"</{name}>", inside, default, prefixes)
        places.append(_Place(slot, slot.field, slot.kind, slot.many, len(places), *made))
    elements = {each.tag: each for each in places if each.slot.kind not in ("attribute", "own")}
    attributes = tuple(each.slot for each in places if each.slot.kind == "attribute")
    prefix_of = {f"{{{space}}}": f"{prefix}:" for prefix, space in prefixes}
    return _Plan(
        kind,
        tuple(places),
        {slot.element: slot for slot in attributes},
        tuple((slot, _prefixed(slot.element, prefix_of)) for slot in attributes),
        tuple(slot for slot in attributes if slot.required or slot.fixed is not None),
        tuple(each.slot.field for each in places if each.slot.kind == "own"),
        elements,
        tuple(each.slot for each in elements.values() if each.slot.required),
    )


def _prefixed(name: str, prefix_of: Mapping[str, str]) -> str:
    """The name of an attribute, which lxml writes with its namespace before it where it has one."""
    space, bracket, bare = name.rpartition("}")
    return f"{prefix_of[space + bracket]}{bare}" if bracket else name


_Path = tuple[Any, ...]
"""Where an element stands: the way to its parent, and its name. Made into text when there is something to tell."""


def _told(path: _Path) -> str:
    names = []
    while path:
        path, name = path
        names.append(name)
    return "/".join(reversed(names))


@dataclass(frozen=True, slots=True)
class _Writer:
    older: bool
    out: list[str]

    def node(self, value: Any, plan: _Plan, start: str, end: str) -> None:
        """An element between its tags."""
        out = self.out
        out.append(start)
        for slot, name in plan.written:
            found = getattr(value, slot.field)
            if found is not None:
                out.append(f' {name}="{xml.quoted(found)}"')
            elif slot.required:
                raise NotOfSchema(f"an element lacks its attribute {slot.element}")
        if not (plan.elements or plan.own):
            # The least that stands in a document, and the most of them: a code.
            out.append("/>")
            return
        out.append(">")
        out.extend(xml.escape(getattr(value, name)) for name in plan.own)
        for place in plan.elements.values():
            found = getattr(value, place.field)
            if not found and (place.many or found is None):
                if place.slot.required:
                    raise NotOfSchema(f"{end[2:-1].rpartition(':')[2]} lacks {place.slot.element}")
            elif place.slot.legacy and not self.older:
                continue
            else:
                for item in found if place.many else (found,):
                    self._put(place, item)
        out.append(end)

    def _put(self, place: _Place, item: Any) -> None:
        kind = place.kind
        if kind == "node":
            self.node(item, place.plan, place.start, place.end)
        elif kind == "text":
            self.out.append(f"{place.start}>{xml.escape(item)}{place.end}")
        elif kind == "value":
            self.out.append(f'{place.start} V="{xml.quoted(item)}"/>')
        else:
            self.out.append(f"{place.start}>{xml.sound(item)}{place.end}")


@dataclass(frozen=True, slots=True)
class _Reader:
    unread: list[str]
    ordered: bool
    aside: etree._Element | None

    def node(self, element: etree._Element, plan: _Plan, path: _Path) -> Any:
        values: dict[str, Any] = {}
        if found := element.items():
            self._attributes(found, plan, values, path)
        for slot in plan.demanded:
            if values.get(slot.field) is None:
                raise _absent(slot, path)
        for name in plan.own:
            values[name] = element.text or ""
        if plan.elements or len(element):
            self._children(element, plan.elements, values, path)
        for slot in plan.required:
            if slot.field not in values:
                missing = [each.element for each in plan.required if each.field not in values]
                raise NotOfSchema(f"{_told(path)} lacks {', '.join(missing)}")
        return plan.kind(**values)

    def _attributes(
        self, found: list[tuple[str, str]], plan: _Plan, values: dict[str, Any], path: _Path
    ) -> None:
        unknown = []
        for name, text in found:
            slot = plan.attributes.get(name)
            if slot is None:
                unknown.append(name)
            elif slot.fixed is not None and text != slot.fixed:
                raise _absent(slot, path)
            else:
                values[slot.field] = text
        self.unread.extend(f"{_told(path)}/@{name}" for name in sorted(unknown) if name not in _IGNORED)

    def _children(
        self, element: etree._Element, elements: Mapping[str, _Place], values: dict[str, Any], path: _Path
    ) -> None:
        if elements and (text := element.text) and not text.isspace():
            self.unread.append(f"{_told(path)}/text()")
        last = 0
        for child in element:
            place = elements.get(child.tag)  # type: ignore[arg-type]
            if place is None or (not place.many and place.field in values):
                self.unread.append(f"{_told(path)}/{etree.QName(child).localname}")
                continue
            kind, where = place.kind, (path, place.slot.element)
            if place.order < last and self.ordered:
                raise NotOfSchema(f"{_told(where)} does not stand in its place")
            last = place.order
            value = self.node(child, place.plan, where) if kind == "node" else self._value(child, kind, where)
            values[place.field] = (*values.get(place.field, ()), value) if place.many else value

    def _value(self, child: etree._Element, kind: str, path: _Path) -> Any:
        if kind == "markup":
            return "" if child is self.aside else xml.inner(child)
        found = child.items()
        if kind == "value":
            self.unread.extend(f"{_told(path)}/@{name}" for name, _ in found if name != "V")
            return child.get("V")
        if found:
            self.unread.extend(f"{_told(path)}/@{name}" for name, _ in found)
        if not len(child):
            return child.text or ""
        self.unread.extend(f"{_told(path)}/{etree.QName(grand).localname}" for grand in child)
        return "".join(child.itertext())


def _absent(slot: Slot, path: _Path) -> NotOfSchema:
    return NotOfSchema(f"{_told(path)}/@{slot.element} is missing or has another value than the schema's")


_INSTANT = re.compile(r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$")


def is_time(text: str | None) -> bool:
    """Is it a date or time as XML Schema writes it?"""
    return bool(text and _INSTANT.match(text))
