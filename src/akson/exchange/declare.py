"""What an information service is, as data. From a declaration follow routes, screens, policy, audit texts and docs.

The services stand one a file in `akson.services`, each with one constant SERVICE; `load` finds them by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any
from urllib.parse import parse_qsl

from akson.fhir.model import coding
from akson.record.kept import Kept
from akson.security.roles import OPEN_TYPES

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


class Sharing(StrEnum):
    """On what it rests that a cooperating service (D3) sees what the service holds of a citizen."""

    CONSENT = "consent"
    """The citizen has agreed: to whom, and until when."""
    CASE = "case"
    """It is a party to it: it asked, was asked, takes part, or wrote it."""
    OPEN = "open"
    """It is about nobody."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of lists and item pages: a label key of the catalogues and a FHIRPath on the resource.

    What the path gives is shown by its type: a concept by its words, a reference by its display, a time as people say it.
    A bare code is looked up in the catalogues (`code.<code>`), where every code that FHIR binds must have words.
    """

    label: str
    path: str


class Ask(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    LONG = "long"
    DATE = "date"
    NUMBER = "number"
    CONCEPT = "concept"
    """Words for a CodeableConcept, coded where one of the lists has them."""
    CHOICE = "choice"
    """One code of a code list, as a CodeableConcept."""
    PHONE = "phone"
    """A telephone number, as a ContactPoint."""
    PROSE = "prose"
    """A text of some length that is opened and read, as an Attachment of plain text."""
    LINK = "link"
    """An address of a page elsewhere, as a RelatedArtifact."""
    CLOCK = "clock"
    """A time of day, as 08:30."""
    CODE = "code"
    """One of `options`, as a bare code with words in the catalogues."""
    FLAG = "flag"
    """Yes or no."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form by which people register an item.

    `path` is where it stands: names of elements with dots, `[n]` for a place in a list, e.g. `note[0].text`.
    """

    name: str
    label: str
    path: str
    ask: Ask = Ask.TEXT
    lists: tuple[str, ...] = ()
    """Canonical urls of the code lists to choose from; for CONCEPT they are suggestions."""
    options: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """How people register an item: what every one holds, and what is asked for."""

    fields: tuple[Field, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Elements that every item has, besides the patient and the service's tag."""
    patient: str = "subject"
    """The element that refers to the patient; empty for what is about nobody."""
    writers: frozenset[Party] = frozenset({Party.PERSONNEL})
    author: str = ""
    """Where it says who wrote it, as a path of a field, for what a record system keeps itself; a register has Provenances."""
    place: str = ""
    """Where it says at which unit."""
    dated: str = ""
    """Where it says when it was written."""


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
    """Canonical url of the national profile that its items keep; empty where none fits: then Akson's own (exchange/profiles)."""
    needs: tuple[str, ...] = ()
    """Elements that each item has, besides those that R4 and the form demand: paths of names."""
    rows: tuple[str, ...] = ()
    """Requirement rows of the sub-service that the part is."""
    kinds: str = ""
    """Canonical url of the kinds of change, where the items stand on one list with an order of versions (record/kept_list.py):
    each change says what kind it is and why, and names the version of the list that it was made from."""
    operation: str = ""
    """Where its items lie in no store and are made when they are asked for: the operation (`$name`) of the type that makes them,
    whose parameters are the search and the patient."""
    entry: Entry | None = None
    """None where items come from elsewhere: written in the record, measured, received."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The search as names and values."""
        return parse_qsl(self.search, keep_blank_values=True)

    @property
    def path(self) -> str:
        """What is asked with the search, below the base of a FHIR server."""
        return f"{self.type}/{self.operation}" if self.operation else self.type


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
    purpose: str = ""
    """Key of the catalogues: what it is for, to those who read its page."""

    @property
    def tag(self) -> dict[str, str]:
        """The Coding in meta.tag of what its register holds."""
        return coding(TAG_SYSTEM, self.slug)

    @property
    def kinds(self) -> str:
        """Canonical url of the kinds of change of its list, where it keeps one in an order; else empty."""
        return next((part.kinds for part in self.parts if part.kinds), "")

    case: bool = False
    """Its items are between parties: a cooperating service sees those that it is a party to."""

    @property
    def is_general(self) -> bool:
        """Whether it is about nobody: what is on offer, and knowledge."""
        return all(part.type in OPEN_TYPES for part in self.parts)

    @property
    def sharing(self) -> Sharing | None:
        """On what it rests that a cooperating service sees it; None where such services take no part."""
        if Party.PARTNER not in self.parties:
            return None
        if self.is_general:
            return Sharing.OPEN
        return Sharing.CASE if self.case else Sharing.CONSENT

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


NOT_COPIED = frozenset({"Appointment", "Consent", "RelatedPerson", "ServiceRequest"})
"""Types that a register shares and of which a record system keeps other things, for itself."""


@lru_cache
def copied_types() -> frozenset[str]:
    """What the look services show about patients, and what record systems still keep of what is shared (row P3): the types
    that the platform's data hotel has copies of.
    """
    modes = {Mode.LOOK, Mode.SHARE}
    found = {part.type for each in load() if each.mode in modes for part in each.parts}
    return frozenset(found - OPEN_TYPES - NOT_COPIED)


@lru_cache
def general_types() -> frozenset[str]:
    """What the general services hold: told to the platform where it carries the tag of its service, by which it is published."""
    return frozenset(part.type for each in load() if each.is_general for part in each.parts)


def operations() -> dict[str, Part]:
    """The parts whose items are made when they are asked for, by what is asked (`Type/$name`)."""
    return {part.path: part for each in load() for part in each.parts if part.operation}


@lru_cache
def kept_lists() -> tuple[Kept, ...]:
    """The shared lists that are kept in an order of versions."""
    found: dict[tuple[str, str], set[str]] = {}
    for each in load():
        for part in each.parts:
            if part.kinds:
                found.setdefault((each.slug, part.kinds), set()).add(part.type)
    return tuple(Kept((TAG_SYSTEM, slug), frozenset(types), kinds) for (slug, kinds), types in found.items())


def service(slug: str) -> InformationService:
    """One service by its slug; KeyError when there is none."""
    return {each.slug: each for each in load()}[slug]
