"""Personnel of another record system, whose attest names the care relation and one patient (Tillitsrammeverk, ATT-4).

The platform and the sources do not know the asker's unit; they trust the system that does, through the attest in a
token of the trust anchor. The token opens the one patient it was issued for: to read, as far as the profession needs,
and at the platform to write to the shared registers. Who is not authorised as health personnel has no profession and
nothing to attest. Nobody changes another system's record, nor its copy in the data hotel, nor a meeting or thread past the desk of
the dialogue service, and nothing is deleted.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.copies import COPY
from akson.security.roles import DEMOGRAPHY, profession
from akson.security.rules.dialogue import THREAD
from akson.security.rules.rule import READING
from akson.store.scope import AllOf, Nothing, OfPatients, OfTypes, Predicate, Unlabelled

SHARED = frozenset(
    {
        "AllergyIntolerance", "Appointment", "CarePlan", "CareTeam", "Condition", "Consent", "DeviceUseStatement", "Flag",
        "Goal", "List", "MedicationAdministration", "MedicationStatement", "Observation", "Procedure", "RelatedPerson",
        "ServiceRequest",
    }
)  # fmt: skip
"""What the shared registers hold (services in mode share); Lists are those of record/kept_list.py alone."""

WRITES = {Action.CREATE: SHARED | {"Provenance"}, Action.UPDATE: SHARED}


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.PERSONNEL or not (actor.client_id and actor.care_relationship):
        return None
    types = _types(actor, action)
    if resource_type not in types:
        return None
    if not actor.patient:
        # Nobody here is the patient of the attest: the answer is an empty one, and not a refusal.
        return Nothing() if action in READING else None
    whose = (OfTypes(types), OfPatients(frozenset({actor.patient})))
    return AllOf(whose) if action in READING else AllOf((*whose, Unlabelled(frozenset({COPY, THREAD}))))


def _types(actor: Actor, action: Action) -> frozenset[str]:
    if not (most := profession(actor.authorization)):
        return most
    if action in READING:
        return most | DEMOGRAPHY
    return WRITES.get(action, frozenset()) & (most | {"RelatedPerson"}) if actor.at_register else frozenset()
