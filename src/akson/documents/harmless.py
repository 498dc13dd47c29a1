"""Files that people attach: what they are by their own first bytes, how large, and that nothing in them runs when they are opened.

Taken are PDF, PNG, JPEG and plain text. A PDF may hold no scripts, no files, no forms that send, and may not be encrypted, since what
cannot be read cannot be looked through; its compressed objects are looked through too (ISO 32000-1, 7.5.7 and 12.6).
"""

import re
import zlib
from dataclasses import dataclass

from akson.kit.errors import Issue, Unprocessable

LARGEST = 5_000_000
"""Bytes of one file."""
UNPACKED = 20_000_000
"""Bytes of the compressed objects of one PDF."""
PDF, PNG, JPEG, TEXT = "application/pdf", "image/png", "image/jpeg", "text/plain"
BEGINNINGS = {b"%PDF-": PDF, b"\x89PNG\r\n\x1a\n": PNG, b"\xff\xd8\xff": JPEG}
RUNS = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE|Encrypt)(?![A-Za-z0-9])"
)
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
OBJECTS = re.compile(rb"/ObjStm(?![A-Za-z0-9])")
HEX = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class File:
    """One that was looked through. `kind` is its media type."""

    name: str
    kind: str
    data: bytes


def checked(name: str, data: bytes) -> File:
    """The file. Unprocessable with the code `too-large`, `unknown-kind` or `active` where it is not taken."""
    if len(data) > LARGEST:
        raise _refused("too-large", f"A file has at most {LARGEST} bytes")
    kind = kind_of(data)
    if not kind:
        raise _refused("unknown-kind", "Files are PDF, PNG, JPEG or plain text")
    if kind == PDF and _runs(data):
        raise _refused("active", "A PDF with scripts, files or encryption in it is not taken")
    short = re.sub(r"[^\w .()-]", "_", name.rpartition("/")[2].rpartition("\\")[2])[-100:]
    return File(short.strip() or "fil", kind, data)


def kind_of(data: bytes) -> str:
    """The media type by the first bytes; empty for what is not taken."""
    found = next((kind for begins, kind in BEGINNINGS.items() if data.startswith(begins)), "")
    return found or (TEXT if _is_text(data) else "")


def _is_text(data: bytes) -> bool:
    try:
        words = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(words.strip()) and not any(ord(sign) < 32 and sign not in "\t\r\n\f" for sign in words)


def _runs(data: bytes) -> bool:
    outside = STREAM.sub(b" ", data)
    if RUNS.search(_plain(outside)):
        return True
    if not OBJECTS.search(_plain(outside)):
        return False
    left = UNPACKED
    for found in STREAM.finditer(data):
        unpacker = zlib.decompressobj()
        try:
            inside = unpacker.decompress(found[1], left)
        except zlib.error:
            continue
        left -= len(inside)
        if RUNS.search(_plain(inside)) or left <= 0:
            return True
    return False


def _plain(data: bytes) -> bytes:
    """With names as they are read: a letter of a name may be written as its number."""
    return HEX.sub(lambda found: bytes([int(found[1], 16)]), data)


def _refused(code: str, why: str) -> Unprocessable:
    return Unprocessable(why, issues=(Issue("business-rule", why, (code,)),))
