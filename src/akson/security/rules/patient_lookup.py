"""Personnel find a person in the node's own register of patients to start or go on with care; the look is audited."""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, duty
from akson.security.rules.rule import READING
from akson.store.scope import OfTypes, Predicate


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.PERSONNEL or actor.client_id or not duty(actor.role, actor.authorization).reads:
        return None
    if resource_type not in DEMOGRAPHY or action not in READING | {Action.CREATE, Action.UPDATE}:
        return None
    return OfTypes(DEMOGRAPHY)
