"""Who reads and changes the register of the citizens' own rules: the citizen; systems that follow it (pasientjournalloven 17).

Personnel read nothing there: what a rule does to them they meet in the record. A system follows by a token with the
scope `akson:<node>/personvern`, to keep the rules where the data lies.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.rules.rule import READING
from akson.security.topics import PRIVACY
from akson.store.scope import AllOf, OfPatients, OfTypes, Predicate

SCOPE = "personvern"
"""The right, in scopes of tokens, to follow the register."""
CITIZENS = READING | {Action.CREATE, Action.UPDATE}


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if resource_type != PRIVACY:
        return None
    register = OfTypes(frozenset({PRIVACY}))
    if actor.kind is Kind.CITIZEN and actor.patient and action in CITIZENS:
        return AllOf((register, OfPatients(frozenset({actor.patient}))))
    if actor.kind is Kind.SYSTEM and action is Action.SEARCH and _follows(actor.scopes):
        return register
    return None


def _follows(scopes: frozenset[str]) -> bool:
    return any(scope.startswith("akson:") and scope.endswith(f"/{SCOPE}") for scope in scopes)
