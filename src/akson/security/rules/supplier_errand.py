"""People of a supplier who help the organisation with its system: on a ticket, in a time box, what the errand needs.

The supplier processes for the organisation and on its orders (personvernforordningen 28 and 29; pasientjournalloven 22;
Normen, fjernaksess). Somebody of the organisation has approved the errand and named the patient (`record/errands.py`). It opens
parts of that one record, or how the node does; to read, never to write. What the patient has closed stays closed.
"""

from collections.abc import Iterable

from akson.security.actor import Action, Actor, Errand, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, RECORD
from akson.security.rules.access_log import view
from akson.security.rules.rule import READING
from akson.security.topics import TOPICS
from akson.store.scope import AllOf, AnyOf, OfPatients, OfTypes, Predicate

SUPPLIER = "leverandoeransatt"
"""Role of those who work for a supplier, at the Organization of the supplier."""
STATUS = "NodeStatus"
"""What the access log calls a look at how the node does; no type of FHIR's, so that no search leads to it."""
PARTS = tuple(topic for topic, types in TOPICS.items() if types & RECORD)
"""The parts of a record that an errand may need. Who the patient is, it tells anyhow."""


def types_of(topics: Iterable[str]) -> frozenset[str]:
    """The resource types of parts of the record."""
    return RECORD & frozenset().union(*(TOPICS[topic] for topic in topics if topic in PARTS))


def is_supplier(actor: Actor) -> bool:
    """Whether this is somebody of a supplier, signed in here."""
    return actor.kind is Kind.PERSONNEL and not actor.client_id and actor.role == SUPPLIER


def may_decide(actor: Actor) -> bool:
    """Whether this person approves errands, ends and reviews them: the privacy officer, or a leader."""
    return actor.kind is Kind.PERSONNEL and view(actor) is not None


def errand_of(actor: Actor, patient: str) -> Errand | None:
    """The errand that opens the record of a patient (id) to this person now; "": the technical one."""
    found = (each for each in actor.errands if each.patient == patient)
    return next(found, None) if is_supplier(actor) else None


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if not (actor.errands and is_supplier(actor)) or action not in READING:
        return None
    if resource_type == STATUS:
        return OfTypes(frozenset({STATUS})) if errand_of(actor, "") else None
    of_patients = [each for each in actor.errands if each.patient]
    if not any(resource_type in each.types | DEMOGRAPHY for each in of_patients):
        return None
    parts = [
        AllOf((OfTypes(each.types | DEMOGRAPHY), OfPatients(frozenset({each.patient}))))
        for each in of_patients
    ]
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))
