"""Who treats a patient asks the patient to open what is closed, or writes down that the patient has said yes.

Health personnel of a record system, at the platform's register of the citizens' rules, about the one patient of their attest
(pasient- og brukerrettighetsloven 4-2: a consent may be spoken; helsepersonelloven 39: it is written down).
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import profession
from akson.security.topics import CONSENT
from akson.store.scope import AllOf, OfPatients, OfTypes, Predicate


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if resource_type != CONSENT or action is not Action.CREATE or not actor.at_register:
        return None
    at_work = actor.kind is Kind.PERSONNEL and actor.client_id and actor.care_relationship
    if not (at_work and actor.hpr and actor.patient and profession(actor.authorization)):
        return None
    return AllOf((OfTypes(frozenset({CONSENT})), OfPatients(frozenset({actor.patient}))))
