"""One frozen Settings for a program, one Node for each node it hosts. Every field has a help text.

A setting is read from the environment as AKSON_<NAME>. `docs/reference/settings.md` is generated from here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from akson.kit.errors import Malformed


class Role(StrEnum):
    """What a node serves (architecture: what runs)."""

    JOURNAL = "journal"
    SAMHANDLING = "samhandling"
    TILLITSANKER = "tillitsanker"
    IGA = "iga"
    FHIR = "fhir"


def setting(default: object, description: str) -> object:
    """A field of Settings with its help text."""
    return field(default=default, metadata={"help": description})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may set."""

    data: Path = setting(Path("data"), "Folder of the embedded database, keys and blobs.")  # type: ignore[assignment]
    host: str = setting("127.0.0.1", "Address to listen on.")  # type: ignore[assignment]
    port: int = setting(8000, "Port to listen on.")  # type: ignore[assignment]
    database: str = setting("", "Connection URI of an own PostgreSQL 15-18; empty means the embedded one.")  # type: ignore[assignment]
    workers: int = setting(1, "Server processes. One is fastest on two cores.")  # type: ignore[assignment]
    pool: int = setting(8, "Database connections of each node in each process.")  # type: ignore[assignment]
    body_limit: int = setting(50_000_000, "Largest request body in bytes.")  # type: ignore[assignment]
    peer_timeout: float = setting(3.0, "Seconds to wait for another node before it counts as silent.")  # type: ignore[assignment]
    packages: str = setting("", "Folder of FHIR packages (.tgz) to load, as the FHIR package cache has it.")  # type: ignore[assignment]

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from AKSON_* variables. A value of the wrong kind is refused with its name."""
        values: dict[str, object] = {}
        for each in fields(cls):
            name = f"AKSON_{each.name.upper()}"
            if (raw := environment.get(name)) is not None:
                try:
                    values[each.name] = type(each.default)(raw)
                except ValueError as error:
                    raise Malformed(f"{name} must be {type(each.default).__name__}, got {raw!r}") from error
        return cls(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Node:
    """One installation: what it is called, where it answers, which organisation owns it, whom it trusts."""

    name: str
    """Path prefix and database name, e.g. journal."""
    roles: frozenset[Role]
    base: str
    """Absolute address without a trailing slash, e.g. http://localhost:8000/journal."""
    title: str
    """What people call it, e.g. the name of the municipality."""
    organization: str
    """Organisation number of the owner (organisasjonsnummer)."""
    client_id: str
    """The system's identity at the trust anchor."""
    her_id: str = ""
    """The system's own address in the address register."""
    trust: str = ""
    """Base of the trust anchor (issuer)."""
    platform: str = ""
    """Base of the platform node."""

    @property
    def fhir(self) -> str:
        """FHIR base."""
        return f"{self.base}/fhir"
