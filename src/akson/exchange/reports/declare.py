"""What a register is, as data: who owns it, what starts a report, by when, and how the report is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from akson.fhir.model import Resource
from akson.kit.errors import Unprocessable
from akson.messaging.kith.binding import Binding
from akson.messaging.model import Party

T = TypeVar("T")


class Lacks(Unprocessable):
    """The record does not say what the register must be told; `element` is what a person has to fill in."""

    def __init__(self, element: str) -> None:
        super().__init__(f"a report needs {element}", expression=(element,))
        self.element = element


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report is made from."""

    resource: Resource
    patient: Resource
    unit: Party
    """The unit that reports, which has an address of its own."""
    related: Mapping[str, Resource] = field(default_factory=dict)
    """What the resource refers to, of the types that the register asks for, by reference."""


@dataclass(frozen=True, slots=True)
class Format(Generic[T]):
    """How a register's reports are written. A change is told as a withdrawal of the old and a report of the new."""

    binding: Binding[T]
    make: Callable[[Facts], T | None]
    """What the register is to hold of a resource; None where it is to hold nothing. Raises Lacks."""
    withdrawal: Callable[[T], T]
    is_withdrawal: Callable[[T], bool]
    essence: Callable[[T], Any]
    """What two reports are compared by: all but what differs each time one is written."""
    fault: Callable[[T], str]
    """What the register refuses beyond its schema (key of the catalogues); empty where it takes the report."""
    about: Callable[[T], str]
    """What it is about, in the words of its code list."""


@dataclass(frozen=True, slots=True)
class Register:
    """One register."""

    slug: str
    owner: str
    """The body that keeps it, by its own name."""
    starts: frozenset[str]
    """Resource types whose writing starts a report."""
    message: str
    """Type of the message (V8279); the address register says who takes it."""
    standard: str
    """The format, as its owner calls it."""
    version: str
    within: timedelta
    """How soon after the event it must have been told."""
    format: Format[Any]
    related: frozenset[str] = frozenset()
    """Types of what a report tells of too, where the resource refers to it."""

    @property
    def title(self) -> str:
        """Key of the catalogues."""
        return f"report.register_{self.slug}"

    @property
    def basis(self) -> str:
        """Key of the catalogues: by what law it is told, and of what."""
        return f"report.basis_{self.slug}"

    @property
    def kept(self) -> str:
        """Kind under which it is kept what may have to be told (store/underway/keep.py)."""
        return f"report-{self.slug}"
