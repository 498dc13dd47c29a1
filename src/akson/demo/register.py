"""The registers of a node: organisations with their services and addresses, personnel with posts, citizens with family."""

from datetime import date
from typing import Any

from akson.demo.book import (
    human_name,
    identifier,
    post_key,
    staff_reference,
    unit_reference,
)
from akson.demo.citizens import Citizen, Relative, citizens_of
from akson.demo.ids import demo_id, demo_reference
from akson.demo.nodes import age
from akson.demo.personnel import BY_KEY_STAFF, Post, Staff, staff_of
from akson.demo.roles import CATEGORIES, ROLES
from akson.demo.units import (
    BY_KEY,
    CLAIMS_BY_INTERFACE,
    EXAMINES,
    INTERFACES,
    PLACE,
    REGISTERS,
    UNITS,
    Unit,
    units_of,
)
from akson.exchange.hub.report import ANSWERS, CLAIMS
from akson.fhir.model import Resource, coding, concept
from akson.kit import norwegian
from akson.kit.norwegian import volven
from akson.messaging.addresses import ABILITIES, LINKS
from akson.messaging.fhir.wire import EVENTS
from akson.record.partners import KIND as PARTNER
from akson.security.roles import ROLE_SYSTEM

PROFILE = "http://hl7.no/fhir/ig/StructureDefinition/no-basis-"
MUNICIPALITY = "http://hl7.no/fhir/StructureDefinition/no-basis-municipalitycode"
INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
RELATION = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def register(node: str, today: date) -> list[Resource]:
    """Everything on a node that is not somebody's record."""
    units = UNITS if node == "samhandling" else units_of(node)
    found = [organization(node, unit) for unit in units]
    for unit in units:
        if unit.her_id:
            found.append(endpoint(node, unit))
        if unit.her_id and unit.key not in REGISTERS:
            found.append(healthcare_service(node, unit))
    for staff in staff_of(node):
        found.append(practitioner(node, staff))
        found += [
            practitioner_role(node, staff, post) for post in staff.posts if BY_KEY[post.unit].node == node
        ]
    for citizen in citizens_of(node, today):
        found.append(patient(node, citizen))
        found += [related_person(node, citizen, relative) for relative in citizen.relatives]
        if node == "samhandling":
            found += [
                _relative_as_patient(node, citizen, relative)
                for relative in citizen.relatives
                if age(relative.born, today) >= 18
            ]
    return found


ORDERS = (
    ("REQ_LAB", "Rekvisisjon-Laboratoriemedisin"),
    ("REQ_RTG", "Rekvisisjon-Radiologi"),
)


def _resource(node: str, kind: str, key: str, content: Resource) -> Resource:
    profile = {"meta": {"profile": [f"{PROFILE}{kind}"]}}
    return {"resourceType": kind, "id": demo_id(node, kind, key)} | profile | content


def _phone(number: str) -> dict[str, Any]:
    return {"telecom": [{"system": "phone", "value": number}]} if number else {}


def _address(node: str, street: str) -> Resource:
    postal, city, number, municipality = PLACE[node]
    code = {"url": MUNICIPALITY, "valueCoding": coding(volven(3402), number, municipality)}
    return {
        "use": "home",
        "type": "physical",
        "line": [street],
        "district": municipality,
        "_district": {"extension": [code]},
        "postalCode": postal,
        "city": city,
        "country": "NO",
    }


def organization(node: str, unit: Unit) -> Resource:
    """A legal entity or one of its units."""
    identifiers = [identifier(norwegian.ORGANIZATION, unit.organization_number)]
    if unit.her_id:
        identifiers.append(identifier(norwegian.HER, unit.her_id))
    content: Resource = {"identifier": identifiers, "active": True, "name": unit.name}
    kinds = [_service_type(unit)] if unit.service[1] else []
    kinds += [concept(PARTNER, unit.partner, unit.name)] if unit.partner else []
    content |= {"type": kinds} if kinds else {}
    content |= _phone(unit.phone)
    address = _address(unit.node, unit.street) if unit.street else {}
    content |= {"address": [address | {"use": "work"}]} if address else {}
    if unit.parent:
        content["partOf"] = unit_reference(node, BY_KEY[unit.parent])
    if unit.her_id:
        content["endpoint"] = [{"reference": demo_reference(node, "Endpoint", unit.key)}]
    return _resource(node, "Organization", unit.key, content)


def _service_type(unit: Unit) -> Resource:
    number, code, display = unit.service
    return concept(volven(number), code, display)


