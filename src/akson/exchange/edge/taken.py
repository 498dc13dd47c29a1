"""What a node takes over from an entry of a register, as changes of its own resources. Pure: resource in, resource out.

The register decides on death, address and its protection, name, authorisations and regular doctor; all else of a resource
is the node's own. A protected address is not kept at all: who needs it asks the register for it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from akson.fhir.model import Resource, coding
from akson.kit.clock import NORWAY
from akson.kit.norwegian import HPR, volven

PROTECTION = "http://ehelse.no/fhir/CodeSystem/gd-address-confidentiality"
"""System of the label in meta.security that says how an address is protected."""
LEVELS = {
    "ClientAddress": "klientadresse",
    "Confidential": "fortrolig",
    "StrictlyConfidential": "strengtFortrolig",
}
HOMES = frozenset({"residentialAddress", "presentAddress", "postalAddress", "postalAddressAbroad"})
MUNICIPALITY = "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode"


Part = dict[str, Any]


def number(person: Part) -> str:
    """The identity number that a person has now; empty when the register told none."""
    found = person.get("norwegianIdentificationNumber", [])
    current = [each for each in found if each.get("isCurrent", True)]
    return str(current[0]["identificationNumber"]) if current else ""


def is_protected(person: Part) -> bool:
    """Whether somebody lives at an address that others must not learn."""
    return _level(person) in LEVELS


def kept(found: Part) -> Part:
    """What a node keeps of a person's entry: all but an address that is protected."""
    return {name: value for name, value in found.items() if name not in HOMES or not is_protected(found)}


def person(resource: Resource, found: Part) -> Resource:
    """A Patient or RelatedPerson as the register of persons has it."""
    made = dict(resource)
    if resource["resourceType"] == "Patient":
        made = _death(made, found)
    if names := [each for each in found.get("name", []) if each.get("isCurrent", True)]:
        made["name"] = _named(resource.get("name", []), names[0])
    return _address(made, found)


def _death(made: Resource, found: Part) -> Resource:
    day = next((each.get("dateOfDeath") for each in found.get("death", [])), None)
    made = {
        name: value for name, value in made.items() if name not in {"deceasedDateTime", "deceasedBoolean"}
    }
    if day:
        made["deceasedDateTime"] = day[:10]
    elif any(each.get("status") == "Deceased" for each in found.get("status", [])):
        made["deceasedBoolean"] = True
    return made


def _named(before: list[Resource], name: Part) -> list[Resource]:
    given = str(name.get("firstName", ""))
    given = " ".join(filter(None, [given, name.get("middleName")]))
    whole = f"{given} {name.get('lastName', '')}".strip()
    if before and before[0].get("text") == whole:
        return before
    made = {"use": "official", "text": whole, "family": name.get("lastName", ""), "given": given.split(" ")}
    return [made, *before[1:]]


def _address(made: Resource, found: Part) -> Resource:
    level = LEVELS.get(_level(found), "")
    meta = dict(made.get("meta", {}))
    labels = [each for each in meta.get("security", []) if each.get("system") != PROTECTION]
    labels += [{"system": PROTECTION, "code": level}] if level else []
    meta = {name: value for name, value in meta.items() if name != "security"}
    meta |= {"security": labels} if labels else {}
    made = {
        name: value for name, value in made.items() if name not in {"meta", "address"} or value is None
    } | {
        "meta": meta,
        "address": [] if level else _homes(made.get("address", []), found),
    }
    return {name: value for name, value in made.items() if value not in ([], {})}


def _homes(before: list[Resource], found: Part) -> list[Resource]:
    street = next((each.get("streetAddress") for each in found.get("residentialAddress", [])), None)
    if not street:
        return before
    line = " ".join(filter(None, [street.get("addressName"), street.get("addressNumber")]))
    known = next((each for each in before if each.get("use") == "home"), {})
    if known.get("line") == [line] and known.get("postalCode") == street.get("postalCode"):
        return before
    made: Resource = {
        "use": "home",
        "type": "physical",
        "line": [line],
        "district": street.get("municipality"),
        "postalCode": street.get("postalCode"),
        "city": street.get("city"),
        "country": "NO",
    }
    if code := street.get("municipalityNumber"):
        place = coding(volven(3402), code, street.get("municipality", ""))
        made["_district"] = {"extension": [{"url": MUNICIPALITY, "valueCoding": place}]}
    return [{name: value for name, value in made.items() if value}, *(e for e in before if e != known)]


def _level(found: Part) -> str:
    return str(next((each.get("level", "") for each in found.get("addressProtection", [])), ""))


def contract(doctor: Part, now: datetime) -> Part | None:
    """The contract that is in force; None for somebody on no list."""
    found = [each for each in doctor.get("contracts", []) if _in_force(each, now)]
    return max(found, key=lambda each: str(each["validFrom"]), default=None)


def next_turn(doctor: Part, now: datetime) -> datetime | None:
    """When another contract begins or ends; None when nothing is known to."""
    moments = [
        _moment(each[name])
        for each in doctor.get("contracts", [])
        for name in ("validFrom", "validTo")
        if each.get(name)
    ]
    return min((moment for moment in moments if moment > now), default=None)


def doctors(contract_: Part | None, roles: Sequence[str], office: str) -> list[Resource]:
    """Patient.generalPractitioner: the doctor's posts here (references), else who it is; the office where it is here."""
    if contract_ is None:
        return []
    doctor, place = contract_["generalPractitioner"], contract_["office"]
    shown = ", ".join(filter(None, [doctor["name"], str(doctor.get("role", "")).lower()]))
    found: list[Resource] = [{"reference": role, "display": shown} for role in roles]
    if not found:
        identifier = {"system": HPR, "value": doctor["hprNumber"]}
        found = [{"type": "Practitioner", "identifier": identifier, "display": shown}]
    if office:
        found.append({"reference": office, "display": place["name"]})
    return found


def practitioner(resource: Resource, found: Part) -> Resource:
    """A Practitioner with the authorisations and specialities of the register, each with its period."""
    made: list[Resource] = []
    for each in found.get("authorizations", []):
        category, kind = each["healthPersonnelCategory"], each["authorizationType"]
        codes = [
            coding(volven(9060), category["code"], category["name"]),
            coding(volven(7704), kind["code"], kind["name"]),
        ]
        made.append({"code": {"coding": codes, "text": category["name"]}} | _period(each))
        made += [
            {"code": {"coding": [coding(volven(7426), special["code"], special["name"])]}} | _period(special)
            for special in each.get("specialities", [])
        ]
    others = [
        each
        for each in resource.get("qualification", [])
        if not {volven(9060), volven(7426)} & {c.get("system") for c in each["code"].get("coding", [])}
    ]
    whole = dict(resource) | {"qualification": [*made, *others]}
    return {name: value for name, value in whole.items() if value != []}


def _period(part: Part) -> Resource:
    period = {"start": part.get("validFrom"), "end": part.get("validTo")}
    told = {name: _moment(value).isoformat() for name, value in period.items() if value}
    return {"period": told} if told else {}


def _in_force(part: Part, now: datetime) -> bool:
    begun = not part.get("validFrom") or _moment(part["validFrom"]) <= now
    return begun and (not part.get("validTo") or _moment(part["validTo"]) > now)


def _moment(text: str) -> datetime:
    """Times without an offset are Norwegian ones."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=NORWAY)
