"""The attest of the trust framework (tillitsrammeverk): why this person, here, needs to know about a patient.

A system sends it with the request for a token; here it is checked against the framework's rules and completed.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akson.kit.norwegian import DNR, FNR, HPR
from akson.security.attested import ATTEST, HIGH, fault
from akson.trust.acting import Acting, Details, acting
from akson.trust.oauth import OAuthError
from akson.trust.registry import Client, Person


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in, and how surely."""

    person: Person
    level: int


def attest(details: Details, client: Client, user: User | None) -> dict[str, Any] | None:
    """The attest to put into the access token, completed with who the user is and when it was made.

    OAuthError when its shape is wrong (`invalid_request`) or a rule of the framework is broken (`access_denied`).
    """
    found = precheck(details, client)
    if found is None:
        return None
    if user is None:
        raise OAuthError("access_denied", "an attest is about a signed-in person")
    _keep(_person_rules(found, user))
    pid = user.person.pid
    who = {"identifier": {"id": pid, "system": _system(pid), "authority": "https://www.skatteetaten.no"}}
    if user.person.hpr:
        who["hpr_nr"] = {
            "id": user.person.hpr,
            "system": HPR,
            "authority": "https://www.helsedirektoratet.no/",
        }
    return {**found, "practitioner": {**found["practitioner"], **who}, "toa": int(time.time())}


def precheck(details: Details, client: Client) -> Mapping[str, Any] | None:
    """The attest as it was sent, when it keeps the rules that need no person: at PAR nobody has signed in yet."""
    found = next((item for item in details if item["type"] == ATTEST), None)
    if found is None:
        return None
    where = fault(found)
    if where is not None:
        raise OAuthError("invalid_request", f"the attest breaks its schema at {where}")
    _keep(_place_rules(found, client, acting(details, client)))
    return found


def _keep(rules: Mapping[str, bool]) -> None:
    broken = [rule for rule, kept in rules.items() if not kept]
    if broken:
        raise OAuthError("access_denied", broken[0])


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


def _place_rules(found: Mapping[str, Any], client: Client, place: Acting) -> dict[str, bool]:
    """Where the person works and the patient is treated: each rule and whether it is kept."""
    practitioner = found["practitioner"]
    mine = {place.organization, *place.units}
    care = {patient["point_of_care"]["id"] for patient in found["patients"] if "point_of_care" in patient}
    return {
        "ATT-12: the client is no member of the trust framework": place.organization in client.members,
        "ATT-15: legal_entity is not the client's": practitioner["legal_entity"]["id"] == place.organization,
        "ATT-18: point_of_care is not the client's": practitioner["point_of_care"]["id"] in mine,
        "ATT-19: point_of_care is not the unit that acts": place.unit
        in {"", place.organization, practitioner["point_of_care"]["id"]},
        "ATT-51: the patient is treated elsewhere": care <= mine,
    }


def _system(pid: str) -> str:
    """A D-number adds 4 to the first digit of the day."""
    return DNR if pid[:1] >= "4" else FNR


def _same(practitioner: Mapping[str, Any], person: Person) -> bool:
    given = (practitioner.get("identifier", {}).get("id"), practitioner.get("hpr_nr", {}).get("id"))
    return given[0] in (None, person.pid) and given[1] in (None, person.hpr)
