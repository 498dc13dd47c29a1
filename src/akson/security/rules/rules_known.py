"""Who does not know what is closed opens nothing: no personnel and no service sees a record on a node that has not heard
all the citizens' rules.

So it is on a new node until the platform has told them once (exchange/edge/privacy.py). Who somebody is, and what is
about nobody, can be seen.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, OPEN_TYPES, RECORD
from akson.security.rules.access_log import LOG
from akson.store.scope import Nothing, OfTypes, Predicate

OPEN = OfTypes(OPEN_TYPES | DEMOGRAPHY | {LOG})


def leaves(actor: Actor, _action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    reads = actor.kind in {Kind.PERSONNEL, Kind.PARTNER} or (
        actor.kind is Kind.SYSTEM and actor.app is not None
    )
    if actor.rules_known or not reads:
        return None
    return Nothing() if resource_type in RECORD else OPEN
