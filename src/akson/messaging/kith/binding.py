"""Frozen dataclasses as XML: the fields of a class, in order, are the elements of a schema type, in order.

A class declares what the standard defines and nothing else; reading and writing follow from the declaration. What a
document holds beyond the declaration is not dropped in silence: reading tells the paths.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from lxml import etree

from akson.kit.errors import Unprocessable
from akson.messaging.kith import xml

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

    def read(self, element: etree._Element) -> Read[T]:
        """Element to value. NotOfSchema when it is another element or lacks what is demanded."""
        if element.tag != self.tag:
            raise NotOfSchema(f"expected {self.name} of {self.namespace}, got {element.tag!s}")
        unread: list[str] = []
        value = _Reader(self.prefixes, unread, self.ordered).node(
            element, self.root, self.namespace, self.name
        )
        unread.extend(self._foreign(element))
        if self.check:
            self.check(value)
        return Read(value, tuple(unread))

    def write(self, value: T) -> etree._Element:
        """Value to element. NotOfSchema when it says what this version has no place for."""
        if self.check:
            self.check(value)
        mapping: dict[str | None, str] = {None: self.namespace}
        mapping.update(self.prefixes.items())
        element = etree.Element(self.tag, nsmap=mapping)
        self._fill(element, value, self.namespace)
        etree.cleanup_namespaces(element)
        if foreign := self._foreign(element):
            raise NotOfSchema(f"{self.namespace} has no place for {', '.join(sorted(set(foreign)))}")
        return element

    def _foreign(self, element: etree._Element) -> list[str]:
        names = (etree.QName(each).localname for each in element.iter(etree.Element) if self.without)
        return [name for name in names if name in self.without]

    def _fill(self, parent: etree._Element, value: Any, namespace: str) -> None:
        kind: Any = type(value)
        for slot in slots(kind):
            if slot.legacy and not self.older:
                continue
            items = tuple(_items(getattr(value, slot.field), many=slot.many))
            if slot.required and not items:
                raise NotOfSchema(f"{etree.QName(parent).localname} lacks {slot.element}")
            for item in items:
                self._put(parent, slot, item, namespace)

    def _put(self, parent: etree._Element, slot: Slot, item: Any, namespace: str) -> None:
        if slot.kind == "attribute":
            parent.set(slot.element, xml.clean(item))
            return
        if slot.kind == "own":
            parent.text = xml.clean(item)
            return
        space = self.prefixes[slot.prefix] if slot.prefix else namespace
        child = etree.SubElement(parent, f"{{{space}}}{slot.element}")
        if slot.kind == "node":
            self._fill(child, item, self.prefixes.get(slot.children, space))
        elif slot.kind == "markup":
            xml.fill(child, item)
        elif slot.kind == "value":
            child.set("V", xml.clean(item))
        else:
            child.text = xml.clean(item)


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


@dataclass(frozen=True, slots=True)
class _Reader:
    prefixes: Mapping[str, str]
    unread: list[str]
    ordered: bool

    def node(self, element: etree._Element, kind: type, namespace: str, path: str) -> Any:
        values: dict[str, Any] = {}
        elements: dict[str, Slot] = {}
        attributes = {str(name) for name in element.attrib} - _IGNORED
        for slot in slots(kind):
            if slot.kind == "attribute":
                values[slot.field] = _attribute(element, slot, path)
                attributes.discard(slot.element)
            elif slot.kind == "own":
                values[slot.field] = element.text or ""
            else:
                space = self.prefixes[slot.prefix] if slot.prefix else namespace
                elements[f"{{{space}}}{slot.element}"] = slot
        self.unread.extend(f"{path}/@{name}" for name in sorted(attributes))
        self._children(element, elements, values, path)
        missing = [s.element for s in elements.values() if s.required and s.field not in values]
        if missing:
            raise NotOfSchema(f"{path} lacks {', '.join(missing)}")
        return kind(**values)

    def _children(
        self, element: etree._Element, elements: Mapping[str, Slot], values: dict[str, Any], path: str
    ) -> None:
        if elements and (element.text or "").strip():
            self.unread.append(f"{path}/text()")
        order = list(elements)
        last = 0
        for child in element:
            slot = elements.get(str(child.tag))
            where = f"{path}/{etree.QName(child).localname}"
            if slot is None or (not slot.many and slot.field in values):
                self.unread.append(where)
                continue
            place = order.index(str(child.tag))
            if self.ordered and place < last:
                raise NotOfSchema(f"{where} does not stand in its place")
            last = place
            value = self._value(child, slot, where)
            values[slot.field] = (*values.get(slot.field, ()), value) if slot.many else value

    def _value(self, child: etree._Element, slot: Slot, path: str) -> Any:
        if slot.kind == "node" and slot.inner:
            own = etree.QName(child).namespace or ""
            return self.node(child, slot.inner, self.prefixes.get(slot.children, own), path)
        if slot.kind == "markup":
            return xml.inner(child)
        if slot.kind == "value":
            self.unread.extend(f"{path}/@{name}" for name in child.attrib if name != "V")
            return child.get("V")
        self.unread.extend(f"{path}/@{name}" for name in child.attrib)
        self.unread.extend(f"{path}/{etree.QName(grand).localname}" for grand in child)
        return "".join(child.itertext())


def _attribute(element: etree._Element, slot: Slot, path: str) -> str | None:
    found = element.get(slot.element)
    if (slot.fixed is not None and found != slot.fixed) or (slot.required and found is None):
        raise NotOfSchema(f"{path}/@{slot.element} is missing or has another value than the schema's")
    return found


def _items(value: Any, *, many: bool) -> Iterator[Any]:
    if many:
        yield from value
    elif value is not None:
        yield value


_INSTANT = re.compile(r"^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$")


def is_time(text: str | None) -> bool:
    """Is it a date or time as XML Schema writes it?"""
    return bool(text and _INSTANT.match(text))
