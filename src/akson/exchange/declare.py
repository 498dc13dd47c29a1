"""What an information service is, as data. From a declaration follow routes, screens, policy, audit texts and docs.

The services stand one a file in `akson.services`, each with one constant SERVICE; `load` finds them by name.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

TAG_SYSTEM = "https://akson.example/fhir/CodeSystem/informasjonstjeneste"
"""meta.tag of a resource that belongs to a shared register: its code is the service's slug."""


class Mode(StrEnum):
    """How a service works (the three forms of interaction of Helhetlig samhandling, 2019, 5.1)."""

    SHARE = "share"
    """Endre og dele: the authoritative source lies in the platform; every record system registers and reads."""
    LOOK = "look"
    """Slaa opp og tilgjengeliggjoere: asked from the sources when needed."""
    SEND = "send"
    """Sende og motta: sender and receiver are known."""


class Party(StrEnum):
    """Who takes part: health personnel (D1), the citizen (D2), other services (D3)."""

    PERSONNEL = "personnel"
    CITIZEN = "citizen"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of lists and item pages: a label key of the catalogues and a FHIRPath on the resource."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of resource that the service holds."""

    slug: str
    type: str
    search: str
    """Query string that finds its resources, without the patient."""
    columns: tuple[Column, ...]
    title: str
    """Key of the catalogues."""
    codes: str = ""
    """Canonical url of the code list that `code` is chosen from, where there is one."""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class InformationService:
    """One of the information services."""

    number: int
    slug: str
    title: str
    """Key of the catalogues."""
    mode: Mode
    group: str
    parties: frozenset[Party]
    parts: tuple[Part, ...]
    rows: tuple[str, ...] = ()
    """Requirement rows it stands for."""

    def part(self, slug: str) -> Part:
        """One part by its slug; KeyError when there is none."""
        return {part.slug: part for part in self.parts}[slug]


class BadDeclaration(TypeError):
    """A module of the services' package does not declare a service, or one that clashes with another."""


@lru_cache
def load(package: str = "akson.services") -> tuple[InformationService, ...]:
    """All declared services of a package in the order of their numbers."""
    found: dict[int, InformationService] = {}
    for module in iter_modules(import_module(package).__path__):
        service = getattr(import_module(f"{package}.{module.name}"), "SERVICE", None)
        if not isinstance(service, InformationService):
            raise BadDeclaration(f"{package}.{module.name} declares no SERVICE")
        if service.slug.replace("-", "_") != module.name:
            raise BadDeclaration(f"{package}.{module.name}: slug {service.slug} and file name differ")
        if service.number in found:
            raise BadDeclaration(f"services {service.slug} and {found[service.number].slug} share a number")
        found[service.number] = service
    return tuple(found[number] for number in sorted(found))


def service(slug: str) -> InformationService:
    """One service by its slug; KeyError when there is none."""
    return {each.slug: each for each in load()}[slug]
