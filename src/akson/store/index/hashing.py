"""64-bit hashes of what a resource is found by, and the normal form of text. Changing either needs a reindex."""

from functools import lru_cache
from hashlib import blake2b

from akson.kit.letters import normal as normal  # noqa: PLC0414  part of how rows are found

SEPARATOR = "\x1f"


@lru_cache(maxsize=200_000)
def hash64(*parts: str) -> int:
    """Signed 64-bit BLAKE2b of the parts."""
    digest = blake2b(SEPARATOR.join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def digest(raw: bytes) -> int:
    """What tells two texts of bytes apart; never 0."""
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True) or 1


@lru_cache(maxsize=65_536)
def resource_key(kind: str, identity: str) -> int:
    """What a reference to this resource points at."""
    return hash64("key", kind, identity)


def url_key(url: str) -> int:
    """What a reference to a resource elsewhere points at."""
    return hash64("url", url)


@lru_cache(maxsize=65_536)
def patient_number(patient: str | None) -> int:
    """The number of a patient, by the id of the Patient resource; 0 for nobody."""
    return (hash64("patient", patient) or 1) if patient else 0


@lru_cache(maxsize=16_384)
def parameter(kind: str, code: str) -> int:
    """A search parameter of a type."""
    return hash64("param", kind, code)


@lru_cache(maxsize=16_384)
def canonical(kind: str, code: str) -> int:
    """A parameter as one end of canonical references: what they name, or as `url` what is named."""
    return hash64("param", kind, f"{code}:canonical")


@lru_cache(maxsize=16_384)
def present(kind: str, code: str) -> int:
    """The mark that a resource has a value for a parameter."""
    return hash64("present", kind, code)


def token(kind: str, code: str, system: str | None, value: str | None) -> int:
    """A token: with system and value, with one of them None for any."""
    if system is None:
        return hash64("code", kind, code, value or "")
    if value is None:
        return hash64("system", kind, code, system)
    return hash64("token", kind, code, system, value)


def label(system: str, code: str) -> int:
    """A security label (meta.security)."""
    return hash64("label", system, code)
