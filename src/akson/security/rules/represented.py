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
from akson.store.scope import AllOf, Nothing, OfPatients, OfTypes, Predicate

WHO = frozenset({"Patient"})
OF_AREA = {RECORD: TYPES, APPOINTMENTS: frozenset({"Appointment"})}


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.REPRESENTATIVE or actor.acts_for is None:
        return None
    areas = actor.acts_for.areas
    if not actor.patient:
        # No right is known here, or nobody by that number: the answer is the same, and empty.
        return Nothing() if action in READING and resource_type in WHO | TYPES else None
    of_patient = OfPatients(frozenset({actor.patient}))
    if resource_type == REGISTER:
        may = PRIVACY in areas and action in CITIZENS
        return AllOf((OfTypes(frozenset({REGISTER})), of_patient)) if may else None
    types = WHO.union(*(OF_AREA.get(area, frozenset()) for area in areas))
    return AllOf((OfTypes(types), of_patient)) if resource_type in types and action in READING else None
