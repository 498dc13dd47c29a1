"""Municipal services, goals, plans, the people around somebody, and tasks."""

from typing import NamedTuple

from akson.demo.book import Book
from akson.demo.make.clinical import split
from akson.fhir.model import Resource, coding, concept
from akson.kit.norwegian import volven

WEEKLY_EXTENT = "http://hl7.no/fhir/ig/okt/StructureDefinition/WeeklyExtentRatio"
UCUM = "http://unitsofmeasure.org"
ACHIEVEMENT = "http://terminology.hl7.org/CodeSystem/goal-achievement"


def service(b: Book, code: str, ago: int, who: str, unit: str, hours: float = 0) -> Resource:
    """A granted service by V9151 ("6 Trygghetsalarm"), who coordinates it, and hours a week where that is decided."""
    content: Resource = {
        "status": "active",
        "type": [concept(volven(9151), *split(code))],
        "patient": b.patient,
        "managingOrganization": b.unit(unit),
        "careManager": b.staff(who),
        "period": {"start": b.day(ago)},
    }
    if hours:
        week = {"value": 1, "unit": "wk", "system": UCUM, "code": "wk"}
        extent = {
            "numerator": {"value": hours, "unit": "h", "system": UCUM, "code": "h"},
            "denominator": week,
        }
        content["extension"] = [{"url": WEEKLY_EXTENT, "valueRatio": extent}]
    return b.add("EpisodeOfCare", f"{split(code)[0]}/{unit}", content)


def follow_up(b: Book, what: str, ago: int, who: str, unit: str) -> Resource:
    """A course of care at a unit that is going on: health station, general practice, outpatient clinic."""
    content: Resource = {
        "status": "active",
        "type": [{"text": what}],
        "patient": b.patient,
        "managingOrganization": b.unit(unit),
        "careManager": b.staff(who),
        "period": {"start": b.day(ago)},
    }
    return b.add("EpisodeOfCare", f"{what}/{unit}", content)


def goal(b: Book, words: str, ago: int, *, own: bool = True) -> Resource:
    """A goal; in the citizen's own words unless `own` is False."""
    content: Resource = {
        "lifecycleStatus": "active",
        "achievementStatus": {"coding": [coding(ACHIEVEMENT, "in-progress", "In Progress")]},
        "description": {"text": words},
        "subject": b.patient,
        "startDate": b.day(ago),
    }
    return b.add("Goal", words, content | ({"expressedBy": b.patient} if own else {}))


class Measure(NamedTuple):
    """One thing to do: what, how often, and who does it (a key of personnel, or "self")."""

    what: str
    often: str
    who: str
    status: str = "in-progress"


def plan(b: Book, title: str, ago: int, who: str, goals: list[Resource], measures: list[Measure]) -> Resource:
    """A plan with goals and measures."""
    content: Resource = {
        "status": "active",
        "intent": "plan",
        "title": title,
        "subject": b.patient,
        "period": {"start": b.day(ago)},
        "created": b.day(ago),
        "author": b.staff(who),
        "goal": goals,
        "activity": [
            {
                "detail": {
                    "status": measure.status,
                    "description": measure.what,
                    "scheduledString": measure.often,
                    "performer": [b.patient if measure.who == "self" else b.staff(measure.who)],
                }
            }
            for measure in measures
        ],
    }
    return b.add("CarePlan", title, content)


def team(b: Book, name: str, ago: int, members: dict[str, str]) -> Resource:
    """The people around somebody: key of personnel, or "relative", to what they are here."""
    content: Resource = {
        "status": "active",
        "name": name,
        "subject": b.patient,
        "period": {"start": b.day(ago)},
        "participant": [
            {"role": [{"text": role}], "member": b.relative() if key == "relative" else b.staff(key)}
            for key, role in members.items()
        ],
    }
    return b.add("CareTeam", name, content)


def task(b: Book, what: str, due: str, owner: Resource, *, urgent: bool = False) -> Resource:
    """Something to do before an instant; `owner` is a person or a unit (free for anyone there)."""
    content: Resource = {
        "status": "requested",
        "intent": "order",
        "priority": "urgent" if urgent else "routine",
        "code": {"text": what},
        "description": what,
        "for": b.patient,
        "authoredOn": b.moment(1, "15:00"),
        "owner": owner,
        "restriction": {"period": {"end": due}},
    }
    return b.add("Task", what, content)
