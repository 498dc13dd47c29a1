"""The XHTML of a narrative between its two shapes: an element in XML, a string in JSON.

http://hl7.org/fhir/R4/narrative.html. The text of the element is kept as it was written wherever it means the same on
its own; only what leans on its surroundings (namespace prefixes, CDATA) is written anew.
"""

from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from akson.fhir.xml.parts import XHTML

DEEPEST = 100
"""Levels of nesting in a narrative."""
_ROOT = f"{XHTML} div"
_XML = "http://www.w3.org/XML/1998/namespace"


class NotNarrative(ValueError):
    """Not one well-formed div of XHTML; says what is wrong, never with content of it."""


def check(div: str) -> bool:
    """Whether the div names its namespace itself. NotNarrative when it is no XHTML div that XML can hold."""
    parser = expat.ParserCreate("utf-8", " ")
    depth = 0
    bare = False

    def start(name: str, _attributes: object) -> None:
        nonlocal depth, bare
        if not depth and name not in {_ROOT, "div"}:
            raise NotNarrative("must be one div element of XHTML")
        bare = bare or name == "div"
        depth += 1
        if depth > DEEPEST:
            raise NotNarrative(f"is nested more than {DEEPEST} levels deep")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise NotNarrative("holds a document type or a processing instruction")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    parser.XmlDeclHandler = refuse
    try:
        parser.Parse(div.encode("utf-8", "surrogatepass"), True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError as error:
        raise NotNarrative(f"is not well-formed XHTML: {expat.ErrorString(error.code)}") from error
    return not bare


class Narrative:
    """A div as it is read: its source where that stands on its own, else the same written anew."""

    def __init__(self, start: int, *, declared: bool) -> None:
        self.start = start
        self.verbatim = declared
        self.depth = 0
        self._anew: list[str] = []
        self._open = False

    def enter(self, space: str, local: str, prefix: str, attributes: list[str]) -> None:
        """An element begins. `attributes` are names and values in turn."""
        if space != XHTML:
            raise NotNarrative(f"holds an element {local[:64]!r} that is not of XHTML")
        if self.depth >= DEEPEST:
            raise NotNarrative(f"is nested more than {DEEPEST} levels deep")
        self._close()
        self.verbatim = self.verbatim and not prefix
        self._anew.append(f"<{local}" if self.depth else f'<{local} xmlns="{XHTML}"')
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            parts = name.split(" ")
            if len(parts) > 1 and parts[0] != _XML:
                raise NotNarrative(f"holds an attribute {parts[1][:64]!r} of another namespace")
            key = f"xml:{parts[1]}" if len(parts) > 1 else name
            self._anew.append(f" {key}={quoteattr(value)}")
        self._open = True
        self.depth += 1

    def text(self, text: str) -> None:
        self._close()
        self._anew.append(escape(text, {"\r": "&#13;"}))

    def leave(self, local: str) -> None:
        """The innermost element ends."""
        self.depth -= 1
        self._anew.append("/>" if self._open else f"</{local}>")
        self._open = False

    def _close(self) -> None:
        if self._open:
            self._anew.append(">")
            self._open = False

    def result(self, raw: bytes, end: int) -> str:
        """The div; `end` is where its end tag begins in the source."""
        if self.verbatim and raw[end : end + 2] == b"</":
            return raw[self.start : raw.index(b">", end) + 1].decode()
        return "".join(self._anew)
