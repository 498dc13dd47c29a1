"""A thread of the dialogue service as FHIR has it, and as pages read it. Pure.

A thread is a Task of the unit that answers, about one patient: topic (`description`), who began it (`requester`), the unit (`owner`), how
far it has come (`businessStatus`) and by when an answer is expected (`restriction.period.end`). Its messages are Communications that are
part of it; their files are Binary resources. Labels say which sides take part: units by HER-id, and the citizen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from akson.fhir.model import Resource, coding, concept
from akson.kit.clock import now
from akson.kit.norwegian import HER, ORGANIZATION
from akson.security.rules.dialogue import CITIZEN, PARTY, SYSTEM

KIND = "https://akson.example/fhir/CodeSystem/motetype"
DIALOGUE = concept(KIND, "dialog", "Dialog")
STATE = "https://akson.example/fhir/CodeSystem/dialogtilstand"
HANDLER = "https://akson.example/fhir/StructureDefinition/dialog-behandler"
STAGE = "https://akson.example/fhir/StructureDefinition/soknad-trinn"
STEP = "https://akson.example/fhir/StructureDefinition/dialog-hendelse"
SERVICE = "org:"
"""The beginning of the sides that are other services."""
FROM = "urn:akson:dialogue:from"
"""System of the label that says which side a message is from, and which side began a thread."""


class State(StrEnum):
    """Who has the word."""

    WAITING = "waiting"
    """The unit owes an answer."""
    ANSWERED = "answered"
    CLOSED = "closed"


class Stage(StrEnum):
    """How far an application for a service has come."""

    RECEIVED = "received"
    ASSESSING = "assessing"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"

    @property
    def is_decision(self) -> bool:
        return self in {Stage.GRANTED, Stage.PARTLY, Stage.REFUSED}


class Did(StrEnum):
    """What was done with a thread besides writing in it."""

    TAKEN = "taken"
    FORWARDED = "forwarded"
    CLOSED = "closed"
    REOPENED = "reopened"
    ASSESSING = "assessing"
    DECIDED = "decided"
    BROUGHT = "brought"
    """The citizen has let another service take part."""
    LEFT = "left"
    """And does so no more."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a message; `binary` is the id of the Binary that holds it."""

    name: str
    kind: str
    size: int
    binary: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `side`: HER-id of the unit it is from, or CITIZEN."""

    id: str
    side: str
    sender: str
    words: str
    sent: str
    files: tuple[Attached, ...]
    resource: Resource = field(repr=False)

    @property
    def is_read(self) -> bool:
        return "received" in self.resource

    def is_to(self, sides: frozenset[str]) -> bool:
        """Whether one of these sides receives it."""
        return bool(sides & {_side(each) for each in self.resource.get("recipient", [])})


@dataclass(frozen=True, slots=True)
class Step:
    """Something done with the thread. `to`: the unit it was forwarded to."""

    did: Did
    who: str
    when: str
    words: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread with its messages, the oldest first."""

    task: Resource = field(repr=False)
    messages: tuple[Message, ...] = ()

    @property
    def id(self) -> str:
        return str(self.task["id"])

    @property
    def version(self) -> int:
        return int(self.task["meta"]["versionId"])

    @property
    def topic(self) -> str:
        return str(self.task["description"])

    @property
    def patient(self) -> str:
        """Id of the Patient at the platform."""
        return str(self.task["for"]["reference"]).removeprefix("Patient/")

    @property
    def patient_name(self) -> str:
        return str(self.task["for"].get("display", ""))

    @property
    def unit(self) -> str:
        """The side that answers: HER-id of a unit, or another service as `service_side` has it."""
        return _side(self.task["owner"])

    @property
    def unit_name(self) -> str:
        return str(self.task["owner"]["display"])

    @property
    def begun_by(self) -> str:
        """The side that began it."""
        return next(iter(_codes(self.task, FROM)))

    @property
    def asker(self) -> str:
        """Who began it, in words."""
        return str(self.task["requester"]["display"])

    @property
    def parties(self) -> frozenset[str]:
        """All sides that read it, those that passed it on among them."""
        return frozenset(_codes(self.task, PARTY))

    @property
    def active(self) -> frozenset[str]:
        """The sides that get what is written now."""
        return frozenset({self.unit, self.begun_by}) | (self.parties & {CITIZEN}) | self.services

    @property
    def services(self) -> frozenset[str]:
        """The sides that are other services: NAV, a school ..."""
        return frozenset(each for each in self.parties if is_service(each))

    @property
    def state(self) -> State:
        return State(self.task["businessStatus"]["coding"][0]["code"])

    @property
    def due(self) -> datetime | None:
        """When an answer is expected at the latest; None when none is."""
        end = self.task.get("restriction", {}).get("period", {}).get("end", "")
        return datetime.fromisoformat(end) if end and self.state is State.WAITING else None

    @property
    def is_overdue(self) -> bool:
        return self.due is not None and self.due < now()

    @property
    def handler(self) -> Resource:
        """Who has taken it, as a Reference; empty when nobody has."""
        found = [e["valueReference"] for e in self.task.get("extension", []) if e["url"] == HANDLER]
        return found[0] if found else {}

    @property
    def stage(self) -> Stage | None:
        """Of a thread that is an application for a service; None for any other."""
        found = [e["valueCode"] for e in self.task.get("extension", []) if e["url"] == STAGE]
        return Stage(found[0]) if found else None

    @property
    def decision(self) -> str:
        """What was decided, in the words of the unit; empty until then."""
        return next((str(e["valueString"]) for e in self.task.get("output", [])), "")

    @property
    def steps(self) -> list[Step]:
        made = []
        for note in self.task.get("note", []):
            coding = next(e["valueCoding"] for e in note["extension"] if e["url"] == STEP)
            did = Did(coding["code"])
            made.append(
                Step(did, note["authorString"], note["time"], note["text"], coding.get("display", ""))
            )
        return made

    @property
    def last(self) -> str:
        """When something was written last."""
        return self.messages[-1].sent if self.messages else str(self.task["authoredOn"])

    def unread(self, sides: frozenset[str]) -> int:
        """Messages to these sides that nobody there has opened."""
        return sum(not each.is_read and each.is_to(sides) for each in self.messages)


