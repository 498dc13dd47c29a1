"""A cooperating service asks a citizen to agree that it sees something; the citizen answers at the platform, or lets it be."""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.topics import CONSENT
from akson.store.scope import OfTypes, Predicate


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.PARTNER or resource_type != CONSENT or action is not Action.CREATE:
        return None
    return OfTypes(frozenset({CONSENT})) if actor.unit_number else None
