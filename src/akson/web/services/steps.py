"""The changes of a shared list as people read them: what was changed, from what to what, by whom and why. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from akson.exchange.declare import InformationService, Part
from akson.exchange.kept import Step
from akson.fhir.model import Resource
from akson.web.services import filling

Versions = Mapping[tuple[str, int], Resource]
"""Items as they were, by reference and version."""


@dataclass(frozen=True, slots=True)
class Altered:
    """One field of an item: what it was (empty for what is new), and what it became."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One change."""

    step: Step
    fields: tuple[Altered, ...]


@dataclass(frozen=True, slots=True)
class State:
    """How a list stands: its version, and by whom and when it was last gone through (empty: never)."""

    version: int
    who: str
    when: str


def state_of(listed: Resource | None) -> State | None:
    """None for a list that nobody has begun."""
    if listed is None:
        return None
    who = str(listed.get("source", {}).get("display", ""))
    return State(int(listed["meta"]["versionId"]), who, str(listed.get("date", "")))


def lines(
    steps: Iterable[Step], versions: Versions, service: InformationService, language: str
) -> list[Line]:
    """The changes with the fields they altered."""
    return [Line(step, tuple(_altered(step, versions, service, language))) for step in steps]


def versions_of(found: Iterable[Resource]) -> dict[tuple[str, int], Resource]:
    """Versions of items, to be looked up."""
    return {(f"{each['resourceType']}/{each['id']}", int(each["meta"]["versionId"])): each for each in found}


def _altered(step: Step, versions: Versions, service: InformationService, language: str) -> Iterable[Altered]:
    after = versions.get((step.item, step.item_version))
    if after is None:
        return
    part = _part(service, after)
    now = filling.words_of(part, after, language)
    before = versions.get((step.item, step.item_version - 1))
    then = filling.words_of(part, before, language) if before else {}
    for name, (label, words) in now.items():
        was = then.get(name, ("", ""))[1]
        if was != words and (was or words != step.name):
            yield Altered(label, was, words)


def _part(service: InformationService, resource: Resource) -> Part:
    return next(part for part in service.parts if part.kinds and part.type == resource["resourceType"])
