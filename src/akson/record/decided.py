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
    if actor.care_relationship is not None:
        return actor.care_relationship.decision
    if actor.kind is not Kind.PERSONNEL or not (actor.token and pat):
        return ""
    return digest(f"{actor.token} {pat}")[:LENGTH]
