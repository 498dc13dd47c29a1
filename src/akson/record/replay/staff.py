"""Where somebody worked at a moment: posts and units as they were known then, from all versions of them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.norwegian import HER, ORGANIZATION
from akson.security.roles import ROLE_SYSTEM
from akson.store.access.replay import Version

TYPES = ("PractitionerRole", "Organization")
DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Post:
    """A post of somebody, with its unit and those above."""

    reference: str
    units: tuple[str, ...]
    """References, the unit first."""
    numbers: frozenset[str]
    """Organisation numbers and HER ids of them."""


@dataclass(slots=True)
class Timeline:
    """Versions of resources, to ask how one was at a moment."""

    moments: dict[str, list[datetime]] = field(default_factory=dict)
    bodies: dict[str, list[Resource | None]] = field(default_factory=dict)
    changes: list[datetime] = field(default_factory=list)
    """All moments at which something changed, in order."""

    @staticmethod
    def of(versions: Sequence[Version]) -> "Timeline":
        made = Timeline()
        for each in sorted(versions, key=lambda version: version.updated):
            made.moments.setdefault(each.reference, []).append(each.updated)
            body = None if each.deleted else loads(each.body)
            made.bodies.setdefault(each.reference, []).append(body)
            made.changes.append(each.updated)
        return made

    def at(self, reference: str, moment: datetime) -> Resource | None:
        """The resource as it was; None where it was not there."""
        place = bisect_right(self.moments.get(reference, []), moment)
        return self.bodies[reference][place - 1] if place else None

    def epoch(self, moment: datetime) -> int:
        """The same number for moments between which nothing changed."""
        return bisect_right(self.changes, moment)


class Staff:
    """All posts there ever were."""

    def __init__(self, versions: Sequence[Version]) -> None:
        self._known = Timeline.of(versions)
        self._posts: defaultdict[str, set[str]] = defaultdict(set)
        self._found: dict[tuple[str, str, str, int], Post | None] = {}
        for reference, bodies in self._known.bodies.items():
            for body in bodies:
                if body and body["resourceType"] == "PractitionerRole":
                    self._posts[body.get("practitioner", {}).get("reference", "")].add(reference)

    def post(self, practitioner: str, role: str, unit: str, moment: datetime) -> Post | None:
        """The post that somebody (reference) had with a role (code) at a unit (name); None where there was none."""
        key = (practitioner, role, unit, self._known.epoch(moment))
        if key not in self._found:
            self._found[key] = self._post(practitioner, role, unit, moment)
        return self._found[key]

    def _post(self, practitioner: str, role: str, unit: str, moment: datetime) -> Post | None:
        for reference in sorted(self._posts.get(practitioner, ())):
            post = self._known.at(reference, moment)
            if post is None or role not in _codes(post):
                continue
            units = self._units(post.get("organization", {}).get("reference", ""), moment)
            if (units[0][1].get("name", "") if units else "") == unit:
                names = tuple(name for name, _ in units)
                return Post(reference, names, frozenset(_numbers([each for _, each in units])))
        return None

    def _units(self, reference: str, moment: datetime) -> list[tuple[str, Resource]]:
        found: list[tuple[str, Resource]] = []
        while (unit := self._known.at(reference, moment)) and len(found) < DEEPEST:
            found.append((reference, unit))
            reference = unit.get("partOf", {}).get("reference", "")
        return found


def _codes(post: Resource) -> set[str]:
    codings = [coding for concept in post.get("code", []) for coding in concept.get("coding", [])]
    return {each.get("code", "") for each in codings if each.get("system") == ROLE_SYSTEM} or {""}


def _numbers(units: Sequence[Resource]) -> set[str]:
    identifiers = [each for unit in units for each in unit.get("identifier", [])]
    return {each["value"] for each in identifiers if each.get("system") in {ORGANIZATION, HER}}
