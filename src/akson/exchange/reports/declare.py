"""What a register is, as data: who owns it, what starts a report, by when, and how the report is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast
from uuid import NAMESPACE_URL, UUID, uuid5

from akson.fhir.model import Resource
from akson.kit.errors import Unprocessable
from akson.messaging.model import Header, Party

T = TypeVar("T")
SAID = "https://akson.example/fhir/CodeSystem/registermelding"
"""System of what a Task about a report says of it: its codes are keys of the catalogues below `report.`, so that each reader has
the words of the own language."""


def number_of(id_: str, of: str) -> str:
    """What a register calls the thing that has an id here: the same UUID each time, whatever the id is."""
    try:
        return str(UUID(id_))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"{of}/{id_}"))


class Lacks(Unprocessable):
    """The record does not say what the register must be told: each element that a person has to fill in, with what its text needs."""

    def __init__(self, *elements: str, **values: object) -> None:
        super().__init__(f"a report needs {', '.join(elements)}", expression=elements)
        self.elements: dict[str, dict[str, object]] = dict.fromkeys(elements, values)

    @property
    def texts(self) -> dict[str, dict[str, object]]:
        """Keys of the catalogues with their values."""
        return {f"report.lacks_{each}": values for each, values in self.elements.items()}


class Lacking:
    """Tries all that a report is made of, so that all that is missing is told at once."""

    def __init__(self) -> None:
        self._elements: dict[str, dict[str, object]] = {}

    def of(self, make: Callable[[], T]) -> T:
        """What `make` gives. Where something is missing nothing is given, and `check` tells of it before that is used."""
        try:
            return make()
        except Lacks as error:
            self._elements |= error.elements
            return cast("T", None)

    def check(self) -> None:
        """Lacks with all that is missing."""
        if self._elements:
            error = Lacks(*self._elements)
            error.elements = self._elements
            raise error


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report is made from."""

    resource: Resource
    patient: Resource
    unit: Party
    """The unit that reports, which has an address of its own."""
    related: Mapping[str, Resource] = field(default_factory=dict)
    """What the resource refers to, of the types that the register asks for, by reference."""
    beside: Mapping[str, Sequence[Resource]] = field(default_factory=dict)
    """What else the record has of the patient, as the register asks for it, by type."""


@dataclass(frozen=True, slots=True)
class Format(Generic[T]):
    """What a report says, of one thing. A change is told as a withdrawal of the old and a report of the new, unless amended."""

    make: Callable[[Facts], T | None]
    """What the register is to hold of a resource; None where it is to hold nothing. Raises Lacks."""
    withdrawal: Callable[[T], T]
    is_withdrawal: Callable[[T], bool]
    essence: Callable[[T], Any]
    """What two reports are compared by: all but what differs each time one is written."""
    fault: Callable[[T], str]
    """What the register refuses beyond its schema (key of the catalogues); empty where it takes the report."""
    about: Callable[[T], str]
    """What it is about, beside the kind of thing it is: in the words of its code list, as numbers or a day, so in no one's language."""
    key: Callable[[T], str] = lambda _: ""
    """What the register calls it in its receipt."""
    amended: Callable[[T, T], T | None] = lambda _held, _wanted: None
    """One report that makes what the register holds into what it is to hold; None where that takes two."""


@dataclass(frozen=True, slots=True)
class Submission(Generic[T]):
    """What goes to a register at once."""

    header: Header
    items: Sequence[T]
    practice: str = ""
    """What the register calls the one who reports, where it has a name of its own for it."""


@dataclass(frozen=True, slots=True)
class Way(Generic[T]):
    """A format on its way: how reports are put into a submission, and how many at most."""

    message: str
    """Type of the message (V8279, or an ability of the address register); the address register says who takes it."""
    standard: str
    """As its owner calls it."""
    version: str
    write: Callable[[Submission[T]], bytes]
    read: Callable[[bytes], tuple[T, ...]]
    """NotWellFormed or NotOfSchema where it is none, or says what its schema does not know."""
    most: int = 1
    content_type: str = "application/xml"
    needs_practice: bool = False
    """It is open to those alone whom the register knows by a name of its own."""

    @property
    def is_letter(self) -> bool:
        """It goes as a message between addresses, which may be signed; else over the register's own interface."""
        return self.content_type == "application/xml"


@dataclass(frozen=True, slots=True)
class Register:
    """One register."""

    slug: str
    owner: str
    """The body that keeps it, by its own name."""
    service: int
    """The information service that it belongs to: 22 for health, 23 for administration."""
    starts: frozenset[str]
    """Resource types whose writing starts a report."""
    ways: tuple[Way[Any], ...]
    """How reports may go, the one that is preferred first; the first that anybody takes is used."""
    within: timedelta
    """How soon after the event it must have been told."""
    format: Format[Any]
    gather: timedelta = timedelta()
    """How long a report may wait for others to go with; none: each goes at once."""
    related: frozenset[str] = frozenset()
    """Types of what a report tells of too, where the resource refers to it."""
    only: tuple[tuple[str, str], ...] = ()
    """Which resources of the types start a report, as a search says it; empty: all."""
    beside: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """What else is needed of the patient: type, and how it is searched for beside the patient."""
    anew: frozenset[str] = frozenset()
    """Types whose writing makes all that is told of their patient looked at again, as a consent does."""

    @property
    def title(self) -> str:
        """Key of the catalogues."""
        return f"report.register_{self.slug}"

    @property
    def basis(self) -> str:
        """Key of the catalogues: by what law it is told, and of what."""
        return f"report.basis_{self.slug}"

    @property
    def law(self) -> str:
        """Key of the catalogues: the law alone."""
        return f"report.law_{self.slug}"

    @property
    def thing(self) -> str:
        """Key of the catalogues: what kind of thing it is told of."""
        return f"report.thing_{self.slug}"

    @property
    def kept(self) -> str:
        """Kind under which it is kept what may have to be told (store/underway/keep.py)."""
        return f"report-{self.slug}"

    @property
    def messages(self) -> tuple[str, ...]:
        """Types of the messages that carry its reports."""
        return tuple(each.message for each in self.ways)

    @property
    def most(self) -> int:
        """How many are told of at once at most, in any way."""
        return max(each.most for each in self.ways)

    def way(self, message: str) -> Way[Any]:
        """The way of a type of message."""
        return next(each for each in self.ways if each.message == message)
