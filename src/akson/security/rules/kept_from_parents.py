"""What personnel have marked as kept from parents is closed to who acts for a child (pasient- og brukerrettighetsloven 3-4).

A child of 12 to 15 may not want it, for reasons that are to be respected; at any age weighty reasons of the child's may
speak against it. The mark closes to parents and guardians, whom the register of persons gives the right, and not to the
child, nor to whom the patient has given a power of attorney.
"""

from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.representation import GUARDIAN, PARENT
from akson.store.scope import NotBlocked, Predicate

BY_REGISTER = frozenset({f"right:{PARENT}", f"right:{GUARDIAN}"})
"""What a block of such an entry names."""


def leaves(actor: Actor, _action: Action, _resource_type: str, _purpose: Purpose) -> Predicate | None:
    if actor.kind is not Kind.REPRESENTATIVE or actor.acts_for is None:
        return None
    mine = BY_REGISTER & {f"right:{actor.acts_for.right}"}
    # What is closed to all but those named is the business of personnel.
    return NotBlocked(mine, named=True) if mine else None
