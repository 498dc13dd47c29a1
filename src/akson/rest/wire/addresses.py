"""Addresses with parameters, as links tell them."""

import re
from collections.abc import Iterable
from urllib.parse import quote

_SAFE = ":/|,"
"""Legal in a query, and what people read in a FHIR search."""
_PLAIN = re.compile(rf"[A-Za-z0-9_.~{_SAFE}-]*")


def address(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A path with name and value pairs; the path alone where there are none."""
    query = "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])
    return f"{path}?{query}" if query else path


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe=_SAFE)
