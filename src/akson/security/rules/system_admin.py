"""A system that runs the node administers it: bulk data in and out, search parameters and reindexing, erasure; never a person's own session.

Its token must have the scope `akson:<node>/admin`, which the trust anchor gives only to clients registered with it.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.store.scope import Everything, Predicate

PARAMETERS = "SearchParameter"
"""What a node can be searched by: resources that are about the node and about nobody."""


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    administers = actor.kind is Kind.SYSTEM and actor.administers
    may = administers and (action is Action.ADMINISTER or resource_type == PARAMETERS)
    return Everything() if may else None
