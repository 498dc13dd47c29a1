"""What the patient has closed is closed to those it is closed to (pasient- og brukerrettighetsloven 5-3; pasientjournalloven 17).

Against persons, roles, units, organisations, or all but those named. In an emergency what was closed opens for the one
patient who was opened, and only what holds then too stays closed, such as a block on a named person. The emergency is
that of health personnel: who goes on in a role that opens none, such as a case handler, meets what is closed as before.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.rules.emergency import may_open
from akson.store.scope import AllOf, AnyOf, NotBlocked, OfPatients, Predicate


def subjects(actor: Actor) -> frozenset[str]:
    """What a block may name that this actor is: the same on every node."""
    named = [("hpr", actor.hpr), ("role", actor.role), ("role", actor.authorization)]
    named += [("unit", number) for number in {*actor.unit_numbers, actor.unit_number}]
    named += [("org", actor.organization), ("staff", _staff(actor))]
    return frozenset(f"{kind}:{code}" for kind, code in named if code)


def _staff(actor: Actor) -> str:
    """What names somebody at work who has no HPR number: the owner, and the Practitioner in the owner's own register."""
    if actor.hpr or not (actor.organization and actor.practitioner):
        return ""
    return f"{actor.organization}.{actor.practitioner.removeprefix('Practitioner/')}"


def leaves(actor: Actor, action: Action, _resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind not in {Kind.PERSONNEL, Kind.PARTNER, Kind.SYSTEM} or action is Action.ADMINISTER:
        return None
    mine = subjects(actor)
    if not actor.opened or not (actor.client_id or may_open(actor)):
        return NotBlocked(mine)
    opened = AllOf((OfPatients(actor.opened), NotBlocked(mine, emergency=True)))
    return AnyOf((NotBlocked(mine), opened))
