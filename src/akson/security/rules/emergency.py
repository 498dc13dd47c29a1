"""Personnel who opened one patient's record in an emergency see and document there what their profession needs, for a time.

Helsepersonelloven 7 (immediate help) and 45; pasientjournalloven 22 (log and follow-up). The opening itself is a decision of
the person, with a reason in writing, that the patient sees at once and that is followed up (`record/emergency.py`).
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.roles import DEMOGRAPHY, duty
from akson.security.rules.rule import READING
from akson.store.scope import AllOf, OfPatients, OfTypes, Predicate


def may_open(actor: Actor) -> bool:
    """Whether this person may open a record in an emergency: authorised health personnel in a clinical role, here."""
    mine = duty(actor.role, actor.authorization)
    return actor.kind is Kind.PERSONNEL and not actor.client_id and mine.is_clinical and bool(mine.reads)


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if not (actor.opened and may_open(actor)):
        return None
    mine = duty(actor.role, actor.authorization)
    types = (
        mine.reads if action in READING else mine.writes if action in {Action.CREATE, Action.UPDATE} else ()
    )
    if resource_type not in types:
        return None
    return AllOf((OfTypes(mine.reads | DEMOGRAPHY), OfPatients(actor.opened)))
