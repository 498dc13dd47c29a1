"""A party to a request sees it, and moves it: a cooperating service, or the organisation that gives health care, by its own system.

Requests between them (anmodning) rest on the citizen's consent or on a provision that each names. The platform sets the labels of
the parties, and writes for them (`exchange/hub/cooperating.py`): nobody changes a case past its state machine.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.rules.partner_consent import WHO
from akson.store.scope import AllOf, AnyOf, Labelled, Nothing, OfPatients, OfTypes, Predicate

PARTY = "urn:akson:party"
"""System of the labels; the code is the party's organisation number."""
TYPES = frozenset({"Binary", "Communication", "ServiceRequest", "Task"})
"""The request, its case, what is told in it, and the files of that."""
READS = frozenset({Action.READ, Action.SEARCH})
WRITES = frozenset({Action.CREATE, Action.UPDATE})


def label(number: str) -> tuple[str, str]:
    """System and code of the label of a party."""
    return PARTY, number


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.PARTNER or resource_type not in TYPES | WHO or not actor.unit_number:
        return None
    # The platform's own operations say so of whom they write for.
    if action not in READS and not (action in WRITES and actor.at_register):
        return None
    if not actor.cases:
        return Nothing() if action in READS and resource_type in TYPES else None
    whose = OfPatients(actor.cases)
    mine = AllOf((OfTypes(TYPES), whose, Labelled(frozenset({"|".join(label(actor.unit_number))}))))
    return AnyOf((mine, AllOf((OfTypes(WHO), whose)))) if action in READS else mine