def read(resources: Iterable[Resource]) -> list[Thread]:
    """The threads among resources of an answer, those with the newest message first."""
    found = list(resources)
    parts: dict[str, list[Message]] = {}
    for each in found:
        if each["resourceType"] == "Communication":
            parts.setdefault(each["partOf"][0]["reference"], []).append(message(each))
    threads = [
        Thread(each, tuple(sorted(parts.get(f"Task/{each['id']}", ()), key=lambda m: m.sent)))
        for each in found
        if each["resourceType"] == "Task"
    ]
    return sorted(threads, key=lambda each: each.last, reverse=True)


def message(resource: Resource) -> Message:
    """A Communication as a message."""
    words = [each["contentString"] for each in resource["payload"] if "contentString" in each]
    files = [each["contentAttachment"] for each in resource["payload"] if "contentAttachment" in each]
    return Message(
        id=resource["id"],
        side=next(iter(_codes(resource, FROM))),
        sender=str(resource["sender"]["display"]),
        words="\n".join(words),
        sent=str(resource["sent"]),
        files=tuple(
            Attached(f["title"], f["contentType"], int(f["size"]), f["url"].removeprefix("Binary/"))
            for f in files
        ),
        resource=resource,
    )


def labels(parties: Iterable[str], begun_by: str) -> list[Resource]:
    """The labels of a thread, or of a message in one."""
    return [
        {"system": SYSTEM, "code": "thread"},
        *({"system": PARTY, "code": each} for each in sorted(parties)),
        {"system": FROM, "code": begun_by},
    ]


def state(which: State) -> Resource:
    """How far a thread has come, as elements of its Task."""
    status = {State.WAITING: "requested", State.ANSWERED: "in-progress", State.CLOSED: "completed"}
    return {"status": status[which], "businessStatus": {"coding": [coding(STATE, which.value)]}}


def unit(side: str, name: str) -> Resource:
    """A unit (HER-id) or another service, as a Reference."""
    named = {"system": HER, "value": side}
    if is_service(side):
        named = {"system": ORGANIZATION, "value": number_of(side)}
    return {"type": "Organization", "identifier": named, "display": name}


def service_side(number: str) -> str:
    """The side of another service (NAV, school ...), by its organisation number: no HER-id looks so."""
    return f"{SERVICE}{number}"


def is_service(side: str) -> bool:
    """Whether a side is another service's."""
    return side.startswith(SERVICE)


def number_of(side: str) -> str:
    """The organisation number of another service's side."""
    return side.removeprefix(SERVICE)


def recipients(sides: Iterable[str], patient: Resource, names: dict[str, str]) -> Sequence[Resource]:
    """Those who get a message, as References; `names` of units by HER-id."""
    return [patient if side == CITIZEN else unit(side, names[side]) for side in sorted(sides)]


def _side(reference: Resource) -> str:
    if "identifier" not in reference:
        return CITIZEN
    value = str(reference["identifier"]["value"])
    return service_side(value) if reference["identifier"].get("system") == ORGANIZATION else value


def _codes(resource: Resource, system: str) -> list[str]:
    labelled = resource.get("meta", {}).get("security", [])
    return [each["code"] for each in labelled if each.get("system") == system]
