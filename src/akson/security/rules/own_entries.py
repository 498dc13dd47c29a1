"""Citizens write in the shared registers what they tell of themselves: goals, wishes, needs, relatives, medicines without
prescription (pasient- og brukerrettighetsloven 3-1; row P5, registered once and used by all).

Who acts for a citizen in what the record is about writes down measurements. They change what they wrote themselves, which a label says that the server sets; what personnel wrote they only read.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.representation import RECORD
from akson.store.scope import AllOf, Labelled, OfPatients, OfTypes, Predicate

LABEL = ("urn:akson:by", "citizen")
"""System and code of the label on what a citizen wrote."""
TYPES = frozenset({"Goal", "MedicationStatement", "Observation", "RelatedPerson"})
"""What the declared services let citizens register (akson.services)."""
MEASURED = frozenset({"Observation"})
"""What who acts for a citizen writes down for them."""
ACTIONS = frozenset({Action.CREATE, Action.UPDATE})


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    types = _writes(actor)
    if not actor.patient or actor.app or action not in ACTIONS or resource_type not in types:
        return None
    own = Labelled(frozenset({"|".join(LABEL)}))
    return AllOf((OfTypes(types), OfPatients(frozenset({actor.patient})), own))


def _writes(actor: Actor) -> frozenset[str]:
    """What this actor writes: a citizen all of it; who acts for one in what the record is about, in the portal, measurements."""
    if actor.kind is Kind.CITIZEN and actor.at_register:
        return TYPES
    acts = actor.kind is Kind.REPRESENTATIVE and not actor.client_id and actor.acts_for
    return MEASURED if acts and RECORD in acts.areas else frozenset()
