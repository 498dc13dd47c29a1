"""Which care relations a resource makes: who treats whom, from when to when.

A care relation opens the record to a unit or a person (rule `care_relation`). It follows from what is documented
anyway: the regular GP, a granted service, a stay, a team, an appointment, an accepted referral.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from akson.fhir.model import Resource
from akson.store.access.relations import Relation

AFTERCARE = timedelta(days=30)
"""How long a unit may still work in the record after a stay or service ended."""

ENDED = frozenset(
    {"entered-in-error", "cancelled", "finished", "revoked", "completed", "rejected", "inactive"}
)


def relations_of(resource: Resource) -> list[Relation]:
    """The care relations that one resource gives; empty for most."""
    maker = MAKERS.get(resource["resourceType"])
    return list(maker(resource)) if maker else []


def is_dead(patient: Resource) -> bool:
    """Whether a Patient has died, by whatever of the two elements says so."""
    return bool(patient.get("deceasedDateTime")) or patient.get("deceasedBoolean") is True


def _patient(resource: Resource) -> Iterator[Relation]:
    # The regular doctor goes on for a while after a death, as after any service; without a date there is no while.
    died = _moment(resource.get("deceasedDateTime"))
    end = died + AFTERCARE if died else None
    if end is None and is_dead(resource):
        return
    for party in _references(resource.get("generalPractitioner")):
        yield Relation(resource["id"], party, "general_practitioner", None, end)
    if managing := _reference(resource.get("managingOrganization")):
        yield Relation(resource["id"], managing, "managing_organization", None, end)


def _episode(resource: Resource) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("patient"))) or resource.get("status") == "entered-in-error":
        return
    start, end = _period(resource.get("period"))
    parties = [resource.get("managingOrganization"), resource.get("careManager"), *resource.get("team", [])]
    for party in _references(parties):
        yield Relation(patient, party, "service", start, end)


def _encounter(resource: Resource) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("subject"))) or resource.get("status") in {
        "entered-in-error",
        "cancelled",
    }:
        return
    start, end = _period(resource.get("period"))
    parties = [resource.get("serviceProvider")]
    parties += [p.get("individual") for p in resource.get("participant", [])]
    for party in _references(parties):
        yield Relation(patient, party, "stay", start, end)


def _care_team(resource: Resource) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("subject"))) or resource.get("status") in ENDED:
        return
    start, end = _period(resource.get("period"))
    parties = [p.get("member") for p in resource.get("participant", [])]
    for party in _references([*parties, *resource.get("managingOrganization", [])]):
        if not party.startswith(("Patient/", "RelatedPerson/")):
            yield Relation(patient, party, "team", start, end)


def _appointment(resource: Resource) -> Iterator[Relation]:
    if resource.get("status") in {"cancelled", "entered-in-error", "noshow"}:
        return
    actors = _references([p.get("actor") for p in resource.get("participant", [])])
    patients = [actor.removeprefix("Patient/") for actor in actors if actor.startswith("Patient/")]
    if not (patients and resource.get("start")):
        return
    begins = datetime.fromisoformat(resource["start"])
    for party in actors:
        if not party.startswith(("Patient/", "RelatedPerson/", "Location/")):
            yield Relation(patients[0], party, "appointment", begins - timedelta(days=7), begins + AFTERCARE)


def _service_request(resource: Resource) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("subject"))) or resource.get("status") in {
        "entered-in-error",
        "draft",
    }:
        return
    for party in _references([*resource.get("performer", []), resource.get("requester")]):
        yield Relation(patient, party, "referral", _moment(resource.get("authoredOn")), None)


MAKERS: dict[str, Callable[[Resource], Iterator[Relation]]] = {
    "Patient": _patient,
    "EpisodeOfCare": _episode,
    "Encounter": _encounter,
    "CareTeam": _care_team,
    "Appointment": _appointment,
    "ServiceRequest": _service_request,
}


def _reference(value: Resource | None) -> str | None:
    return (value or {}).get("reference")


def _references(values: list[Resource | None] | list[Resource] | None) -> list[str]:
    return [found for value in values or [] if (found := _reference(value))]


def _patient_id(value: Resource | None) -> str | None:
    found = _reference(value)
    return found.removeprefix("Patient/") if found and found.startswith("Patient/") else None


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    padded = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    moment = datetime.fromisoformat(padded)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _period(period: Resource | None) -> tuple[datetime | None, datetime | None]:
    end = _moment((period or {}).get("end"))
    return _moment((period or {}).get("start")), end + AFTERCARE if end else None
