"""A patient has opened what was closed to somebody who treats, for a short time (pasient- og brukerrettighetsloven 4-1, 5-3).

It opens no more than those who treat see anyway: what is closed to them is left out of what is closed (`blocking`). The
rule is there so that the log tells of these looks that they rest on the patient's consent to open what is closed.
"""

from akson.security.actor import Action, Actor, Purpose
from akson.security.rules import attested_care, care_relation
from akson.store.scope import AllOf, Nothing, OfPatients, Predicate


def grants(actor: Actor, action: Action, resource_type: str, purpose: Purpose) -> Predicate | None:
    if not actor.consented:
        return None
    for rule in (care_relation, attested_care):
        found = rule.grants(actor, action, resource_type, purpose)
        if found is not None and not isinstance(found, Nothing):
            return AllOf((found, OfPatients(actor.consented)))
    return None
