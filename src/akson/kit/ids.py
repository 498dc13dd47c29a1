"""Identifiers that sort by the time they were made."""

import os
import secrets
import time

_FREE = ~(0xF << 76 | 0x3 << 62)
_MARKS = 0x7 << 76 | 0x2 << 62
"""Version and variant."""


def new_id() -> str:
    """A FHIR id: UUID version 7, 36 characters, sorts by time (RFC 9562 5.7)."""
    chance = int.from_bytes(os.urandom(10))
    value = (time.time_ns() // 1_000_000) << 80 | chance & _FREE | _MARKS
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_secret() -> str:
    """43 url-safe characters that cannot be guessed: session keys, codes, nonces."""
    return secrets.token_urlsafe(32)
