"""FHIR XML out, from a resource that is valid in structure: elements in the order of the specification.

Text is put together directly, without a tree in between; narratives are held against XML before they go in as they are.
"""

import re
from typing import Any

from akson.fhir.model import Resource
from akson.fhir.xml import narrative, values
from akson.fhir.xml.parts import FHIR, XHTML, Part, parts
from akson.kit.errors import NotAcceptable

_SPECIAL = re.compile('[\x00-\x1f&<>"\ud800-\udfff\ufffe\uffff]')
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_ROOT = f' xmlns="{FHIR}"'
_DIV = re.compile(r"\s*<div")


class CannotWrite(NotAcceptable):
    """The resource holds what XML cannot: a control character, a narrative that is not well-formed."""


def dumps(resource: Resource, *, pretty: bool = False) -> bytes:
    """The resource as XML in UTF-8, on one line or laid out for people. CannotWrite names the element."""
    writer = _Writer(pretty=pretty)
    writer.resource(resource, _ROOT, 0)
    return writer.taken()


class Growing:
    """A resource as XML while it grows: the items of its last list are written one by one, and none is kept."""

    def __init__(self, resource: Resource, name: str, *, pretty: bool = False) -> None:
        """`resource` is all that stands before the list called `name`."""
        self._writer = _Writer(pretty=pretty)
        self._resource = resource
        self._name = name
        self._part = parts(resource["resourceType"])[name]
        self._number = 0

    def opening(self) -> bytes:
        """All before the list."""
        self._writer.begin(self._resource, _ROOT, 0)
        return self._writer.taken()

    def item(self, value: Resource) -> bytes:
        """The next item. CannotWrite names the element; another item can be written instead."""
        writer = self._writer
        before = list(writer.way)
        writer.way += [self._part.step(self._name), f"[{self._number}]"]
        try:
            writer.complex(self._name, self._part, value, 1)
        except CannotWrite:
            writer.taken()
            raise
        finally:
            writer.way = before
        self._number += 1
        return writer.taken()

    def closing(self) -> bytes:
        """All after the list."""
        self._writer.close(0, self._resource["resourceType"])
        return self._writer.taken()


class _Writer:
    """Collects the text of one resource."""

    def __init__(self, *, pretty: bool) -> None:
        self.out: list[str] = []
        self.pretty = pretty
        self.way: list[str] = []
        """The path to where we are, for what cannot be written."""

    def taken(self) -> bytes:
        """What was collected, which is here no longer."""
        text = "".join(self.out).encode()
        self.out.clear()
        return text

    def resource(self, resource: Resource, root: str, level: int) -> None:
        self.begin(resource, root, level)
        self.close(level, resource["resourceType"])

    def begin(self, resource: Resource, root: str, level: int) -> None:
        kind = resource["resourceType"]
        if level == 0:
            self.way.append(kind)
        self.open(level, f"<{kind}{root}>")
        self.children(resource, kind, level + 1)

    def open(self, level: int, text: str) -> None:
        if self.pretty and level:
            self.out.append("\n" + "  " * level)
        self.out.append(text)

    def close(self, level: int, tag: str) -> None:
        if self.pretty:
            self.out.append("\n" + "  " * level)
        self.out.append(f"</{tag}>")

    def children(self, value: Resource, kind: str, level: int) -> None:
        """The elements of an object, in their order."""
        known = parts(kind)
        found = {plain for key in value if (plain := key.removeprefix("_")) in known}
        for key in sorted(found, key=lambda key: known[key].position):
            part = known[key]
            if part.attribute:
                continue
            self.way.append(part.step(key))
            if part.many:
                self.list(value, key, part, level)
            elif part.json:
                self.primitive(key, part, value.get(key), value.get(f"_{key}"), level)
            else:
                self.complex(key, part, value[key], level)
            self.way.pop()

    def list(self, value: Resource, key: str, part: Part, level: int) -> None:
        if not part.json:
            for number, item in enumerate(value[key]):
                self.way.append(f"[{number}]")
                self.complex(key, part, item, level)
                self.way.pop()
            return
        plain, beside = value.get(key) or [], value.get(f"_{key}") or []
        for number in range(max(len(plain), len(beside))):
            self.way.append(f"[{number}]")
            extended = beside[number] if number < len(beside) else None
            self.primitive(key, part, plain[number] if number < len(plain) else None, extended, level)
            self.way.pop()

    def complex(self, key: str, part: Part, value: Resource, level: int) -> None:
        if part.kind == "Resource":
            self.open(level, f"<{key}>")
            self.resource(value, "", level + 1)
            self.close(level, key)
            return
        identity = self.attribute("id", value["id"]) if "id" in value else ""
        address = self.attribute("url", value["url"]) if part.kind == "Extension" and "url" in value else ""
        self.open(level, f"<{key}{identity}{address}")
        mark = len(self.out)
        self.out.append(">")
        self.children(value, part.kind, level + 1)
        if len(self.out) == mark + 1:
            self.out[mark] = "/>"
        else:
            self.close(level, key)

    def primitive(self, key: str, part: Part, value: Any, beside: Resource | None, level: int) -> None:
        if part.kind == "xhtml":
            if beside:
                raise self.cannot("has an id or extensions beside it, for which XML has no place")
            self.open(level, self.div(value))
            return
        identity = self.attribute("id", beside["id"]) if beside and "id" in beside else ""
        given = "" if value is None else self.attribute("value", value)
        if not beside or "extension" not in beside:
            self.open(level, f"<{key}{identity}{given}/>")
            return
        self.open(level, f"<{key}{identity}{given}>")
        self.children({"extension": beside["extension"]}, "Element", level + 1)
        self.close(level, key)

    def attribute(self, name: str, value: Any) -> str:
        text = value if type(value) is str else values.write(value)
        return f' {name}="{_SPECIAL.sub(self.escape, text) if _SPECIAL.search(text) else text}"'

    def escape(self, found: re.Match[str]) -> str:
        character = found[0]
        if character not in _ESCAPED:
            raise self.cannot(f"holds the character U+{ord(character):04X}, which XML cannot hold")
        return _ESCAPED[character]

    def div(self, text: str) -> str:
        try:
            declared = narrative.check(text)
        except narrative.NotNarrative as error:
            raise self.cannot(str(error)) from error
        return text.strip() if declared else _DIV.sub(f'<div xmlns="{XHTML}"', text, count=1)

    def cannot(self, said: str) -> CannotWrite:
        where = ".".join(self.way).replace(".[", "[")
        return CannotWrite(f"{where}: {said}; ask for JSON", expression=(where,))
