"""Concept maps as pairs of codes, and what a map says of a code that it does not name.

http://hl7.org/fhir/R4/conceptmap.html
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from akson.fhir.model import Resource

REVERSED = {"wider": "narrower", "narrower": "wider", "subsumes": "specializes", "specializes": "subsumes"}
"""What an equivalence becomes when a map is read from its target to its source."""
MATCHING = frozenset(
    {"relatedto", "equivalent", "equal", "wider", "subsumes", "narrower", "specializes", "inexact"}
)
"""Equivalences that count as a match; unmatched and disjoint are none."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """One line of a concept map. `to_code` is empty where the map says that nothing matches."""

    from_system: str
    from_code: str
    to_system: str
    to_code: str
    equivalence: str
    display: str = ""
    comment: str = ""
    from_display: str = ""
    product: list[Resource] = field(default_factory=list[Resource])
    depends: list[Resource] = field(default_factory=list[Resource])

    def detail(self) -> dict[str, Any]:
        """What is said besides the codes, without what is empty."""
        every = {
            "equivalence": self.equivalence,
            "display": self.display,
            "comment": self.comment,
            "from_display": self.from_display,
            "product": self.product,
            "depends": self.depends,
        }
        return {key: value for key, value in every.items() if value}


def header(resource: Resource) -> Resource:
    """A ConceptMap without its elements."""
    groups = [
        {key: value for key, value in group.items() if key != "element"}
        for group in resource.get("group", ())
    ]
    return {**resource, "group": groups} if groups else resource


def mappings(resource: Resource) -> Iterator[Mapping]:
    """Every pair of a ConceptMap, in its order."""
    for group in resource.get("group", ()):
        for element in group.get("element", ()):
            for target in element.get("target", ()):
                yield Mapping(
                    group.get("source", ""),
                    element.get("code", ""),
                    group.get("target", ""),
                    target.get("code", ""),
                    target.get("equivalence", "equivalent"),
                    target.get("display", ""),
                    target.get("comment", ""),
                    element.get("display", ""),
                    target.get("product", []),
                    target.get("dependsOn", []),
                )


def unmapped(groups: Iterable[Resource], system: str, code: str) -> Iterator[Mapping | str]:
    """What a map does with a code of a group's source that it does not name: a mapping, or the url of another map."""
    for group in groups:
        rule = group.get("unmapped")
        if not rule or (system and group.get("source", "") not in {"", system}):
            continue
        target = group.get("target", "")
        match rule["mode"]:
            case "provided":
                yield Mapping(system, code, target, code, "equal")
            case "fixed":
                yield Mapping(system, code, target, rule.get("code", ""), "inexact", rule.get("display", ""))
            case "other-map":
                yield rule.get("url", "")
