"""The attest of the trust framework: why this person, here, needs to know about this one patient.

Sent with the request for a token towards another node; the trust anchor checks it and puts it into the token
(Tillitsrammeverk, `nhn:tillitsrammeverk:parameters`; ATT-4: bound to one patient).
"""

from typing import Any

from akson.kit.norwegian import FNR, ORGANIZATION
from akson.kit.settings import Node
from akson.security.actor import Actor, Purpose

CATEGORY = "urn:oid:2.16.578.1.12.4.1.1.9060"
PURPOSE = "urn:oid:2.16.840.1.113883.1.11.20448"


def attest(actor: Actor, node: Node, pid: str, purpose: Purpose, decision: str) -> dict[str, Any]:
    """What `actor` attests about the patient with identity number `pid`; `decision` refers to the own log (ATT-46)."""
    return {
        "type": "nhn:tillitsrammeverk:parameters",
        "practitioner": {
            **_authorization(actor),
            "legal_entity": {"id": node.organization, "system": ORGANIZATION, "name": node.title},
            "point_of_care": {
                "id": actor.unit_number,
                "system": ORGANIZATION,
                "name": actor.unit_name,
            },
        },
        "care_relationship": {
            "purpose_of_use": {"code": purpose.value, "system": PURPOSE},
            # Emergency access is the user's own decision (ATT-48); all else follows from what stands in the record.
            "decision_ref": {"id": decision, "user_selected": purpose is Purpose.EMERGENCY},
        },
        "patients": [{"identifier": {"id": pid, "system": FNR}}],
    }


def _authorization(actor: Actor) -> dict[str, Any]:
    """The category of health personnel, for those who are authorised ("if it exists" in the framework)."""
    if not actor.authorization:
        return {}
    return {"authorization": {"code": actor.authorization, "system": CATEGORY, "text": actor.role}}
