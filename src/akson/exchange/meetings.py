"""A meeting with a citizen as FHIR has it, and as pages read it. Pure.

A meeting is an Appointment of the shared register of meetings. Labels say which units take part, and which other citizens are invited. A
video meeting has no address in it: whoever may see the resource may not therefore come in (`exchange/hub/meetings`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from akson.exchange.declare import TAG_SYSTEM
from akson.exchange.threads import FROM
from akson.fhir.model import Resource, coding
from akson.kit.clock import now
from akson.kit.norwegian import HER, ORGANIZATION
from akson.security.rules.dialogue import INVITED

KIND = "https://akson.example/fhir/CodeSystem/motetype"
TAG = coding(TAG_SYSTEM, "team-og-moeter")
BEFORE, AFTER = timedelta(minutes=30), timedelta(hours=2)
"""How long before its start, and after its end, a video meeting can be entered."""


class How(StrEnum):
    """How one meets."""

    VIDEO = "video"
    VISIT = "oppmoete"
    PHONE = "telefon"


class Answer(StrEnum):
    """What the citizen has said of a meeting: the status of a participant."""

    NONE = "needs-action"
    COMES = "accepted"
    MOVE = "tentative"
    """Asks for another time."""
    NOT = "declined"
    """Cannot come."""


OVER = frozenset({"fulfilled", "cancelled", "noshow", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting."""

    resource: Resource = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.resource["id"])

    @property
    def what(self) -> str:
        return str(self.resource.get("description", ""))

    @property
    def start(self) -> datetime:
        return datetime.fromisoformat(self.resource["start"])

    @property
    def end(self) -> datetime:
        return datetime.fromisoformat(self.resource["end"])

    @property
    def status(self) -> str:
        """booked, arrived (somebody waits), checked-in (let in), fulfilled, cancelled."""
        return str(self.resource["status"])

    @property
    def how(self) -> How:
        codings = [c for kind in self.resource.get("serviceType", []) for c in kind.get("coding", [])]
        return next((How(c["code"]) for c in codings if c.get("system") == KIND), How.VISIT)

    @property
    def patient(self) -> str:
        """Id of the Patient at the platform."""
        return str(self._of_patient["actor"]["reference"]).removeprefix("Patient/")

    @property
    def patient_name(self) -> str:
        return str(self._of_patient["actor"].get("display", ""))

    @property
    def answer(self) -> Answer:
        """The patient's."""
        return Answer(self._of_patient["status"])

    @property
    def wish(self) -> str:
        """What the patient has written when asking for another time, or that one cannot come."""
        return str(self.resource.get("comment", ""))

    @property
    def note(self) -> str:
        """What the unit wants the patient to know."""
        return str(self.resource.get("patientInstruction", ""))

    @property
    def unit(self) -> str:
        """HER-id of the unit that called it."""
        return str(next(each["code"] for each in self._labels if each.get("system") == FROM))

    @property
    def unit_name(self) -> str:
        actors = [each["actor"] for each in self.resource["participant"]]
        return next(str(a["display"]) for a in actors if a.get("identifier", {}).get("system") == HER)

    @property
    def invited(self) -> frozenset[str]:
        """Ids of Patients who are invited besides."""
        return frozenset(each["code"] for each in self._labels if each.get("system") == INVITED)

    @property
    def others(self) -> list[str]:
        """Who takes part besides the patient, in words."""
        return [
            str(each["actor"]["display"])
            for each in self.resource["participant"]
            if each is not self._of_patient and each["actor"].get("display")
        ]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """The other services that are called, by name, and the status of each."""
        return [
            (str(each["actor"].get("display", "")), str(each["status"]))
            for each in self.resource["participant"]
            if each["actor"].get("identifier", {}).get("system") == ORGANIZATION
        ]

    @property
    def is_over(self) -> bool:
        return self.status in OVER or self.end + AFTER < now()

    @property
    def is_near(self) -> bool:
        """Whether a video meeting can be entered now."""
        return self.how is How.VIDEO and not self.is_over and self.start - BEFORE <= now()

    @property
    def _labels(self) -> list[Resource]:
        return list(self.resource.get("meta", {}).get("security", []))

    @property
    def _of_patient(self) -> Resource:
        """The first participant is the patient: `made` puts it there."""
        return self.resource["participant"][0]  # type: ignore[no-any-return]


def read(resources: Iterable[Resource]) -> list[Meeting]:
    """The meetings among resources, by their start."""
    found = [Meeting(each) for each in resources if each["resourceType"] == "Appointment"]
    return sorted(found, key=lambda each: each.start)
