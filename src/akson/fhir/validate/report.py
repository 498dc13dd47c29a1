"""What validation finds: issues, each at its place, and the codes that only terminology can judge."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from akson.fhir.fhirpath.budget import Budget
from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import Issue

Place = tuple[Any, str, int]
"""(the place above or None, what is written for this step, its number in a list or -1): text only when needed."""

STEPS = 4_000_000
"""Steps of all invariants of one validation, some two seconds; the largest official example takes a tenth."""
MOST = 200
"""Issues reported of one resource."""


def start(name: str) -> Place:
    """The place of a resource: Patient, Bundle.entry[0].resource."""
    return (None, name, -1)


def text(place: Place | None, *, slices: bool = True) -> str:
    """A place as FHIRPath: Patient.name[0].given[1]; the name of a slice behind a colon is for readers alone."""
    parts: list[str] = []
    while place is not None:
        above, name, number = place
        step = name if slices else name.partition(":")[0]
        parts.append(step if number < 0 else f"{step}[{number}]")
        place = above
    return ".".join(reversed(parts))


@dataclass(frozen=True, slots=True)
class Question:
    """A binding to be judged by terminology: at least one of the codings must be in the value set."""

    value_set: str
    codings: tuple[tuple[str, str], ...]
    """(system, code); the system is empty for an element of type code."""
    strength: str
    """required or extensible."""
    path: str


class Coded(NamedTuple):
    """A Coding or a Quantity that names a system and a code of it."""

    system: Canonical
    code: str
    display: str
    """Empty where none is given, as in a Quantity."""
    place: Place
    element: Place
    """What a binding would speak of: the CodeableConcept that the coding is in, else the coding itself."""


class Report:
    """Collects what is found of one resource; the same issue is told once."""

    codings: Iterable[Coded] = ()
    """All codings of the resource: to be read once, and looked for only then."""

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget or Budget(STEPS)
        """What the invariants of the whole validation may cost together."""
        self.told: set[tuple[int, str]] = set()
        """(element, profile) that this report has looked at."""
        self.issues: dict[Issue, None] = {}
        self.questions: dict[Question, None] = {}
        self.unknown: dict[str, None] = {}
        """Canonical urls of definitions that were needed and not found."""

    def add(self, severity: str, code: str, place: Place | None, said: str) -> None:
        path = text(place)
        if len(self.issues) < MOST:
            self.issues.setdefault(Issue(code, f"{path}: {said}", (text(place, slices=False),), severity))

    def error(self, code: str, place: Place | None, said: str) -> None:
        self.add("error", code, place, said)

    def warning(self, code: str, place: Place | None, said: str) -> None:
        self.add("warning", code, place, said)

    def missing(self, canonical: str, place: Place | None, what: str) -> None:
        """A definition that is not here: never silence, since what it demands was not looked at."""
        self.unknown.setdefault(canonical)
        self.warning("not-found", place, f"the {what} {canonical} is not known here and was not checked")

    @property
    def failed(self) -> bool:
        return any(issue.severity == "error" for issue in self.issues)
