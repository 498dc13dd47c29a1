"""What a system says about itself and its user in `assertion_details`: which unit acts, and the attest of the
trust framework (tillitsrammeverk): why this person, here, needs to know about a patient.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akson.kit.norwegian import DNR, FNR, HPR
from akson.kit.norwegian import ORGANIZATION as ORGNR
from akson.security.attested import ATTEST, HIGH, fault
from akson.trust.oauth import OAuthError
from akson.trust.registry import Client, Person

HELSEID = "helseid_authorization"
OLD_ORGNR = "urn:oid:2.16.578.1.12.4.1.2.101"
TENANTS = "urn:oid:1.0.6523"

Details = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in, and how surely."""

    person: Person
    level: int


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
    where = fault(found)
    if where is not None:
        raise OAuthError("invalid_request", f"the attest breaks its schema at {where}")
    return _complete(found, client, user, unit(details, client))


def _complete(found: Mapping[str, Any], client: Client, user: User | None, acting: str) -> dict[str, Any]:
    if user is None:
        raise OAuthError("access_denied", "an attest is about a signed-in person")
    checks = _person_rules(found, user) | _place_rules(found, client, acting)
    broken = [rule for rule, kept in checks.items() if not kept]
    if broken:
        raise OAuthError("access_denied", broken[0])
    pid = user.person.pid
    who = {"identifier": {"id": pid, "system": _system(pid), "authority": "https://www.skatteetaten.no"}}
    if user.person.hpr:
        who["hpr_nr"] = {
            "id": user.person.hpr,
            "system": HPR,
            "authority": "https://www.helsedirektoratet.no/",
        }
    return {**found, "practitioner": {**found["practitioner"], **who}, "toa": int(time.time())}


def _person_rules(found: Mapping[str, Any], user: User) -> dict[str, bool]:
    """Who attests, how surely, and whether one decided it oneself: each rule and whether it is kept."""
    practitioner, relation = found["practitioner"], found["care_relationship"]
    named = practitioner.get("identifier", {"system": FNR})
    opened = relation["purpose_of_use"]["code"] == "ETREAT"
    return {
        "ATT-9: the e-ID is not on level high": user.level >= HIGH,
        "ATT-10: only an identity number says who the practitioner is": named["system"] in {FNR, DNR},
        "ATT-11: the attest is about another person": _same(practitioner, user.person),
        "ATT-48: emergency access is the user's own choice": relation["decision_ref"]["user_selected"]
        or not opened,
    }


def _place_rules(found: Mapping[str, Any], client: Client, acting: str) -> dict[str, bool]:
    """Where the person works and the patient is treated: each rule and whether it is kept."""
    practitioner = found["practitioner"]
    mine = {client.organization, *client.units}
    care = {patient["point_of_care"]["id"] for patient in found["patients"] if "point_of_care" in patient}
    return {
        "ATT-12: the client is no member of the trust framework": client.trust_framework,
        "ATT-15: legal_entity is not the client's": practitioner["legal_entity"]["id"] == client.organization,
        "ATT-18: point_of_care is not the client's": practitioner["point_of_care"]["id"] in mine,
        "ATT-19: point_of_care is not the unit that acts": acting
        in {"", client.organization, practitioner["point_of_care"]["id"]},
        "ATT-51: the patient is treated elsewhere": care <= mine,
    }


def _system(pid: str) -> str:
    """A D-number adds 4 to the first digit of the day."""
    return DNR if pid[:1] >= "4" else FNR


def _same(practitioner: Mapping[str, Any], person: Person) -> bool:
    given = (practitioner.get("identifier", {}).get("id"), practitioner.get("hpr_nr", {}).get("id"))
    return given[0] in (None, person.pid) and given[1] in (None, person.hpr)
