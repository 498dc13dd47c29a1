"""Identifiers that sort by the time they were made."""

import secrets
import time


def new_id() -> str:
    """A FHIR id: UUID version 7, 36 characters, sorts by time (RFC 9562 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_secret() -> str:
    """43 url-safe characters that cannot be guessed: session keys, codes, nonces."""
    return secrets.token_urlsafe(32)
