"""The attest of the trust framework (Tillitsrammeverk): its form, and what a resource server checks of one in a token.

`Attest` is checked twice: by the trust anchor before it signs (module `trust.attest`), and here by the one who is asked,
who does not take the anchor's word for it: the form, whose it is, how surely and how old. Whom a request may be about is
`one_patient`.
"""

import time
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from akson.kit.norwegian import DNR, FNR, HPR
from akson.kit.norwegian import ORGANIZATION as ORGNR
from akson.security.jose import BadToken, moment

ATTEST = "nhn:tillitsrammeverk:parameters"
AUTHORIZATION = "urn:oid:2.16.578.1.12.4.1.1.9060"
PURPOSE = "urn:oid:2.16.840.1.113883.1.11.20448"
PURPOSES = ("TREAT", "COC", "ETREAT", "PATRQT", "HOPERAT")
HIGH = 4
LIFE = 3600
"""Seconds an attest may be old (ATT-58)."""
SKEW = 5

Attest = Mapping[str, Any]


def _coded(**narrowed: Any) -> dict[str, Any]:
    text = {"type": "string", "minLength": 1, "maxLength": 300}
    return {
        "type": "object",
        "properties": {"code": text, "system": text} | narrowed,
        "required": ["code", "system"],
    }


def _identified(*systems: str) -> dict[str, Any]:
    system: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 300}
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "minLength": 1, "maxLength": 64},
            "system": system | ({"enum": list(systems)} if systems else {}),
        },
        "required": ["id", "system"],
    }


_PLACE = {"point_of_care": _identified(ORGNR), "department": _identified()}

_SENT: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["type", "practitioner", "care_relationship", "patients"],
    "properties": {
        "type": {"const": ATTEST},
        "practitioner": {
            "type": "object",
            "required": ["legal_entity", "point_of_care"],
            "properties": _PLACE
            | {
                "authorization": _coded(system={"const": AUTHORIZATION}),
                "legal_entity": _identified(ORGNR),
                "identifier": _identified(),
                "hpr_nr": _identified(HPR),
            },
        },
        "care_relationship": {
            "type": "object",
            "required": ["purpose_of_use", "decision_ref"],
            "properties": {
                "healthcare_service": _coded(),
                "purpose_of_use": _coded(system={"const": PURPOSE}, code={"enum": list(PURPOSES)}),
                "purpose_of_use_details": _coded(),
                "decision_ref": {
                    "type": "object",
                    "required": ["id", "user_selected"],
                    "properties": {
                        "id": {"type": "string", "minLength": 1, "maxLength": 300},
                        "user_selected": {"type": "boolean"},
                    },
                },
            },
        },
        "patients": {
            "type": "array",
            "maxItems": 1,
            "items": {"type": "object", "properties": _PLACE | {"identifier": _identified(FNR, DNR)}},
        },
    },
}
"""NHN's structure; authorization, department, healthcare_service and details are "if it exists" in the framework."""


def _signed() -> dict[str, Any]:
    """As the anchor signs it: with who the person is, and when it was made. What an anchor adds besides is its own."""
    parts = _SENT["properties"]
    practitioner = parts["practitioner"]
    who = practitioner | {
        "required": [*practitioner["required"], "identifier"],
        "properties": practitioner["properties"] | {"identifier": _identified(FNR, DNR)},
    }
    return _SENT | {
        "additionalProperties": True,
        "required": [*_SENT["required"], "toa"],
        "properties": parts | {"practitioner": who, "toa": {"type": "integer", "minimum": 0}},
    }


_validators = {
    False: jsonschema_rs.Draft7Validator(_SENT),
    True: jsonschema_rs.Draft7Validator(_signed()),
}


def fault(attest: object, *, signed: bool = False) -> str | None:
    """Where an attest breaks its form, as a path like `practitioner/legal_entity`; None when it does not."""
    problem = next(iter(_validators[signed].iter_errors(attest)), None)
    if problem is None:
        return None
    return "/".join(str(step) for step in problem.instance_path) or "its top"


def recheck(attest: object, pid: str, level: int) -> tuple[Attest, float]:
    """The attest of a token about the person `pid`, and the moment it is too old. BadToken `attestation_...` if not.

    The age counts from `toa` alone (ATT-58): when the token was issued says nothing of when somebody attested.
    """
    where = fault(attest, signed=True)
    if where is not None or not isinstance(attest, dict):
        raise BadToken(f"attestation_is_malformed at {where}")
    if attest["practitioner"]["identifier"]["id"] != pid:
        raise BadToken("attestation_is_about_another_practitioner")
    if level < HIGH:
        raise BadToken("attestation_needs_level_high")
    made = moment(attest, "toa") or 0.0
    if not -SKEW <= time.time() - made <= LIFE:
        raise BadToken("attestation_has_expired")
    return attest, made + LIFE
