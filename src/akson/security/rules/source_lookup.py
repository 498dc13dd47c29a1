"""The platform looks up in a source on behalf of somebody whose attest it passes on; one patient a token."""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import RECORD
from akson.security.rules.rule import READING
from akson.store.scope import AllOf, OfPatients, OfTypes, Predicate


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if (
        actor.kind is not Kind.SYSTEM
        or not (actor.care_relationship and actor.patient)
        or action not in READING
    ):
        return None
    types = RECORD | {"Patient"}
    if resource_type not in types:
        return None
    return AllOf((OfTypes(types), OfPatients(frozenset({actor.patient}))))