def endpoint(node: str, unit: Unit) -> Resource:
    """Where messages to a unit go: its HER-id, over AMQP as the address register has it."""
    content = {
        "identifier": [identifier(norwegian.HER, unit.her_id)],
        "status": "active",
        "connectionType": coding("http://hl7.no/fhir/CodeSystem/no-basis-connection-type", "no-amqp"),
        "name": unit.name,
        "managingOrganization": unit_reference(node, unit),
        "payloadType": [
            concept(volven(8279), "HENVISNING_NYTILSTAND", "Henvisning ny tilstand"),
            concept(volven(8279), "EPIKRISE", "Epikrise"),
            concept(volven(8279), "DIALOG_HELSEFAGLIG", "Helsefaglig dialog"),
            concept(volven(8279), "APPREC", "Applikasjonskvittering"),
            *(concept(volven(8279), *kind) for kind in ORDERS if unit.key in EXAMINES),
            concept(EVENTS, "anmodning", "Anmodning om tjeneste"),
            concept(ABILITIES, LINKS, "Følger lenker til felles opplysninger"),
            *(
                [concept(ABILITIES, CLAIMS, "Sender krav over grensesnitt")]
                if unit.key in CLAIMS_BY_INTERFACE
                else []
            ),
        ]
        if unit.key not in REGISTERS
        else [
            *(concept(volven(8279), *kind) for kind in REGISTERS[unit.key]),
            *(concept(ABILITIES, *kind) for kind in INTERFACES.get(unit.key, ())),
            concept(ABILITIES, ANSWERS, "Register for utprøving"),
        ],
        "payloadMimeType": ["application/xml"],
        "address": f"urn:her:{unit.her_id}",
    }
    return _resource(node, "Endpoint", unit.key, content)


def healthcare_service(node: str, unit: Unit) -> Resource:
    """What a unit offers to those who refer to it or look for help."""
    content: Resource = {
        "identifier": [identifier(norwegian.HER, unit.her_id)],
        "active": True,
        "providedBy": unit_reference(node, unit),
        "type": [_service_type(unit)],
        "name": unit.name,
        "endpoint": [{"reference": demo_reference(node, "Endpoint", unit.key)}],
    }
    return _resource(node, "HealthcareService", unit.key, content | _phone(unit.phone))


def practitioner(node: str, staff: Staff) -> Resource:
    """One of the personnel, with authorisation and speciality."""
    identifiers = [identifier(norwegian.FNR, staff.pid)]
    qualifications = []
    if staff.hpr:
        identifiers.append(identifier(norwegian.HPR, staff.hpr))
        codes = [
            coding(volven(9060), staff.category, CATEGORIES[staff.category]),
            coding(volven(7704), "1", "Autorisasjon"),
        ]
        qualifications.append({"code": {"coding": codes, "text": CATEGORIES[staff.category]}})
    if staff.speciality[0]:
        qualifications.append({"code": concept(volven(7426), *staff.speciality)})
    content: Resource = {
        "identifier": identifiers,
        "active": True,
        "name": human_name(staff),
        "gender": staff.sex.value,
        "birthDate": staff.born.isoformat(),
    }
    return _resource(
        node,
        "Practitioner",
        staff.key,
        content | ({"qualification": qualifications} if qualifications else {}),
    )


def practitioner_role(node: str, staff: Staff, post: Post) -> Resource:
    """A post: the role that somebody has at a unit."""
    codes = [concept(ROLE_SYSTEM, post.role, ROLES[post.role].display)]
    if post.role == "fastlege":
        codes.append(concept(volven(9034), "6", "Fastlege"))
    content: Resource = {
        "active": True,
        "practitioner": {
            "reference": demo_reference(node, "Practitioner", staff.key),
            "display": staff.name,
        },
        "organization": unit_reference(node, BY_KEY[post.unit]),
        "code": codes,
    }
    return _resource(node, "PractitionerRole", post_key(staff, post.role, post.unit), content)


def patient(node: str, citizen: Citizen) -> Resource:
    """A citizen. The general practitioner stands as a person and, where the node is the practice's, as the practice."""
    gp = BY_KEY_STAFF[citizen.gp]
    practice = BY_KEY[gp.posts[0].unit]
    doctors = [staff_reference(node, gp)] + (
        [unit_reference(node, practice)] if practice.node == node else []
    )
    language = {"coding": [coding("urn:ietf:bcp:47", citizen.language[0])], "text": citizen.language[1]}
    content: Resource = {
        "identifier": [identifier(norwegian.FNR, citizen.pid)],
        "active": True,
        "name": human_name(citizen),
        "gender": citizen.sex.value,
        "birthDate": citizen.born.isoformat(),
        "address": [_address("samhandling", citizen.street)],
        "communication": [{"language": language, "preferred": True}],
        "generalPractitioner": doctors,
    }
    if citizen.interpreter:
        content["extension"] = [{"url": INTERPRETER, "valueBoolean": True}]
    return _resource(node, "Patient", citizen.key, content | _phone(citizen.phone))


def related_person(node: str, citizen: Citizen, relative: Relative) -> Resource:
    """Someone close to a citizen."""
    content: Resource = {
        "identifier": [identifier(norwegian.FNR, relative.pid)],
        "active": True,
        "patient": {"reference": demo_reference(node, "Patient", citizen.key), "display": citizen.name},
        "relationship": [concept(RELATION, *relative.relation)],
        "name": human_name(relative),
        "gender": relative.sex.value,
        "birthDate": relative.born.isoformat(),
        "address": [_address("samhandling", relative.street or citizen.street)],
    }
    key = f"{citizen.key}/{relative.key}"
    return _resource(node, "RelatedPerson", key, content | _phone(relative.phone))


def _relative_as_patient(node: str, citizen: Citizen, relative: Relative) -> Resource:
    """On the platform everyone is a citizen with rights of their own."""
    content: Resource = {
        "identifier": [identifier(norwegian.FNR, relative.pid)],
        "active": True,
        "name": human_name(relative),
        "gender": relative.sex.value,
        "birthDate": relative.born.isoformat(),
        "address": [_address(node, relative.street or citizen.street)],
    }
    return _resource(node, "Patient", relative.key, content | _phone(relative.phone))
