"""What a system says about itself and its user in `assertion_details`: which unit acts, and the attest of the
trust framework (tillitsrammeverk): why this person, here, needs to know about a patient.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from akson.kit.norwegian import DNR, FNR, HPR
from akson.kit.norwegian import ORGANIZATION as ORGNR
from akson.security.tokens import ATTEST
from akson.trust.oauth import OAuthError
from akson.trust.registry import Client, Person

HELSEID = "helseid_authorization"
OLD_ORGNR = "urn:oid:2.16.578.1.12.4.1.2.101"
TENANTS = "urn:oid:1.0.6523"
AUTHORIZATION = "urn:oid:2.16.578.1.12.4.1.1.9060"
PURPOSE = "urn:oid:2.16.840.1.113883.1.11.20448"
PURPOSES = ("TREAT", "COC", "ETREAT", "PATRQT", "HOPERAT")
HIGH = 4

Details = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in, and how surely."""

    person: Person
    level: int


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

_SCHEMA = {
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
                "identifier": _identified(FNR),
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

_validator = jsonschema_rs.Draft7Validator(_SCHEMA)


def unit(details: Details, client: Client) -> str:
    """The sub-unit (orgnr_child) that `helseid_authorization` names, empty when it names none."""
    found = [item for item in details if item["type"] == HELSEID]
    if not found:
        return ""
    try:
        identifier = found[0]["practitioner_role"]["organization"]["identifier"]
        system, value = identifier["system"], str(identifier["value"])
    except (KeyError, TypeError) as error:
        raise OAuthError("invalid_request", f"{HELSEID} has the wrong shape") from error
    parent, child = client.organization, value
    if system == TENANTS:
        parent, _, child = value.removeprefix("NO:ORGNR:").partition(":")
    elif system not in (ORGNR, OLD_ORGNR):
        raise OAuthError("invalid_request", f"{HELSEID} has an unknown system")
    if parent != client.organization or child not in {"", client.organization, *client.units}:
        raise OAuthError("access_denied", "the client may not act for that organisation")
    return child


def attest(details: Details, client: Client, user: User | None) -> dict[str, Any] | None:
    """The attest to put into the access token, completed with who the user is and when it was made.

    OAuthError when its shape is wrong (`invalid_request`) or a rule of the framework is broken (`access_denied`).
    """
    unknown = [item["type"] for item in details if item["type"] not in (HELSEID, ATTEST)]
    if unknown:
        raise OAuthError("invalid_request", "assertion_details has an unknown type")
    found = next((item for item in details if item["type"] == ATTEST), None)
    if found is None:
        return None
    problem = next(iter(_validator.iter_errors(found)), None)
    if problem is not None:
        where = "/".join(str(step) for step in problem.instance_path)
        raise OAuthError("invalid_request", f"the attest breaks its schema at {where or 'its top'}")
    return _complete(found, client, user)


def _complete(found: Mapping[str, Any], client: Client, user: User | None) -> dict[str, Any]:
    practitioner = found["practitioner"]
    if user is None:
        raise OAuthError("access_denied", "an attest is about a signed-in person")
    checks = {
        "ATT-9: the e-ID is not on level high": user.level >= HIGH,
        "ATT-11: the attest is about another person": _same(practitioner, user.person),
        "ATT-12: the client is no member of the trust framework": client.trust_framework,
        "ATT-15: legal_entity is not the client's": practitioner["legal_entity"]["id"] == client.organization,
        "ATT-18: point_of_care is not the client's": practitioner["point_of_care"]["id"]
        in {client.organization, *client.units},
    }
    broken = [rule for rule, kept in checks.items() if not kept]
    if broken:
        raise OAuthError("access_denied", broken[0])
    who = {
        "identifier": {"id": user.person.pid, "system": FNR, "authority": "https://www.skatteetaten.no"},
    }
    if user.person.hpr:
        who["hpr_nr"] = {
            "id": user.person.hpr,
            "system": HPR,
            "authority": "https://www.helsedirektoratet.no/",
        }
    return {**found, "practitioner": {**practitioner, **who}, "toa": int(time.time())}


def _same(practitioner: Mapping[str, Any], person: Person) -> bool:
    given = (practitioner.get("identifier", {}).get("id"), practitioner.get("hpr_nr", {}).get("id"))
    return given[0] in (None, person.pid) and given[1] in (None, person.hpr)
