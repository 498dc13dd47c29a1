"""One version of one code system, ready to be loaded: read twice, first for the hierarchy, then concept by concept."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from akson.fhir.terminology.concept import Concept, System

Rows = Iterable[tuple[str, tuple[str, ...]]]
"""(code, codes of its parents), in the order of the system."""


@dataclass(frozen=True, slots=True)
class Release:
    """What to load, and from where."""

    source: str
    system: System
    hierarchy: Callable[[], Rows]
    concepts: Callable[[], Iterable[Concept]]
    """In any order; each code of the hierarchy once."""


def of_concepts(source: str, system: System, concepts: Iterable[Concept]) -> Release:
    """A release of a system that is small enough to hold."""
    held = list(concepts)
    return Release(source, system, lambda: [(each.code, each.parents) for each in held], lambda: held)
