"""A system that runs the node administers it: bulk data in and out, reindexing, erasure; never a person's own session.

Its token must have the scope `akson:<node>/admin`, which the trust anchor gives only to clients registered with it.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.store.scope import Everything, Predicate


def grants(actor: Actor, action: Action, _resource_type: str, _purpose: Purpose) -> Predicate | None:
    may = actor.kind is Kind.SYSTEM and actor.administers and action is Action.ADMINISTER
    return Everything() if may else None
