"""Content-Digest (RFC 9530): what was sent is what came, whatever lies between.

A letter of a kind that has no signature (Epikrise, AppRec) would otherwise be taken in with what somebody's proxy made of it.
"""

import base64
import hashlib

HEADER = "Content-Digest"


def of(content: bytes) -> str:
    """The header's value for some content."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def fits(value: str, content: bytes) -> bool:
    """Whether content is what a header tells; also when it tells nothing, or in ways that are not read here."""
    told = [part.strip() for part in value.split(",")]
    known = [part for part in told if part.startswith("sha-256=")]
    return not known or known[0] == of(content)
