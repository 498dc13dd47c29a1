"""The words of a resource, for full-text search: narrative, documents carried inside it as text, and on demand the rest."""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from typing import Any

from akson.fhir.extract.strings import texts
from akson.fhir.model import Resource

LONGEST_DOCUMENT = 1_000_000
"""Characters of base64 beyond which a document carried inside a resource is not read."""
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"\s+")
_READABLE = ("text/plain", "text/html", "application/xhtml+xml", "text/markdown")


def content(resource: Resource, *, every_text: bool = False) -> str:
    """Plain text on one line; empty where the resource has none."""
    parts = []
    narrative = resource.get("text")
    if type(narrative) is dict and narrative.get("div"):
        parts.append(plain(narrative["div"]))
    parts += _documents(resource)
    if every_text:
        parts = list(dict.fromkeys([*parts, *texts(resource)]))
    return " ".join(parts)


def plain(markup: str) -> str:
    """The text of (X)HTML without its tags, white space collapsed."""
    return _SPACE.sub(" ", html.unescape(_TAG.sub(" ", markup))).strip()


def _documents(resource: Resource) -> Iterator[str]:
    kind = resource["resourceType"]
    if kind == "Binary":
        yield from _read(resource.get("contentType", ""), resource.get("data"))
    elif kind == "DocumentReference":
        for part in resource.get("content", ()):
            attachment = part.get("attachment", {})
            if title := attachment.get("title"):
                yield title
            yield from _read(attachment.get("contentType", ""), attachment.get("data"))
        if description := resource.get("description"):
            yield description


def _read(media_type: str, data: Any) -> Iterator[str]:
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in _READABLE or not data or len(data) > LONGEST_DOCUMENT:
        return
    try:
        found = base64.b64decode(data).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return
    yield plain(found) if "html" in kind else _SPACE.sub(" ", found).strip()
