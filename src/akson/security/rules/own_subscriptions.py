"""Whoever calls with a token may subscribe, and sees and changes the own subscriptions alone.

What a subscription tells of is decided by the other rules, for the same actor, each time something happens.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.store.scope import AllOf, Labelled, OfTypes, Predicate

OWNER = "urn:akson:owner"
"""System of the security label that says whose a subscription is. The server sets it."""
TYPES = frozenset({"Subscription"})


def owner(actor: Actor) -> str:
    """Whose a subscription of this actor is; empty for those who have none of their own."""
    if actor.kind is Kind.SYSTEM:
        return f"system/{actor.client_id}"
    if actor.kind is Kind.CITIZEN and actor.patient:
        return f"citizen/{actor.patient}"
    if actor.kind is Kind.PERSONNEL and actor.client_id and actor.patient:
        return f"attest/{actor.client_id}/{actor.hpr}/{actor.patient}"
    return ""


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    whose = owner(actor)
    if resource_type not in TYPES or not whose or action is Action.ADMINISTER:
        return None
    return AllOf((OfTypes(TYPES), Labelled(frozenset({f"{OWNER}|{whose}"}))))
