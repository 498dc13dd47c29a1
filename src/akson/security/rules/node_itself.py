"""The node's own jobs (message intake, indexing, demo data) act on all rows."""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.store.scope import Everything, Predicate


def grants(actor: Actor, _action: Action, _resource_type: str, _purpose: Purpose) -> Predicate | None:
    return Everything() if actor.kind is Kind.NODE else None
