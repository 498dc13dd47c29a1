"""Marks of where a page ended: opaque to clients, checked when they come back."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson

from akson.kit.errors import Malformed

LIMIT = 2000
# Times and versions beyond this are not of any row; they would overflow a date.
LARGE = 2**62


def write(values: Sequence[Any]) -> str:
    """A mark that holds these values: a kind and what follows."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


def read(mark: str, kind: str, integers: int = 0) -> list[Any]:
    """The values of a mark of this kind, of which the next `integers` must be 64-bit integers; else Malformed."""
    values = _decoded(mark)
    right = bool(values) and values[0] == kind and (not integers or len(values) == integers + 1)
    if not right or not all(type(value) is int and abs(value) < LARGE for value in values[1 : integers + 1]):
        raise Malformed("the page mark is not one of this server: start the search again")
    return values


def _decoded(mark: str) -> list[Any]:
    if len(mark) > LIMIT:
        return []
    try:
        values = orjson.loads(base64.b64decode(mark + "=" * (-len(mark) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error):
        return []
    return values if isinstance(values, list) else []
