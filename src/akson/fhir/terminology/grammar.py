"""Code systems that are a grammar and no list: language tags, media types and units.

BCP 47 (RFC 5646, 2.1), BCP 13 (RFC 6838, 4.2), UCUM. A code belongs to the system when the grammar takes it.
"""

import re
from collections.abc import Callable

from akson.fhir import ucum

_LANGUAGE = re.compile(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?"
    r"(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*"
    r"(?:-x(?:-[A-Za-z0-9]{1,8})+)?|x(?:-[A-Za-z0-9]{1,8})+",
)
_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA = re.compile(rf"{_NAME}/{_NAME}(?:\s*;\s*[^\s;=]+=(?:[^\s;\"]+|\"[^\"]*\"))*")

_GRAMMARS: dict[str, Callable[[str], object]] = {
    "urn:ietf:bcp:47": _LANGUAGE.fullmatch,
    "urn:ietf:bcp:13": _MEDIA.fullmatch,
    "http://unitsofmeasure.org": ucum.valid,
}


def defined(system: str) -> bool:
    return system in _GRAMMARS


def takes(system: str, code: str) -> bool:
    """Whether the grammar of the system takes a code."""
    return bool(_GRAMMARS[system](code))
