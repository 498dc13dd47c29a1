"""Who acts for somebody reads what that gives a right to, and nothing is written but the privacy choices.

Parents, guardians and who holds a power of attorney (vergemaalsloven 9 and 21; pasient- og brukerrettighetsloven 4-4, 5-1).
What the right is, is found anew for every request (record/representation.py).
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.representation import APPOINTMENTS, PRIVACY, RECORD
from akson.security.roles import RECORD as TYPES
from akson.security.rules.own_privacy import CITIZENS
from akson.security.rules.rule import READING
from akson.security.topics import PRIVACY as REGISTER
from akson.store.scope import AllOf, OfPatients, OfTypes, Predicate

WHO = frozenset({"Patient"})
OF_AREA = {RECORD: TYPES, APPOINTMENTS: frozenset({"Appointment"}), PRIVACY: frozenset({REGISTER})}


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.REPRESENTATIVE or actor.acts_for is None or not actor.patient:
        return None
    types = WHO.union(*(OF_AREA.get(area, frozenset()) for area in actor.acts_for.areas))
    allowed = CITIZENS if resource_type == REGISTER else READING
    if resource_type not in types or action not in allowed:
        return None
    return AllOf((OfTypes(types), OfPatients(frozenset({actor.patient}))))
