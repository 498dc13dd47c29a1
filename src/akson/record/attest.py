"""The attest of the trust framework: why this person, here, needs to know about this one patient.

Sent with the request for a token towards another node; the trust anchor checks it and puts it into the token
(Tillitsrammeverk, `nhn:tillitsrammeverk:parameters`; ATT-4: bound to one patient).
"""

from collections.abc import Mapping
from typing import Any

from akson.kit.norwegian import ORGANIZATION, system_of
from akson.kit.settings import Node
from akson.security.actor import Actor, Attested, Purpose

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
        "patients": [{"identifier": {"id": pid, "system": system_of(pid)}}],
    }


def relation(attest: Mapping[str, Any]) -> Attested:
    """What an attest in a token says of the care relation. What it leaves out, and what is no text, is empty."""
    told = attest.get("care_relationship", {})
    made = told.get("decision_ref", {})
    code = told.get("purpose_of_use", {}).get("code")
    return Attested(
        purpose=next((each for each in Purpose if each.value == code), Purpose.TREATMENT),
        purpose_detail=_coded(told.get("purpose_of_use_details")),
        service=_coded(told.get("healthcare_service")),
        decision=str(made.get("id", "")),
        decision_text=str(made.get("description", "")),
        user_selected=made.get("user_selected") is True,
        toa=int(attest.get("toa", 0)),
    )


def _coded(told: Mapping[str, Any] | None) -> str:
    return f"{told.get('system', '')}|{told.get('code', '')}" if told else ""


def _authorization(actor: Actor) -> dict[str, Any]:
    """The category of health personnel, for those who are authorised ("if it exists" in the framework)."""
    if not actor.authorization:
        return {}
    return {"authorization": {"code": actor.authorization, "system": CATEGORY, "text": actor.role}}
