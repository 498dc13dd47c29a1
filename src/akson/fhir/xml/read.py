"""FHIR XML in, strictly: one pass over the text, a JSON-shaped dict out, every fault named with its path.

A document type, a processing instruction, another encoding than UTF-8 and endless nesting are refused before anything
is made of them. Whether the resource is valid is for `validate.structure`, as with JSON.
"""

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from akson.fhir.model import Resource
from akson.fhir.spec import spec
from akson.fhir.strict_json import DEEPEST
from akson.fhir.xml import values
from akson.fhir.xml.narrative import Narrative, NotNarrative
from akson.fhir.xml.parts import FHIR, XHTML, Part, parts
from akson.kit.errors import Issue, Malformed

MOST = 100
"""Faults reported of one text."""
_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance "
_UTF8_MARK = b"\xef\xbb\xbf"
_ENCODINGS = frozenset({"utf-8", "us-ascii"})


def loads(raw: bytes) -> Resource:
    """One resource. Raises Malformed, saying what and where, never with content of the text."""
    raw = raw.removeprefix(_UTF8_MARK).lstrip(b" \t\r\n")
    if not raw.startswith(b"<") or b"\x00" in raw[:8]:
        raise Malformed("the body is not XML in UTF-8")
    reader = _Reader(raw)
    try:
        reader.parser.Parse(raw, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        said = f"the body is not well-formed XML: {expat.ErrorString(error.code)}"
        raise Malformed(f"{said} at line {error.lineno} column {error.offset + 1}") from error
    if reader.issues:
        raise Malformed("the XML is not a FHIR resource in shape", issues=tuple(reader.issues))
    return reader.root


@dataclass(slots=True)
class _Frame:
    """An element that is open. `value` is the object being filled: of a primitive, what stands beside its value."""

    step: str
    kind: str
    """The FHIR type; empty for the document itself."""
    value: Resource
    depth: int
    """JSON objects and arrays around and at the value."""
    key: str = ""
    part: Part | None = None
    given: Any = None
    """The value of a primitive."""
    last: int = -1
    counts: dict[str, int] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    """Arrays of primitives in which an item has no value."""


class _Reader:
    """Takes the events of one text."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.root: Resource = {}
        self.issues: list[Issue] = []
        self.stack = [_Frame("", "", {}, 0)]
        self.skipped = 0
        """Levels inside an element that is already refused."""
        self.narrative: Narrative | None = None
        self.declared = False
        """Whether the element that begins next declares XHTML to be its namespace."""
        self.parser = parser = expat.ParserCreate("utf-8", " ")
        parser.namespace_prefixes = True
        parser.ordered_attributes = True
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartNamespaceDeclHandler = self.declare
        parser.StartDoctypeDeclHandler = self.doctype
        parser.ProcessingInstructionHandler = self.instruction
        parser.StartCdataSectionHandler = self.cdata
        parser.XmlDeclHandler = self.declaration

    # --- what is never read ---------------------------------------------------------------------------------

    def doctype(self, *_: object) -> None:
        raise Malformed("a document type declaration is never read")

    def instruction(self, *_: object) -> None:
        where = self.path()
        raise Malformed(
            f"{where}: a processing instruction is never read", expression=(where,) if where else ()
        )

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise Malformed("FHIR XML is in UTF-8; the text says it is in another encoding")

    # --- where we are ---------------------------------------------------------------------------------------

    def path(self) -> str:
        """The FHIRPath location of the innermost open element."""
        return ".".join(frame.step for frame in self.stack if frame.step)

    def fault(self, said: str, step: str = "", code: str = "structure") -> None:
        where = self.path()
        place = f"{where}.{step}" if where and step else where or step
        if len(self.issues) < MOST:
            self.issues.append(Issue(code, f"{place}: {said}", (place,)))

    def refuse(self, step: str, said: str) -> None:
        """Name the fault of the element that begins, and pass over what is in it."""
        self.fault(said, step)
        self.skipped = 1

    # --- events ---------------------------------------------------------------------------------------------

    def declare(self, prefix: str | None, uri: str) -> None:
        if prefix is None and uri == XHTML:
            self.declared = True

    def cdata(self) -> None:
        # A section reads differently where the string is taken for HTML: its text is written out instead.
        if self.narrative:
            self.narrative.verbatim = False

    def start(self, name: str, attributes: list[str]) -> None:
        declared, self.declared = self.declared, False
        if self.skipped:
            self.skipped += 1
            return
        space, local, prefix = (*name.split(" "), "")[:3] if " " in name else ("", name, "")
        top = self.stack[-1]
        if self.narrative or (
            space == XHTML and top.kind and parts_of(top).get(local, _NONE).kind == "xhtml"
        ):
            self.narrate(top, declared=declared, name=(space, local, prefix), attributes=attributes)
        elif space != FHIR:
            named = repr(space[:80]) if space else "none"
            self.refuse(local[:64], f"must be in the namespace {FHIR}; it is in {named}")
        elif not top.kind:
            self.document(local, attributes)
        elif top.kind == "Resource":
            self.inner(top, local, attributes)
        else:
            self.element(top, local, attributes)

    def end(self, name: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        if self.narrative:
            self.narrative.leave(name.split(" ")[1])
            if self.narrative.depth:
                return
            top = self.stack[-1]
            top.value["div"] = self.narrative.result(self.raw, self.parser.CurrentByteIndex)
            top.counts["div"] = 1
            self.narrative = None
            return
        frame = self.stack[-1]
        if frame.kind == "Resource" and not frame.value:
            self.fault("must hold a resource")
        self.stack.pop()
        for key in frame.bare:
            if not any(value is not None for value in frame.value[key]):
                del frame.value[key]  # an array of nothing says no more than its absence
        if frame.part is not None and frame.part.json:
            self.primitive(self.stack[-1], frame)

    def text(self, text: str) -> None:
        if self.narrative and not self.skipped:
            self.narrative.text(text)
        elif not self.skipped and text.strip(" \t\r\n"):
            self.fault("text is not allowed here; a value stands in the attribute value")

    # --- elements -------------------------------------------------------------------------------------------

    def document(self, local: str, attributes: list[str]) -> None:
        if local not in spec().types:
            raise Malformed(f"R4 has no resource type {local[:64]!r}")
        self.root["resourceType"] = local
        self.stack.append(_Frame(local, local, self.root, 1))
        self.attributes(
            [
                item
                for pair in zip(attributes[::2], attributes[1::2], strict=True)
                if not pair[0].startswith(_SCHEMA_INSTANCE)
                for item in pair
            ]
        )

    def inner(self, holder: _Frame, local: str, attributes: list[str]) -> None:
        """The one resource that contained, Bundle.entry.resource and the like hold."""
        if local not in spec().types:
            self.refuse(local[:64], "is not a resource type of R4")
        elif holder.value:
            self.refuse(local, "only one resource may stand here")
        else:
            holder.value["resourceType"] = local
            self.stack.append(_Frame("", local, holder.value, holder.depth))
            self.attributes(attributes)

    def element(self, top: _Frame, local: str, attributes: list[str]) -> None:
        part = parts_of(top).get(local)
        if part is None or part.attribute or part.kind == "xhtml":
            self.refuse(local[:64], f"{top.kind} has no such element in XML")
            return
        number = top.counts.get(local, 0)
        if number and not part.many:
            self.refuse(local, "may be given only once")
            return
        if part.position < top.last:
            self.refuse(local, f"stands too late: the elements of {top.kind} have an order")
            return
        depth = top.depth + part.many + (0 if part.json else 1)
        if depth > DEEPEST:
            raise Malformed(
                f"the XML is nested more than {DEEPEST} levels deep in JSON", expression=(self.path(),)
            )
        top.last, top.counts[local] = part.position, number + 1
        step = part.step(local) + (f"[{number}]" if part.many else "")
        value: Resource = {}
        if not part.json:
            if part.many:
                top.value.setdefault(local, []).append(value)
            else:
                top.value[local] = value
        frame = _Frame(step, part.kind, value, depth + (1 if part.json else 0), local, part)
        self.stack.append(frame)
        self.attributes(attributes)

    def attributes(self, attributes: list[str]) -> None:
        """The attributes of the element that has just begun."""
        frame = self.stack[-1]
        known = parts_of(frame)
        for name, text in zip(attributes[::2], attributes[1::2], strict=True):
            part = known.get(name)
            if name == "value" and frame.part is not None and frame.part.json:
                try:
                    frame.given = values.read(text, frame.part.json)
                except ValueError:
                    self.fault(f"is not a valid {frame.kind}", code="value")
                    frame.given = values.WRONG
            elif part is not None and part.attribute:
                frame.value[name] = text
            else:
                self.fault("no such attribute", f"@{name.replace(' ', ':')[:64]}")

    def primitive(self, top: _Frame, frame: _Frame) -> None:
        """A primitive element has ended: its value, and what stands beside it."""
        value, beside, key = frame.given, frame.value, frame.key
        if value is None and not beside:
            self.fault("must have a value or an extension", frame.step)
        if frame.part is None or not frame.part.many:
            if value is not None:
                top.value[key] = value
            if beside:
                top.value[f"_{key}"] = beside
            return
        listed = top.value.setdefault(key, [])
        listed.append(value)
        if value is None:
            top.bare.add(key)
        if beside or f"_{key}" in top.value:
            extensions = top.value.setdefault(f"_{key}", [None] * (len(listed) - 1))
            extensions.append(beside or None)

    def narrate(
        self, top: _Frame, *, declared: bool, name: tuple[str, str, str], attributes: list[str]
    ) -> None:
        """An element of a narrative begins."""
        space, local, prefix = name
        if self.narrative is None:
            if top.counts.get("div"):
                self.refuse("div", "may be given only once")
                return
            top.last = parts_of(top)["div"].position
            self.narrative = Narrative(self.parser.CurrentByteIndex, declared=declared)
        try:
            self.narrative.enter(space, local, prefix, attributes)
        except NotNarrative as error:
            place = f"{self.path()}.div"
            raise Malformed(f"{place}: {error}", expression=(place,)) from error


_NONE = Part(-1, "", False, False, "", "")  # noqa: FBT003 - fields of a tuple


def parts_of(frame: _Frame) -> Any:
    """The elements that may stand in an open element."""
    return parts("Element" if frame.part is not None and frame.part.json else frame.kind)
