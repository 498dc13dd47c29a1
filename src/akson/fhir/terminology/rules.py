"""Which concepts of one code system belong to a set: a small algebra that memory and database both evaluate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from akson.fhir.model import Resource


@dataclass(frozen=True, slots=True)
class Every:
    """All concepts."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """These codes."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """Concepts that pass a filter (http://hl7.org/fhir/R4/valueset-filter-operator.html)."""

    property: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    rule: "Rule"


@dataclass(frozen=True, slots=True)
class AllOf:
    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    rules: tuple["Rule", ...]


Rule = Every | OneOf | Where | Not | AllOf | AnyOf


class Canonical(NamedTuple):
    """A url and perhaps a version: `url|version`."""

    url: str
    version: str = ""

    @classmethod
    def read(cls, text: str) -> "Canonical":
        url, _, version = text.partition("|")
        return cls(url, version)

    def __str__(self) -> str:
        return f"{self.url}|{self.version}" if self.version else self.url


@dataclass(frozen=True, slots=True)
class Branch:
    """The part of a value set that lies in one code system. `listed`: how the set itself says its codes."""

    system: Canonical
    rule: Rule
    listed: Mapping[str, Resource] = field(default_factory=dict[str, Any])
    exact: tuple[str, ...] = ()
    """The codes, where the set lists all of them one by one."""
    weight: int = 1
    """How many rules it is made of, those of value sets inside counted each time."""
