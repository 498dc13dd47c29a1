"""A service that the organisation has approved reads its record by itself (SMART Backend Services).

What it reads is limited by its scopes (`app_limits`), which are those that the organisation has approved.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, OPEN_TYPES, RECORD
from akson.security.rules.rule import READING
from akson.store.scope import OfTypes, Predicate

TYPES = RECORD | DEMOGRAPHY | OPEN_TYPES


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.SYSTEM or actor.app is None or action not in READING:
        return None
    return OfTypes(TYPES) if resource_type in TYPES else None
