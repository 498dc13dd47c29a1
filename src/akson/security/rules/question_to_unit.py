"""A citizen, or who acts for one, asks about looks at the record; the privacy officer and the leader of the unit that looked answer.

Pasientjournalloven 18. What is opened is the question and its answers alone: Communications that carry its label. Which
unit was asked is said by labels that the server sets (`record/questions.py`), and the rest of the personnel reads none.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.rules.access_log import LEADER, PRIVACY_OFFICER, view
from akson.store.scope import AllOf, Labelled, OfPatients, OfTypes, Predicate

TYPE = "Communication"
SYSTEM = "urn:akson:question"
"""System of the label of a question about looks, and of what its identifier is called in."""
LOOK = "look"
LABEL = f"{SYSTEM}|{LOOK}"
ASKED = "urn:akson:asked"
"""System of the labels that say which units were asked: references of the unit that looked and of those above it."""
ANSWERS = frozenset({f"role:{PRIVACY_OFFICER}", f"role:{LEADER}"})
"""Who reads a question, as a block names them: it is closed to all others at work."""
ANSWERING = frozenset({Action.READ, Action.SEARCH, Action.CREATE})


def answers(actor: Actor) -> frozenset[str]:
    """Labels of the questions that `actor` answers."""
    seen = view(actor)
    if actor.kind is not Kind.PERSONNEL or seen is None:
        return frozenset()
    return frozenset(f"{ASKED}|{unit}" for unit in actor.units) if seen.own_units else frozenset({LABEL})


def asks(actor: Actor) -> bool:
    """Whether `actor` may ask about looks at the record of `actor.patient`: who reads the log of it as the citizen does."""
    seen = view(actor) if actor.kind in {Kind.CITIZEN, Kind.REPRESENTATIVE} else None
    return bool(actor.patient and seen and seen.patients)


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if resource_type != TYPE:
        return None
    of_type = OfTypes(frozenset({TYPE}))
    if asks(actor) and action is Action.CREATE:
        own = OfPatients(frozenset({actor.patient}))
        return AllOf((of_type, own, Labelled(frozenset({LABEL}))))
    if action in ANSWERING and (labels := answers(actor)):
        return AllOf((of_type, Labelled(labels)))
    return None
