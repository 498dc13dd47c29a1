"""Reading XML that strangers wrote: no DOCTYPE, no entities, no network, bounded size and depth."""

import re

from lxml import etree

from akson.kit.errors import Malformed, TooLarge

SIZE_LIMIT = 35_000_000
"""Largest message in bytes: what the MSH API v2 takes in one request."""
DEPTH_LIMIT = 100

_PROLOG = re.compile(rb"\s*(?:<\?(?:[^?]|\?(?!>))*\?>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*")
_ENCODING = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODINGS = frozenset({"utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252"})
"""Encodings in which ASCII is ASCII, so that the look for a DOCTYPE cannot be fooled."""
_PARSER = etree.XMLParser(
    resolve_entities=False,
    load_dtd=False,
    no_network=True,
    remove_comments=True,
    remove_pis=True,
    huge_tree=True,
)
_UTF8_MARK = b"\xef\xbb\xbf"
_TOO_DEEP = etree.XPath(f"boolean(.{'/*' * DEPTH_LIMIT})")


class NotWellFormed(Malformed):
    """Not XML, or XML of a kind that is never read here."""


def parse(raw: bytes) -> etree._Element:
    """The root element. NotWellFormed when it is no safe XML, TooLarge beyond the limits."""
    if len(raw) > SIZE_LIMIT:
        raise TooLarge(f"the message is larger than {SIZE_LIMIT} bytes")
    body = raw.removeprefix(_UTF8_MARK).lstrip()
    _refuse_prolog(body)
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise NotWellFormed(f"not well-formed XML: {_position(error)}") from error
    if root.getroottree().docinfo.doctype:
        raise NotWellFormed("a document type declaration is never read")
    _refuse_depth(root)
    return root


def inner(element: etree._Element) -> str:
    """What stands between an element's tags, canonical: text escaped, children with their own namespaces."""
    text = _escape(element.text or "")
    for child in element:
        text += etree.tostring(child, method="c14n", exclusive=True, with_comments=False).decode() + _escape(
            child.tail or ""
        )
    return text


class Written(str):
    """Markup that we wrote ourselves, so that it needs no look."""

    __slots__ = ()


def document(text: str) -> bytes:
    """A root element as the message API wants a document: UTF-8, declared in its first line."""
    return f"<?xml version='1.0' encoding='UTF-8'?>\n{text}".encode()


def sound(markup: str) -> str:
    """Markup made by `inner` or `escape`, or said to be such, to stand between an element's tags. NotWellFormed when it cannot."""
    if isinstance(markup, Written) or _PLAIN.fullmatch(markup):
        return markup
    return inner(parse(f"<x>{markup}</x>".encode()))


def escape(text: str) -> str:
    """Plain text as markup; characters that XML 1.0 cannot hold are left out."""
    return text if _PLAIN.fullmatch(text) else _escape(_FORBIDDEN.sub("", text))


def quoted(text: str) -> str:
    """Plain text as the value of an attribute, between quotation marks."""
    if _PLAIN_VALUE.fullmatch(text):
        return text
    found = _escape(_FORBIDDEN.sub("", text))
    return found.replace('"', "&quot;").replace("\t", "&#9;").replace("\n", "&#10;")


_PLAIN = re.compile("[\t\n -%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
"""Text that is markup as it is."""
_PLAIN_VALUE = re.compile("[ !#-%'-;=?-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"})


def plain(markup: str) -> str:
    """Markup as text to read: one line a block, cells of a table apart by a tab, space folded in XHTML."""
    if "<" not in markup:
        return _unescape(markup).strip()
    parts: list[str] = []
    _collect(parse(f"<x>{markup}</x>".encode()), parts)
    cells = ([" ".join(cell.split()) for cell in line.split("\x1f")] for line in "".join(parts).split("\x1e"))
    return "\n".join(line for row in cells if (line := "\t".join(row).strip()))


def _collect(element: etree._Element, parts: list[str]) -> None:
    parts.append(element.text or "")
    for child in element:
        name = etree.QName(child).localname.lower()
        parts.append("\x1e" if name in _BLOCKS else "")
        _collect(child, parts)
        parts.append("\x1e" if name in _BLOCKS else "\x1f" if name in ("td", "th") else "")
        parts.append(child.tail or "")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _unescape(text: str) -> str:
    return text.replace("&#13;", "\r").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _refuse_prolog(body: bytes) -> None:
    # A NUL or another first byte is UTF-16, UTF-32 or EBCDIC, where the look for a DOCTYPE would see nothing.
    if not body.startswith(b"<") or b"\x00" in body[:8]:
        raise NotWellFormed("not XML in an encoding that messages use")
    declared = _ENCODING.match(body[:200])
    if declared and declared[1].decode().lower() not in _ENCODINGS:
        raise NotWellFormed("the character encoding is not one that messages use")
    prolog = _PROLOG.match(body)
    if body[prolog.end() if prolog else 0 :][:2] == b"<!":
        raise NotWellFormed("a document type declaration is never read")


def _refuse_depth(root: etree._Element) -> None:
    if _TOO_DEEP(root):
        raise TooLarge(f"the message is nested deeper than {DEPTH_LIMIT} elements")


def _position(error: Exception) -> str:
    # libxml2 quotes the text it stumbles on, which may be a person's: only the place is repeated.
    line = getattr(error, "lineno", None)
    return f"line {line}" if line else type(error).__name__
