"""What may come along with a letter: kinds that a person here can open, that are what they say, and that do nothing by themselves.

A refusal is said to the sender at once, so that it can send the same in another way; a letter whose attachment a clinician
must not open is worse than none.
"""

import re

from lxml import etree

from akson.kit.errors import AksonError
from akson.messaging.kith import xml
from akson.messaging.model import Attachment

_STARTS: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
}
_XML = frozenset({"application/xml", "text/xml"})
KINDS = frozenset({*_STARTS, *_XML, "text/plain"})
"""Kinds of attachment that a person here can open."""
_ACTIVE_PDF = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA|SubmitForm|ImportData)\b")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE_SPACES = frozenset({"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
_PREFIX = 1024
"""PDF readers look for the beginning within so many bytes."""


def fault(attachment: Attachment) -> str:
    """Why an attachment cannot be taken, in words for its sender; nothing when it can."""
    kind = attachment.mime.partition(";")[0].strip().lower()
    if kind not in KINDS:
        return f"attachment of type {attachment.mime or 'unknown'}"
    return _fault(kind, attachment.data) if attachment.data else ""


def _fault(kind: str, content: bytes) -> str:
    start = content[: _PREFIX if kind == "application/pdf" else 8].lstrip()
    if (kind in _STARTS and not start.startswith(_STARTS[kind])) or (
        kind == "text/plain" and b"\x00" in content
    ):
        return f"an attachment is not the {kind} that it is said to be"
    if kind == "application/pdf" and _is_active_pdf(content):
        return "a document with active content (scripts, forms that send, files inside)"
    if kind in _XML and not _is_plain_xml(content):
        return "XML that is not well-formed, or with active content"
    return ""


def _is_active_pdf(content: bytes) -> bool:
    """By the names in it; a name may be written with its letters as numbers (#4A)."""
    plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)
    return _ACTIVE_PDF.search(plain) is not None


def _is_plain_xml(content: bytes) -> bool:
    try:
        root = xml.parse(content)
    except AksonError:
        return False
    if b"<?xml-stylesheet" in content:
        return False  # a style sheet is a program
    return not any(etree.QName(each).namespace in _ACTIVE_SPACES for each in root.iter(etree.Element))
