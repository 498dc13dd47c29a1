"""Personnel read and write what their role needs about those their unit treats (pasientjournalloven 19; Normen)."""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, duty
from akson.security.rules.rule import READING, WRITING
from akson.store.scope import AllOf, CareRelation, OfTypes, Predicate


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.PERSONNEL or actor.client_id or action not in READING | WRITING:
        return None
    types = duty(actor.role).reads if action in READING else duty(actor.role).writes
    parties = actor.units | {party for party in (actor.practitioner, actor.role_reference) if party}
    if resource_type not in types or not parties:
        return None
    # Demography too, so that a search may include the patient of what it finds.
    return AllOf((OfTypes(types | DEMOGRAPHY), CareRelation(frozenset(parties))))
