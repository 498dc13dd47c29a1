"""A book takes down one person's record on one node: it knows the day, the patient, and how to refer to people there."""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta

from akson.demo.citizens import Citizen, Relative
from akson.demo.ids import demo_id, demo_reference
from akson.demo.personnel import BY_KEY_STAFF, Staff
from akson.demo.roles import ROLES
from akson.demo.units import BY_KEY, Unit
from akson.fhir.model import Resource
from akson.kit import norwegian
from akson.kit.clock import NORWAY

WEEK, MONTH, YEAR = 7, 30, 365
INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T[0-9:]{5})?[0-9:+-]*")


class Book:
    """The resources of one citizen on one node, in the order in which they may be written."""

    def __init__(self, node: str, today: date, citizen: Citizen) -> None:
        self.node, self.today, self.citizen = node, today, citizen
        self.resources: list[Resource] = []
        self._used: Counter[str] = Counter()

    @property
    def hospital(self) -> bool:
        """Hospitals code diagnoses in ICD-10, the others in ICPC-2."""
        return self.node == "sykehus"

    def day(self, ago: int) -> str:
        """A date, that many days before today (negative: after)."""
        return (self.today - timedelta(days=ago)).isoformat()

    def moment(self, ago: int, clock: str = "09:00") -> str:
        """An instant on that day, by the clock in Norway."""
        local = datetime.combine(self.today - timedelta(days=ago), time.fromisoformat(clock), NORWAY)
        return local.isoformat()

    @property
    def patient(self) -> Resource:
        """Reference to the patient on this node."""
        return {
            "reference": demo_reference(self.node, "Patient", self.citizen.key),
            "display": self.citizen.name,
        }

    def staff(self, key: str) -> Resource:
        """Reference to one of the personnel in the first post here; by HPR number for those of another system."""
        return staff_reference(self.node, BY_KEY_STAFF[key])

    def unit(self, key: str) -> Resource:
        """Reference to a unit; by organisation number for those of another system."""
        return unit_reference(self.node, BY_KEY[key])

    def relative(self, number: int = 0) -> Resource:
        """Reference to one of those close to the citizen."""
        relative = self.citizen.relatives[number]
        reference = demo_reference(self.node, "RelatedPerson", f"{self.citizen.key}/{relative.key}")
        return {"reference": reference, "display": relative.name}

    def add(self, kind: str, key: str, content: Resource) -> Resource:
        """Take a resource down; `key` says what it is among those of its type. The reference to it comes back.

        A moment in the key counts as so many days ago, so that the id is the same on whatever day the demo starts.
        """
        full = f"{self.citizen.key}/{INSTANT.sub(self._days_ago, key)}"
        self._used[f"{kind}/{full}"] += 1
        if (times := self._used[f"{kind}/{full}"]) > 1:
            full = f"{full}/{times}"
        resource = {"resourceType": kind, "id": demo_id(self.node, kind, full)} | content
        self.resources.append(resource)
        return {"reference": f"{kind}/{resource['id']}"}

    def _days_ago(self, found: re.Match[str]) -> str:
        return f"{(self.today - date.fromisoformat(found[1])).days} days ago{found[2] or ''}"


def staff_reference(node: str, staff: Staff) -> Resource:
    """Reference to somebody at work: the PractitionerRole where the node has it, else who it is."""
    display = f"{staff.name}, {ROLES[staff.posts[0].role].display.lower()}"
    for post in staff.posts:
        if BY_KEY[post.unit].node == node:
            display = f"{staff.name}, {ROLES[post.role].display.lower()}"
            key = post_key(staff, post.role, post.unit)
            return {"reference": demo_reference(node, "PractitionerRole", key), "display": display}
    if not staff.hpr:
        return {"type": "Practitioner", "display": display}
    return {
        "type": "Practitioner",
        "identifier": {"system": norwegian.HPR, "value": staff.hpr},
        "display": display,
    }


def post_key(staff: Staff, role: str, unit: str) -> str:
    """What the demo calls a post."""
    return f"{staff.key}/{role}/{unit}"


def unit_reference(node: str, unit: Unit) -> Resource:
    """Reference to a unit: the Organization where the node has it, else its number."""
    if node in (unit.node, "samhandling"):
        return {"reference": demo_reference(node, "Organization", unit.key), "display": unit.name}
    number = {"system": norwegian.ORGANIZATION, "value": unit.organization_number}
    return {"type": "Organization", "identifier": number, "display": unit.name}


def identifier(system: str, value: str) -> Resource:
    """An official identifier."""
    return {"use": "official", "system": system, "value": value}


def human_name(person: Citizen | Relative | Staff) -> list[Resource]:
    """HumanName of somebody."""
    return [
        {"use": "official", "text": person.name, "family": person.family, "given": person.given.split(" ")}
    ]
