"""Which care relations a resource makes: who treats whom, from when to when.

A care relation opens the record to a unit or a person (rule `care_relation`). It follows from what is documented
anyway: the regular GP, a granted service, a stay, a team, an appointment, an accepted referral. It ends with them: what is
over opens for as long as one needs to finish the work, and what nobody ended does not last for ever.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.fhir.model import Resource
from akson.fhir.precision import first, moments
from akson.kit.clock import now
from akson.store.access.relations import Relation

AFTERCARE = timedelta(days=30)
AHEAD = timedelta(days=7)
REFERRED = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a care relation reaches beyond what makes it."""

    aftercare: timedelta = AFTERCARE
    """How long a unit may still work in the record after a stay or service ended."""
    ahead: timedelta = AHEAD
    """How long before an appointment one prepares for it."""
    referred: timedelta = REFERRED
    """How long a referral that nobody answers stays open."""


LIMITS = Limits()

WRONG = frozenset({"cancelled", "entered-in-error"})
OVER = frozenset({"completed", "finished", "revoked"})

_Period = tuple[datetime | None, datetime | None]


@dataclass(frozen=True, slots=True)
class _When:
    """By which limits, and on which day."""

    limits: Limits
    today: datetime
    """The end of the day, so that what is written several times a day gives the same."""


def relations_of(
    resource: Resource, limits: Limits = LIMITS, written: datetime | None = None
) -> list[Relation]:
    """The care relations that one resource gives, written now or at a moment; empty for most.

    Other limits give the same relations in the same order, with other times.
    """
    maker = MAKERS.get(resource["resourceType"])
    day = (written or now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return list(maker(resource, _When(limits, day + timedelta(days=1)))) if maker else []


def is_dead(patient: Resource) -> bool:
    """Whether a Patient has died, by whatever of the two elements says so."""
    return bool(patient.get("deceasedDateTime")) or patient.get("deceasedBoolean") is True


def _patient(resource: Resource, when: _When) -> Iterator[Relation]:
    # The regular doctor goes on for a while after a death, as after any service; without a date there is no while.
    died = first(resource.get("deceasedDateTime"))
    end = died + when.limits.aftercare if died else None
    if end is None and is_dead(resource):
        return
    for party in _references(resource.get("generalPractitioner")):
        yield Relation(resource["id"], party, "general_practitioner", None, end)
    if managing := _reference(resource.get("managingOrganization")):
        yield Relation(resource["id"], managing, "managing_organization", None, end)


def _episode(resource: Resource, when: _When) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("patient"))) or resource.get("status") in WRONG:
        return
    parties = [resource.get("managingOrganization"), resource.get("careManager"), *resource.get("team", [])]
    for party in _references(parties):
        yield Relation(patient, party, "service", *_lasting(resource, when))


def _encounter(resource: Resource, when: _When) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("subject"))) or resource.get("status") in WRONG:
        return
    parties = [resource.get("serviceProvider")]
    parties += [p.get("individual") for p in resource.get("participant", [])]
    for party in _references(parties):
        yield Relation(patient, party, "stay", *_lasting(resource, when))


def _care_team(resource: Resource, when: _When) -> Iterator[Relation]:
    if not (patient := _patient_id(resource.get("subject"))) or resource.get("status") in WRONG | {
        "inactive"
    }:
        return
    whole = moments(resource.get("period"))
    for party in _references(resource.get("managingOrganization")):
        yield Relation(patient, party, "team", *_after_care(whole, when))
    for member in resource.get("participant", []):
        for party in _parties([member.get("member")]):
            period = _both(whole, moments(member.get("period")))
            yield Relation(patient, party, "team", *_after_care(period, when))


def _appointment(resource: Resource, when: _When) -> Iterator[Relation]:
    begins = first(resource.get("start"))
    if resource.get("status") in WRONG | {"noshow"} or begins is None:
        return
    limits = when.limits
    actors = [p.get("actor") for p in resource.get("participant", [])]
    # All who are called in: several at a time in groups, and a parent with a child.
    patients = [patient for actor in actors if (patient := _patient_id(actor))]
    for patient in dict.fromkeys(patients):
        for party in _parties(actors):
            yield Relation(patient, party, "appointment", begins - limits.ahead, begins + limits.aftercare)


def _service_request(resource: Resource, when: _When) -> Iterator[Relation]:
    status = resource.get("status")
    if not (patient := _patient_id(resource.get("subject"))) or status in WRONG | {"draft"}:
        return
    low = first(resource.get("authoredOn"))
    high = (low or when.today) + when.limits.referred
    _, occurs = moments(resource.get("occurrencePeriod"))
    high = max(high, occurs + when.limits.aftercare) if occurs else high
    if status in OVER:
        high = min(high, when.today + when.limits.aftercare)
    for party in _references([*resource.get("performer", []), resource.get("requester")]):
        yield Relation(patient, party, "referral", low, high)


MAKERS: dict[str, Callable[[Resource, _When], Iterator[Relation]]] = {
    "Patient": _patient,
    "EpisodeOfCare": _episode,
    "Encounter": _encounter,
    "CareTeam": _care_team,
    "Appointment": _appointment,
    "ServiceRequest": _service_request,
}


def _lasting(resource: Resource, when: _When) -> _Period:
    """From when to when, with aftercare; of one that is finished and does not say when, until today."""
    start, end = moments(resource.get("period"))
    if end is None and resource.get("status") in OVER:
        end = when.today
    return _after_care((start, end), when)


def _after_care(period: _Period, when: _When) -> _Period:
    start, end = period
    return start, end + when.limits.aftercare if end else None


def _both(one: _Period, other: _Period) -> _Period:
    starts, ends = ([each for each in side if each] for side in zip(one, other, strict=True))
    return max(starts, default=None), min(ends, default=None)


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
