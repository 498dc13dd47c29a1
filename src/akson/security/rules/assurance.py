"""A person's record opens to those who have signed in at the highest level (Normen, strong authentication; the e-ID's level high).

The level is what the trust anchor says of this sign-in. Below it there is what is about no patient.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import OPEN_TYPES
from akson.store.scope import Nothing, OfTypes, Predicate

HIGH = 4
OPEN = OfTypes(OPEN_TYPES)
PERSONS = frozenset({Kind.PERSONNEL, Kind.CITIZEN, Kind.REPRESENTATIVE})


def leaves(actor: Actor, _action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    is_person = actor.kind in PERSONS or (actor.kind is Kind.PARTNER and not actor.client_id)
    if not is_person or actor.assurance >= HIGH:
        return None
    return OPEN if resource_type in OPEN_TYPES else Nothing()
