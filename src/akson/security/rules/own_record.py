"""A citizen reads one's own record (pasient- og brukerrettighetsloven 5-1)."""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, RECORD
from akson.security.rules.rule import READING
from akson.store.scope import AllOf, Nothing, OfPatients, OfTypes, Predicate


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    types = RECORD | DEMOGRAPHY
    if actor.kind is not Kind.CITIZEN or action not in READING:
        return None
    if resource_type not in types:
        return None
    if not actor.patient:
        # This node does not know the citizen: the answer is an empty one, and not a refusal.
        return Nothing()
    return AllOf((OfTypes(types), OfPatients(frozenset({actor.patient}))))
