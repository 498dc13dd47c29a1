"""A system that runs the node administers it: bulk data in and out, search parameters and reindexing, erasure; never a person's own session.

Its token must have the scope `akson:<node>/admin`, which the trust anchor gives only to clients registered with it.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.store.scope import Everything, OfTypes, Predicate

PARAMETERS = "SearchParameter"
"""What a node can be searched by: resources that are about the node and about nobody."""


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.SYSTEM or not actor.administers:
        return None
    if action is Action.ADMINISTER:
        return Everything()
    # Of this type alone: a search must not lead from here to what is about people.
    return OfTypes(frozenset({PARAMETERS})) if resource_type == PARAMETERS else None
