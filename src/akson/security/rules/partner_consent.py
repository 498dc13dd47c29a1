"""A cooperating service sees of a citizen what the citizen has agreed that it sees, for as long as that lasts.

NAV, school, PPT, child welfare and others are no health service and have no tjenstlig behov of a record: what they are told rests
on the citizen's own yes, which names the service, the kinds of information and a day (helsepersonelloven 22; pasient- og
brukerrettighetsloven 3-6), or on a provision, which their requests name (rule `partner_case`). They read, and change nothing.
"""

from collections import defaultdict

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.store.scope import AllOf, AnyOf, OfPatients, OfTypes, Predicate

WHO = frozenset({"Patient"})
"""Who it is about comes with whatever is shared."""
ACTIONS = frozenset({Action.READ, Action.SEARCH})


def covers(actor: Actor, patient: str, resource_type: str) -> bool:
    """Whether something of a type of this Patient (id) is shared with a cooperating service."""
    return any(each.patient == patient and resource_type in each.types | WHO for each in actor.shares)


def grants(actor: Actor, action: Action, resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.PARTNER or action not in ACTIONS:
        return None
    if not any(resource_type in each.types | WHO for each in actor.shares):
        return None
    # All that is shared, not this type alone: an include leads from one to another. Citizens who share the same are one part.
    alike: defaultdict[Predicate, set[str]] = defaultdict(set)
    for each in actor.shares:
        alike[each.opened].add(each.patient)
        alike[OfTypes(WHO)].add(each.patient)
    return AnyOf(tuple(AllOf((opened, OfPatients(frozenset(whose)))) for opened, whose in alike.items()))
