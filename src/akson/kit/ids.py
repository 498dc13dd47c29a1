"""Identifiers that sort by the time they were made."""

import secrets
import time
import uuid


def new_id() -> str:
    """A FHIR id: UUID version 7, 36 characters, sorts by time (RFC 9562 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return str(uuid.UUID(int=value))


def new_secret() -> str:
    """43 url-safe characters that cannot be guessed: session keys, codes, nonces."""
    return secrets.token_urlsafe(32)
