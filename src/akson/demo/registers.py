"""What the national registers say of the demo's people: the same as the nodes begin with, in the registers' own shapes."""

from datetime import date
from typing import Any

from akson.demo.citizens import FATHER, GUARDIAN, MOTHER, Citizen, Relative, citizens
from akson.demo.ids import demo_id
from akson.demo.nodes import age
from akson.demo.personnel import BY_KEY_STAFF, STAFF, Staff
from akson.demo.roles import CATEGORIES, ROLES
from akson.demo.units import BY_KEY, PLACE
from akson.kit.norwegian import Sex
from akson.record.registers import Register
from akson.store.access.registers import Entry

Part = dict[str, Any]
GENDER = {Sex.FEMALE: "Female", Sex.MALE: "Male"}
FAMILY = {"MTH": ("Mother", "Child"), "FTH": ("Father", "Child"), "WIFE": ("Spouse", "Spouse"),
          "HUSB": ("Spouse", "Spouse"), "DAUC": ("Child", "Parent"), "SONC": ("Child", "Parent")}  # fmt: skip
"""Role of the related person and own role, by HL7 v3 RoleCode."""
PRACTICE_BEGAN = "2019-01-01T00:00:00"


def entries(today: date) -> dict[Register, list[Entry]]:
    """All entries as on a day."""
    people = citizens(today)
    found = [_person(citizen, citizen.street, _close(citizen, today)) for citizen in people]
    found += [_person(each, each.street or one.street) for one in people for each in one.relatives]
    found += [_person(staff) for staff in STAFF]
    return {
        Register.PERSON: found,
        Register.PERSONNEL: [_personnel(staff) for staff in STAFF if staff.hpr],
        Register.DOCTOR: [_contract(citizen) for citizen in people],
    }


def person_id(key: str) -> str:
    """What the registers call somebody of the demo: says nothing, and may stand in addresses."""
    return demo_id("grunndata", "Person", key)


def _person(one: Citizen | Relative | Staff, street: str = "", close: Part | None = None) -> Entry:
    nin = {"identificationNumber": one.pid, "identificationType": "NationalIdentityNumber", "status": "InUse"}
    body: Part = {
        "id": person_id(one.key),
        "norwegianIdentificationNumber": [nin | {"isCurrent": True}],
        "name": [{"firstName": one.given, "lastName": one.family, "isCurrent": True}],
        "gender": [{"gender": GENDER[one.sex]}],
        "birth": [{"birthDate": f"{one.born.isoformat()}T00:00:00"}],
        "status": [{"status": "Resident"}],
        "death": [],
        "addressProtection": [{"level": "Unclassified"}],
        "residentialAddress": [_address(street)] if street else [],
        "familyRelation": [],
        "parentalResponsibility": [],
        "guardianshipOrFuturePowerOfAttorney": [],
    }
    return Entry(body["id"], (one.pid,), body | (close or {}))


def _address(street: str) -> Part:
    postal, city, number, municipality = PLACE["samhandling"]
    address = {"addressName": street, "postalCode": postal, "city": city}
    return {
        "addressConfidentiality": "Unclassified",
        "streetAddress": address | {"municipalityNumber": number, "municipality": municipality},
    }


def _close(citizen: Citizen, today: date) -> Part:
    """Relatives, who has parental responsibility for a child, and a guardian with the scope of the guardianship."""
    family, parents, guardians = [], [], []
    for relative in citizen.relatives:
        if roles := FAMILY.get(relative.relation[0]):
            family.append({"relatedPerson": relative.pid, "relatedPersonRole": roles[0], "myRole": roles[1]})
        if relative.relation in (MOTHER, FATHER) and age(citizen.born, today) < 18:
            parents.append({"responsible": relative.pid, "responsibility": "Joint"})
        if relative.relation == GUARDIAN:
            guardian = {
                "norwegianIdentificationNumber": relative.pid,
                "scopeOfGuardianship": "PersonalInterests",
            }
            guardians.append({"guardianshipType": "Adult", "guardian": guardian})
    return {
        "familyRelation": family,
        "parentalResponsibility": parents,
        "guardianshipOrFuturePowerOfAttorney": guardians,
    }


def _personnel(staff: Staff) -> Entry:
    special = [
        {
            "code": staff.speciality[0],
            "name": staff.speciality[1],
            "validFrom": "2015-06-01T00:00:00",
            "validTo": None,
        }
    ]
    authorization = {
        "healthPersonnelCategory": {"code": staff.category, "name": CATEGORIES[staff.category]},
        "authorizationType": {"code": "1", "name": "Autorisasjon"},
        "validFrom": "2012-06-20T00:00:00",
        "validTo": None,
        "endReason": None,
        "specialities": special if staff.speciality[0] else [],
    }
    body = {
        "hprNumber": staff.hpr,
        "name": {"firstName": staff.given, "lastName": staff.family},
        "authorizations": [authorization],
    }
    return Entry(staff.hpr, (staff.hpr,), body)


def _contract(citizen: Citizen) -> Entry:
    return Entry(
        person_id(citizen.key),
        (citizen.pid,),
        {"id": person_id(citizen.key), "contracts": [contract(citizen.gp)]},
    )


def contract(key: str, valid_from: str = PRACTICE_BEGAN) -> Part:
    """Somebody's place on the list of a regular general practitioner of the demo."""
    staff = BY_KEY_STAFF[key]
    unit = BY_KEY[staff.posts[0].unit]
    return {
        "validFrom": valid_from,
        "validTo": None,
        "generalPractitioner": {
            "hprNumber": staff.hpr,
            "name": staff.name,
            "role": ROLES[staff.posts[0].role].display,
        },
        "office": {"organizationNumber": unit.organization_number, "name": unit.name},
    }
