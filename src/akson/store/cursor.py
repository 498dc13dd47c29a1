"""Marks of where a page ended: sealed, so that they say nothing to clients, and are known again when they come back.

Marks travel in addresses, and addresses hold no personal data, as the value that a page is sorted by may be. The number
of a row would tell how much is written of others, and so would the length of a mark: it goes by steps.
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
from akson.store.database.pool import Tx

LIMIT = 2000
NONCE = 12
STEP = 64
"""Bytes by which a mark grows: all marks of numbers alone are of one length."""
# Times and versions beyond this are not of any row; they would overflow a date.
LARGE = 2**62


async def secret_of(tx: Tx) -> bytes:
    """The 32 bytes that marks of this database are sealed with."""
    row = await tx.constant("select value from secret where name = 'cursor'")
    return bytes(row[0]) if row else b""


def write(values: Sequence[Any], secret: bytes) -> str:
    """A mark that holds these values: a kind and what follows."""
    raw = orjson.dumps(list(values))
    raw += b" " * (-len(raw) % STEP)
    nonce = os.urandom(NONCE)
    sealed = nonce + _sealing(secret).encrypt(nonce, raw, None)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read(mark: str, kind: str, secret: bytes, integers: int = 0) -> list[Any]:
    """The values of a mark of this kind, of which the next `integers` must be 64-bit integers; else Malformed."""
    values = _decoded(mark, secret)
    right = bool(values) and values[0] == kind and (not integers or len(values) == integers + 1)
    if not right or not all(type(value) is int and abs(value) < LARGE for value in values[1 : integers + 1]):
        raise Malformed("the page mark is not one of this server: start the search again")
    return values


_sealing = lru_cache(maxsize=8)(AESGCM)


def _decoded(mark: str, secret: bytes) -> list[Any]:
    if len(mark) > LIMIT:
        return []
    try:
        raw = base64.b64decode(mark + "=" * (-len(mark) % 4), altchars=b"-_", validate=True)
        values = orjson.loads(_sealing(secret).decrypt(raw[:NONCE], raw[NONCE:], None))
    except (ValueError, binascii.Error, InvalidTag):
        return []
    return values if isinstance(values, list) else []
