"""The decision about all resource types at once, from the decisions about each: no more and no less than they give."""

from collections.abc import Callable

from akson.fhir.spec import spec
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.policy import Decision, Grant, Ground
from akson.security.rules import RULES
from akson.store.scope import AllOf, AnyOf, OfTypes, Predicate, Scope

ORDER = {rule.reason: place for place, rule in enumerate(RULES)}
"""Which reason is told first, when several rules let the same row through."""


def of_all_types(ctx: Context, action: Action) -> Decision:
    """A Grant whose scope holds, of each type, just what the grant for that type holds; the last Refusal if none does."""
    return joined(lambda kind: ctx.policy(ctx.actor, action, kind, ctx.purpose))


def joined(of_type: Callable[[str], Decision]) -> Decision:
    """The same of whatever decides about each type."""
    kinds = sorted(spec().types)
    decisions = [of_type(kind) for kind in kinds]
    grants = {kind: made for kind, made in zip(kinds, decisions, strict=True) if isinstance(made, Grant)}
    if not grants:
        return decisions[-1]
    by_predicate: dict[Predicate, list[str]] = {}
    for kind, grant in grants.items():
        by_predicate.setdefault(grant.scope.predicate, []).append(kind)
    first = next(iter(grants.values()))
    if len(by_predicate) == 1 and len(grants) == len(kinds):
        return first
    parts = tuple(AllOf((OfTypes(frozenset(some)), predicate)) for predicate, some in by_predicate.items())
    by_ground: dict[Ground, set[str]] = {}
    for kind, grant in grants.items():
        for each in grant.grounds:
            by_ground.setdefault(each, set()).add(kind)
    grounds = [
        Ground(AllOf((OfTypes(frozenset(some)), each.predicate)), each.reason, each.basis)
        for each, some in sorted(by_ground.items(), key=lambda item: ORDER.get(item[0].reason, 0))
    ]
    scope = Scope(AnyOf(parts), first.scope.reason)
    return Grant(scope, first.basis, audited=first.audited, grounds=tuple(grounds))
