"""Everyone who is signed in reads what is about no patient: organisations, personnel, services, code systems."""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import OPEN_TYPES
from akson.security.rules.rule import READING
from akson.store.scope import AllOf, OfTypes, Predicate, WithoutPatient


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is Kind.ANYONE or action not in READING or resource_type not in OPEN_TYPES:
        return None
    return AllOf((OfTypes(OPEN_TYPES), WithoutPatient()))
