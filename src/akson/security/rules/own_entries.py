"""Citizens write in the shared registers what they tell of themselves: goals, wishes, needs, relatives, medicines without
prescription (pasient- og brukerrettighetsloven 3-1; row P5, registered once and used by all).

They change what they wrote themselves, which a label says that the server sets; what personnel wrote they only read.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.store.scope import AllOf, Labelled, OfPatients, OfTypes, Predicate

LABEL = ("urn:akson:by", "citizen")
"""System and code of the label on what a citizen wrote."""
TYPES = frozenset({"Goal", "MedicationStatement", "Observation", "RelatedPerson"})
"""What the declared services let citizens register (akson.services)."""
ACTIONS = frozenset({Action.CREATE, Action.UPDATE})


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.CITIZEN or not actor.at_register or not actor.patient or actor.app:
        return None
    if action not in ACTIONS or resource_type not in TYPES:
        return None
    own = Labelled(frozenset({"|".join(LABEL)}))
    return AllOf((OfTypes(TYPES), OfPatients(frozenset({actor.patient})), own))
