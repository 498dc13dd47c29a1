"""Marks of where a page ended: opaque to clients, checked when they come back.

Marks travel in addresses, and addresses hold no personal data: a mark that would hold a name is sealed.
"""

import base64
import binascii
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from akson.kit.errors import Malformed

LIMIT = 2000
NONCE = 12
# Times and versions beyond this are not of any row; they would overflow a date.
LARGE = 2**62


def write(values: Sequence[Any], secret: bytes | None = None) -> str:
    """A mark that holds these values: a kind and what follows; sealed with a secret of 32 bytes."""
    raw = orjson.dumps(list(values))
    if secret is not None:
        nonce = os.urandom(NONCE)
        raw = nonce + _sealing(secret).encrypt(nonce, raw, None)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read(mark: str, kind: str, integers: int = 0, secret: bytes | None = None) -> list[Any]:
    """The values of a mark of this kind, of which the next `integers` must be 64-bit integers; else Malformed."""
    values = _decoded(mark, secret)
    right = bool(values) and values[0] == kind and (not integers or len(values) == integers + 1)
    if not right or not all(type(value) is int and abs(value) < LARGE for value in values[1 : integers + 1]):
        raise Malformed("the page mark is not one of this server: start the search again")
    return values


_sealing = lru_cache(maxsize=8)(AESGCM)


def _decoded(mark: str, secret: bytes | None) -> list[Any]:
    if len(mark) > LIMIT:
        return []
    try:
        raw = base64.b64decode(mark + "=" * (-len(mark) % 4), altchars=b"-_", validate=True)
        if secret is not None:
            raw = _sealing(secret).decrypt(raw[:NONCE], raw[NONCE:], None)
        values = orjson.loads(raw)
    except (ValueError, binascii.Error, InvalidTag):
        return []
    return values if isinstance(values, list) else []
