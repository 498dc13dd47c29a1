"""The decision: may this actor do this to resources of this type, to which of them, and for what reason.

Pure: actor in, Grant or Refusal out. A Grant carries the scope that the store puts into every WHERE, so one rule decides
a read by id, a search and an include alike. Default deny: what no rule grants is refused. The rules stand one a file in
`security/rules`; each gives a predicate for what it grants, or None where it has nothing to say.
"""

from akson.kit.value import value
from akson.security.actor import Action, Actor, Purpose
from akson.security.rules import RULES
from akson.store.scope import AnyOf, Scope


@value
class Grant:
    """Yes, within this scope. The reason is the scope's."""

    scope: Scope
    basis: str = "UNNTAK"
    """National basis of access: UNNTAK, SAMTYKKE, AKUTT or FORHOYET_SAMTYKKE."""
    audited: bool = True


@value
class Refusal:
    """No, and why: a key of the catalogues, `reason.*`."""

    reason: str


Decision = Grant | Refusal


def decide(actor: Actor, action: Action, resource_type: str, purpose: Purpose) -> Decision:
    """What every rule grants, joined; the first rule that grants gives the reason."""
    granted = [
        (rule.reason, predicate)
        for rule in RULES
        if (predicate := rule.grants(actor, action, resource_type, purpose)) is not None
    ]
    if not granted:
        return Refusal("reason.no_rule")
    predicates = tuple(predicate for _, predicate in granted)
    joined = predicates[0] if len(predicates) == 1 else AnyOf(predicates)
    return Grant(Scope(joined, granted[0][0]))
