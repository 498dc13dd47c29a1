"""The decision: may this actor do this to resources of this type, to which of them, and for what reason.

Pure: actor in, Grant or Refusal out. A Grant carries the scope that the store puts into every WHERE, so one rule decides
a read by id, a search and an include alike. Default deny: what no rule grants is refused. The rules stand one a file in
`security/rules`: grants, of which one is enough, and restrictions, which hold whatever is granted.
"""

from collections.abc import Sequence

from akson.kit.value import value
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.rules import RESTRICTIONS, RULES
from akson.security.rules.rule import Basis, Rule
from akson.store.scope import AllOf, AnyOf, Nothing, Predicate, Scope
from akson.store.scope_holds import Row, holds


@value
class Ground:
    """One rule that granted: which rows, why, on which national basis."""

    predicate: Predicate
    reason: str
    """Key of the catalogues, `reason.*`."""
    basis: Basis


@value
class Grant:
    """Yes, within this scope. The reason is the scope's, and that of the first ground."""

    scope: Scope
    basis: Basis = Basis.UNNTAK
    audited: bool = True
    grounds: tuple[Ground, ...] = ()
    """All rules that granted, in the order in which they are told; empty: the scope stands by itself."""

    def ground(self, row: Row) -> Ground | None:
        """The rule that lets this row through, the first of several; None when none does or a restriction holds."""
        if not holds(self.scope.predicate, row):
            return None
        itself = Ground(self.scope.predicate, self.scope.reason, self.basis)
        return next((each for each in self.grounds if holds(each.predicate, row)), itself)


@value
class Refusal:
    """No, and why: a key of the catalogues, `reason.*`."""

    reason: str


Decision = Grant | Refusal


def decide(actor: Actor, action: Action, resource_type: str, purpose: Purpose) -> Decision:
    """What every rule grants, joined, as far as every restriction leaves it.

    It follows from what is asked alone, and is worked out once for as long as the facts of the actor hold.
    """
    asked = (action, resource_type, purpose)
    found: Decision | None = actor.known.get(asked)
    if found is None:
        found = actor.known[asked] = judge(actor, *asked)
    return found


def judge(
    actor: Actor, action: Action, resource_type: str, purpose: Purpose, rules: Sequence[Rule] = RULES
) -> Decision:
    """As `decide`, worked out each time; `rules`: those that grant, where it is asked what fewer would decide."""
    grounds = tuple(
        Ground(predicate, rule.reason, rule.basis)
        for rule in rules
        if (predicate := rule.grants(actor, action, resource_type, purpose)) is not None
    )
    if not grounds:
        return Refusal("reason.not_shared" if actor.kind is Kind.PARTNER else "reason.no_rule")
    left: list[Predicate] = []
    for restriction in RESTRICTIONS:
        predicate = restriction.leaves(actor, action, resource_type, purpose)
        if isinstance(predicate, Nothing):
            return Refusal(restriction.reason)
        if predicate is not None:
            left.append(predicate)
    first = grounds[0]
    opened = _any_of([each.predicate for each in grounds])
    if left and not isinstance(opened, Nothing):
        opened = AllOf((opened, *left))
    return Grant(Scope(opened, first.reason), first.basis, grounds=grounds)


def _any_of(predicates: list[Predicate]) -> Predicate:
    """What one of them lets through, without those that only narrow another: the database is not asked in vain."""
    if len(predicates) == 1:
        return predicates[0]
    wider = tuple(
        each
        for each in predicates
        if not (isinstance(each, AllOf) and any(part in predicates for part in each.parts))
    )
    return wider[0] if len(wider) == 1 else AnyOf(wider)
