"""Other services in the citizen's team and plan: who a team names, which goals and measures are whose, what an answer changes. Pure.

A service is a member of a CareTeam, the performer of a measure, the one who expresses a goal, or a participant of a meeting, each time
by its organisation number; a name alone makes nobody a member.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from akson.exchange import entry
from akson.exchange.cooperating import number_of
from akson.exchange.declare import InformationService, Part, service
from akson.fhir.model import Resource
from akson.kit.clock import instant, now
from akson.kit.errors import Unprocessable
from akson.kit.norwegian import ORGANIZATION
from akson.security.rules.taking_part import PLANS, TEAMS

MEASURE, GOAL, TEAM, MEETING = "tiltak", "maal", "team", "mote"
"""Slugs of the parts."""
PROPOSED = "draft"
ANSWERS = {"accepted": "comes", "declined": "not", "needs-action": "asked"}
"""Statuses of a service that is called to a meeting, and the ends of the keys of their words."""
OPEN = frozenset({"active", "proposed"})
"""Statuses of teams that are there."""


class Service(NamedTuple):
    """A service of the register: organisation number and name."""

    number: str
    name: str

    @property
    def reference(self) -> Resource:
        return {
            "type": "Organization",
            "identifier": {"system": ORGANIZATION, "value": self.number},
            "display": self.name,
        }


@dataclass(frozen=True, slots=True)
class Together:
    """What a service sees of what is done together around a citizen; None for what the citizen does not share."""

    teams: tuple[Resource, ...] | None
    meetings: tuple[Resource, ...] | None
    measures: tuple[Resource, ...] | None
    goals: tuple[Resource, ...] | None
    named: bool
    """Whether a team or a measure names the service."""


def plans() -> InformationService:
    """The service that holds plans, goals and measures."""
    return service(PLANS)


def teams() -> InformationService:
    """The service that holds teams and meetings."""
    return service(TEAMS)


def members(team: Resource) -> list[tuple[str, str, str]]:
    """Name, role and organisation number of each member; the number is empty for persons."""
    return [
        (
            str(each.get("member", {}).get("display", "")),
            ", ".join(str(role["text"]) for role in each.get("role", []) if role.get("text")),
            service_of(each.get("member", {})),
        )
        for each in team.get("participant", [])
    ]


def service_of(reference: Resource) -> str:
    """The organisation number that a reference names; empty for all else."""
    is_number = reference.get("identifier", {}).get("system") == ORGANIZATION
    return number_of(reference) if is_number else ""


def names(resources: Iterable[Resource], number: str) -> bool:
    """Whether a team that is there, or a measure, names a service."""
    for each in resources:
        if each["resourceType"] == "CareTeam":
            if is_open(each) and any(number == of for _, _, of in members(each)):
                return True
        elif is_theirs(each, number):
            return True
    return False


def is_open(team: Resource) -> bool:
    """Whether a team is there, and not ended."""
    return team.get("status", "active") in OPEN


def is_theirs(item: Resource, number: str) -> bool:
    """Whether a goal or a measure is a service's own."""
    by = [item["expressedBy"]] if "expressedBy" in item else item.get("performer", [])
    return bool(number) and any(service_of(each) == number for each in by)


def with_member(team: Resource, added: Service, role: str) -> Resource:
    """A team with one service more. Unprocessable (`who`) where it is in it already, `role` where it is not said what it does."""
    if any(added.number == number for _, _, number in members(team)):
        raise Unprocessable("The service is in the team already", expression=("who",))
    if not 0 < len(role.strip()) <= 200:
        raise Unprocessable("What the service does in the team is missing", expression=("role",))
    member = {"role": [{"text": role.strip()}], "member": added.reference}
    return team | {"participant": [*team.get("participant", []), member]}


def without_member(team: Resource, number: str) -> Resource:
    """A team that a service has left."""
    left = [each for each in team.get("participant", []) if service_of(each.get("member", {})) != number]
    kept = {name: value for name, value in team.items() if name != "participant"}
    return kept | ({"participant": left} if left else {})


def measure(patient: str, form: Mapping[str, str], who: Service, earlier: Resource | None = None) -> Resource:
    """A measure of a service as the declared form makes it. Unprocessable names each field that is wrong."""
    made = entry.build(
        plans(), plans().part(MEASURE), dict(form) | {"who": who.name}, patient, without_name(earlier)
    )
    return made | {"performer": [who.reference]}


def goal(patient: str, form: Mapping[str, str], who: Service, earlier: Resource | None = None) -> Resource:
    """A goal that a service has for its part. Unprocessable names each field that is wrong."""
    return entry.build(plans(), plans().part(GOAL), form, patient, earlier) | {"expressedBy": who.reference}


def without_name(item: Resource | None) -> Resource | None:
    """A measure without who does it, which is set anew."""
    return {name: value for name, value in item.items() if name != "performer"} if item else None


def part_of(kind: str) -> Part:
    """The part of plans that resources of a type belong to when a service writes them. Unprocessable for other types."""
    found = {"ServiceRequest": MEASURE, "Goal": GOAL}.get(kind)
    if found is None:
        raise Unprocessable("A Goal or a ServiceRequest is needed", expression=("resourceType",))
    return plans().part(found)


def answered(meeting: Resource, number: str, status: str) -> Resource:
    """A meeting to which a service has said that it comes, or not. Unprocessable for another answer."""
    if status not in {"accepted", "declined"}:
        raise Unprocessable("accepted or declined", expression=("participantStatus",))
    told = [
        each | {"status": status} if service_of(each.get("actor", {})) == number else each
        for each in meeting["participant"]
    ]
    return meeting | {"participant": told}


def asked_anew(meeting: Resource) -> Resource:
    """A meeting at another time: the services that were called are asked again."""
    told = [
        each | {"status": "needs-action"} if service_of(each.get("actor", {})) else each
        for each in meeting["participant"]
    ]
    return meeting | {"participant": told}


def answer_of(meeting: Resource, number: str) -> str | None:
    """What a service has said of a meeting (a key of ANSWERS); None where it is not called to it."""
    found = [each for each in meeting.get("participant", []) if service_of(each.get("actor", {})) == number]
    return str(found[0].get("status", "needs-action")) if found else None


def provenance(target: str, by: Service, name: str, source: str) -> Resource:
    """Who wrote the target (a reference), now: somebody of a service, or its system. `source`: what the platform is called."""
    who = {"display": name} if name else by.reference
    return {
        "resourceType": "Provenance",
        "target": [{"reference": target}],
        "recorded": instant(now()),
        "agent": [{"who": who, "onBehalfOf": by.reference}],
        "entity": [{"role": "source", "what": {"display": source}}],
    }
