"""Which care relations a resource makes: who treats whom, from when to when.

A care relation opens the record to a unit or a person (rule `care_relation`). It follows from what is documented
anyway: the regular GP, a granted service, a stay, a team, an appointment, an accepted referral. It ends with them: what is
over opens for as long as one needs to finish the work, and what nobody ended does not last for ever.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from akson.fhir.model import Resource
from akson.fhir.precision import first, moments
from akson.kit.clock import now
from akson.store.access.relations import Relation

AFTERCARE = timedelta(days=30)
"""How long a unit may still work in the record after a stay or service ended."""
AHEAD = timedelta(days=7)
"""How long before an appointment one prepares for it."""
REFERRED = timedelta(days=365)
"""How long a referral that nobody answers stays open."""

WRONG = frozenset({"cancelled", "entered-in-error"})
OVER = frozenset({"completed", "finished", "revoked"})

_Period = tuple[datetime | None, datetime | None]


def relations_of(resource: Resource) -> list[Relation]:
    """The care relations that one resource gives; empty for most."""
    maker = MAKERS.get(resource["resourceType"])
    return list(maker(resource)) if maker else []


def is_dead(patient: Resource) -> bool:
    """Whether a Patient has died, by whatever of the two elements says so."""
    return bool(patient.get("deceasedDateTime")) or patient.get("deceasedBoolean") is True


def _patient(resource: Resource) -> Iterator[Relation]:
    # The regular doctor goes on for a while after a death, as after any service; without a date there is no while.
    died = first(resource.get("deceasedDateTime"))
    end = died + AFTERCARE if died else None
    if end is None and is_dead(resource):
        return
    for party in _references(resource.get("generalPractitioner")):
        yield Relation(resource["id"], party, "general_practitioner", None, end)
    if managing := _reference(resource.get("managingOrganization")):
        yield Relation(resource["id"], managing, "managing_organization", None, end)


def _episode(resource: Resource) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("patient"))) or resource.get("status") in WRONG:
        return
    parties = [resource.get("managingOrganization"), resource.get("careManager"), *resource.get("team", [])]
    for party in _references(parties):
        yield Relation(patient, party, "service", *_lasting(resource))


def _encounter(resource: Resource) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("subject"))) or resource.get("status") in WRONG:
        return
    parties = [resource.get("serviceProvider")]
    parties += [p.get("individual") for p in resource.get("participant", [])]
    for party in _references(parties):
        yield Relation(patient, party, "stay", *_lasting(resource))


def _care_team(resource: Resource) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("subject"))) or resource.get("status") in WRONG | {
        "inactive"
    }:
        return
    whole = moments(resource.get("period"))
    for party in _references(resource.get("managingOrganization")):
        yield Relation(patient, party, "team", *_after_care(whole))
    for member in resource.get("participant", []):
        for party in _parties([member.get("member")]):
            yield Relation(patient, party, "team", *_after_care(_both(whole, moments(member.get("period")))))


def _appointment(resource: Resource) -> Iterator[Relation]:
    begins = first(resource.get("start"))
    if resource.get("status") in WRONG | {"noshow"} or begins is None:
        return
    actors = [p.get("actor") for p in resource.get("participant", [])]
    # All who are called in: several at a time in groups, and a parent with a child.
    patients = [patient for actor in actors if (patient := _patient_id(actor))]
    for patient in dict.fromkeys(patients):
        for party in _parties(actors):
            yield Relation(patient, party, "appointment", begins - AHEAD, begins + AFTERCARE)


def _service_request(resource: Resource) -> Iterator[Relation]:
    status = resource.get("status")
    if not (patient := _patient_id(resource.get("subject"))) or status in WRONG | {"draft"}:
        return
    low = first(resource.get("authoredOn"))
    high = (low or _today()) + REFERRED
    _, occurs = moments(resource.get("occurrencePeriod"))
    high = max(high, occurs + AFTERCARE) if occurs else high
    if status in OVER:
        high = min(high, _today() + AFTERCARE)
    for party in _references([*resource.get("performer", []), resource.get("requester")]):
        yield Relation(patient, party, "referral", low, high)


MAKERS: dict[str, Callable[[Resource], Iterator[Relation]]] = {
    "Patient": _patient,
    "EpisodeOfCare": _episode,
    "Encounter": _encounter,
    "CareTeam": _care_team,
    "Appointment": _appointment,
    "ServiceRequest": _service_request,
}


def _lasting(resource: Resource) -> _Period:
    """From when to when, with aftercare; of one that is finished and does not say when, until today."""
    start, end = moments(resource.get("period"))
    if end is None and resource.get("status") in OVER:
        end = _today()
    return _after_care((start, end))


def _after_care(period: _Period) -> _Period:
    start, end = period
    return start, end + AFTERCARE if end else None


def _both(one: _Period, other: _Period) -> _Period:
    starts, ends = ([each for each in side if each] for side in zip(one, other, strict=True))
    return max(starts, default=None), min(ends, default=None)


def _today() -> datetime:
    """The end of today, so that what is written several times a day gives the same."""
    return now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _reference(value: Resource | None) -> str | None:
    return (value or {}).get("reference")


def _references(values: list[Resource | None] | list[Resource] | None) -> list[str]:
    return [found for value in values or [] if (found := _reference(value))]


def _parties(values: list[Resource | None]) -> list[str]:
    """References of those who may treat: neither patients nor their relatives, nor rooms."""
    return [
        each
        for each in _references(values)
        if not each.startswith(("Patient/", "RelatedPerson/", "Location/"))
    ]


def _patient_id(value: Resource | None) -> str | None:
    found = _reference(value)
    return found.removeprefix("Patient/") if found and found.startswith("Patient/") else None
