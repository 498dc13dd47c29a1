"""What a decision is called: the reference that an attest points at (`decision_ref`) and that stands in the own log.

Tillitsrammeverk ATT-46: whoever reads an attest can ask the system that made it, and it finds the decision in its log.
"""

from akson.security.actor import Actor, Kind
from akson.security.once import digest

LENGTH = 32


def decision_of(actor: Actor, pat: int) -> str:
    """The name of the decision that lets `actor` see the patient of a number. Empty where nothing is decided of anybody.

    One for each patient in each session: as long as it says the same, the same token does for it. It can be told
    to others, who learn neither the session nor the patient's number here from it.
    """
    whoever = decision_whoever(actor)
    if whoever is not None or not pat:
        return whoever or ""
    return digest(f"{actor.token} {pat}")[:LENGTH]


def decision_whoever(actor: Actor) -> str | None:
    """The name of the decision where it is the same whoever the patient is; None where each has one."""
    if actor.care_relationship is not None:
        return actor.care_relationship.decision
    return None if actor.kind is Kind.PERSONNEL and actor.token else ""
