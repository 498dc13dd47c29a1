"""Personnel read and write what their role needs about those their unit treats (pasientjournalloven 19; Normen).

A clinical role takes an authorisation that holds now, and reaches as far as the profession does (helsepersonelloven 45).
"""

from functools import lru_cache

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, duty
from akson.security.rules.rule import READING, WRITING
from akson.store.scope import AllOf, CareRelation, OfTypes, Predicate

PERSON = OfTypes(DEMOGRAPHY)
"""Who somebody is. `patient_lookup` opens it to them anyway: granted here so that the log tells of those who are treated."""


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.PERSONNEL or actor.client_id or action not in READING | WRITING:
        return None
    mine = duty(actor.role, actor.authorization)
    types = mine.reads if action in READING else mine.writes
    if not types or not (parties := parties_of(actor)):
        return None
    if resource_type in DEMOGRAPHY and action is not Action.DELETE:
        return AllOf((PERSON, CareRelation(parties)))
    if resource_type not in types:
        return None
    return AllOf((_with_demography(types), CareRelation(parties)))


def parties_of(actor: Actor) -> frozenset[str]:
    """Whose care relations are this person's: the person, the role, the unit and those above it."""
    return frozenset({*actor.units, *actor.above, actor.practitioner, actor.role_reference} - {""})


@lru_cache(maxsize=256)
def _with_demography(types: frozenset[str]) -> OfTypes:
    """So that a search may include the patient of what it finds."""
    return OfTypes(types | DEMOGRAPHY)
