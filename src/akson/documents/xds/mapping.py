"""DocumentEntry and DocumentReference, each made of the other (IHE MHD, ITI TF-3 4.5.1.1; Norwegian lists of HIS 1169). Pure.

`LOSSES` names what one of them has no place for. Where a document here has no unique identifier, one is made of its address,
the same each time.
"""

import base64
import uuid
from datetime import UTC, datetime
from typing import Any

from akson.documents.xds.entry import (
    APPROVED,
    DEPRECATED,
    DOCUMENT_GROUPS,
    NORMAL,
    OID,
    SUFFICIENT,
    UNKNOWN,
    Author,
    Code,
    DocumentEntry,
    Id,
    Institution,
    Person,
)
from akson.fhir.model import Resource
from akson.fhir.precision import interval

URI = "urn:ietf:rfc:3986"
SYSTEMS = {
    "http://loinc.org": "2.16.840.1.113883.6.1",
    "http://snomed.info/sct": "2.16.840.1.113883.6.96",
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality": "2.16.840.1.113883.5.25",
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor": "2.16.840.1.113883.5.1008",
    "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode": "1.3.6.1.4.1.19376.1.2.3",
}
LANGUAGES = {"nb": "nb-NO", "nn": "nn-NO", "en": "en-GB", "se": "se-NO"}
NAMESPACE = uuid.UUID("0b2f9a36-5a2e-5b1c-8e43-6f8a2c1d7e90")
LOSSES = {
    "to DocumentReference": {
        "homeCommunityId": "R4 has no element for the community",
        "repositoryUniqueId": "R4 has no element for the repository: the address of the content stands for it",
        "others": "sourcePatientInfo, referenceIdList, documentAvailability and slots of others are not read",
        "author": "authors of the same place are told apart, but specialties and telecommunication are not read",
        "codes": "a second category, format, facility type or practice setting has no place in DocumentEntry",
    },
    "to DocumentEntry": {
        "relatesTo": "associations stand beside the entry, in a submission",
        "docStatus": "XDS has final documents only",
        "date": "when it was registered is known to the register alone",
        "text, contained, extension, meta": "stay here",
        "content": "of several contents the first",
        "context.encounter, context.related": "references lead to what the register does not have",
        "subject": "but for the identity number",
        "precision": "times are to the second and in UTC; a day becomes its first second",
    },
}


def to_entry(document: Resource, patient: Resource, address: str) -> DocumentEntry:
    """The entry of a document. `patient`: the Patient it is about; `address`: where the document is, which names it."""
    content = document["content"][0]
    attached, context = content["attachment"], document.get("context", {})
    kind = _code(document.get("type"))
    period = context.get("period", {})
    number = _number(patient)
    return DocumentEntry(
        uuid=_uuid(document, address),
        unique_id=_unique(document, address),
        patient=number,
        source_patient=number,
        mime=str(attached.get("contentType", "")),
        status=APPROVED if document.get("status") == "current" else DEPRECATED,
        class_code=_code(next(iter(document.get("category", [])), None)) or _group(kind),
        type_code=kind,
        format_code=_of_coding(content["format"]) if "format" in content else SUFFICIENT,
        facility=_code(context.get("facilityType")) or UNKNOWN,
        practice=_code(context.get("practiceSetting")) or UNKNOWN,
        confidentiality=tuple(filter(None, map(_code, document.get("securityLabel", [])))) or (NORMAL,),
        events=tuple(filter(None, map(_code, context.get("event", [])))),
        authors=_authors(document),
        legal_authenticator=_person(document["authenticator"]) if "authenticator" in document else None,
        title=str(attached.get("title") or document.get("description", "")),
        comments=str(document.get("description", "")) if attached.get("title") else "",
        creation=_digits(attached.get("creation") or document.get("date", "")),
        start=_digits(period.get("start", "")),
        stop=_digits(period.get("end", "")),
        language=LANGUAGES.get(attached.get("language", ""), attached.get("language", "")),
        hash=base64.b64decode(attached["hash"]).hex() if "hash" in attached else "",
        size=str(attached.get("size", "")),
        uri=str(attached.get("url", "")),
    )


def to_reference(entry: DocumentEntry) -> Resource:
    """The DocumentReference of an entry; its subject and authors are named by their identifiers."""
    attached = {
        "contentType": entry.mime,
        "language": next(
            (short for short, told in LANGUAGES.items() if told == entry.language), entry.language
        ),
        "url": entry.uri,
        "title": entry.title,
        "creation": _instant(entry.creation),
        "hash": base64.b64encode(bytes.fromhex(entry.hash)).decode() if entry.hash else "",
    }
    content: Resource = {"attachment": {name: value for name, value in attached.items() if value}}
    if entry.size.isdecimal():
        content["attachment"]["size"] = int(entry.size)
    if entry.format_code:
        content["format"] = _coding(entry.format_code)
    made: Resource = {
        "resourceType": "DocumentReference",
        "masterIdentifier": {"system": URI, "value": _as_uri(entry.unique_id)},
        "identifier": [{"use": "official", "system": URI, "value": _as_uri(entry.uuid)}],
        "status": "superseded" if entry.status == DEPRECATED else "current",
        "subject": {"type": "Patient", "identifier": _identifier(entry.patient)},
        "content": [content],
    }
    lists = {
        "type": _concept(entry.type_code),
        "category": [_concept(entry.class_code)] if entry.class_code else [],
        "securityLabel": [_concept(each) for each in entry.confidentiality],
        "author": [_reference(each) for each in entry.authors if each.person or each.institutions],
        "custodian": _custodian(entry),
        "authenticator": _who(entry.legal_authenticator),
        "description": entry.comments,
        "context": _context(entry),
    }
    return made | {name: value for name, value in lists.items() if value}


def _context(entry: DocumentEntry) -> Resource:
    period = {"start": _instant(entry.start), "end": _instant(entry.stop)}
    source = (
        {"type": "Patient", "identifier": _identifier(entry.source_patient)} if entry.source_patient else {}
    )
    made = {
        "event": [_concept(each) for each in entry.events],
        "period": {name: value for name, value in period.items() if value},
        "facilityType": _concept(entry.facility),
        "practiceSetting": _concept(entry.practice),
        "sourcePatientInfo": source,
    }
    return {name: value for name, value in made.items() if value}


def _authors(document: Resource) -> tuple[Author, ...]:
    """Each with the unit that keeps the document."""
    keeper = document.get("custodian", {})
    units = (Institution(str(keeper.get("display", "")), _id(keeper)),) if keeper.get("display") else ()
    found = []
    for each in document.get("author", []):
        if each.get("type") == "Organization":
            found.append(Author(None, (Institution(str(each.get("display", "")), _id(each)), *units)))
        else:
            _, comma, role = str(each.get("display", "")).partition(", ")
            found.append(Author(_person(each), units, (role,) if comma else ()))
    return tuple(found) or ((Author(None, units),) if units else ())


def _person(reference: Resource) -> Person:
    name = str(reference.get("display", "")).partition(", ")[0]
    given, _, family = name.rpartition(" ")
    return Person(family, given, _id(reference))


def _id(reference: Resource) -> Id | None:
    found = reference.get("identifier", {})
    return Id(str(found["value"]), _oid(str(found.get("system", "")))) if found.get("value") else None


def _reference(author: Author) -> Resource:
    if author.person is None:
        return _unit(author.institutions[0])
    made = _who(author.person)
    if author.roles:
        made["display"] = f"{made.get('display', '')}, {author.roles[0]}".strip(", ")
    return made


def _who(person: Person | None) -> Resource:
    if person is None:
        return {}
    display = f"{person.given} {person.family}".strip()
    made: Resource = {"type": "Practitioner"} | ({"display": display} if display else {})
    return made | ({"identifier": _identifier(person.id)} if person.id else {})


def _custodian(entry: DocumentEntry) -> Resource:
    """The unit of the first author who is a person: the one that keeps the document."""
    units = [each.institutions[0] for each in entry.authors if each.person and each.institutions]
    return _unit(units[0]) if units else {}


def _unit(unit: Institution) -> Resource:
    made: Resource = {"type": "Organization", "display": unit.name}
    return made | ({"identifier": _identifier(unit.id)} if unit.id else {})


def _identifier(found: Id) -> Resource:
    return ({"system": _system(found.system)} if found.system else {}) | {"value": found.value}


def _number(patient: Resource) -> Id:
    """The identity number of a patient; the first identifier of one without."""
    found = [each for each in patient.get("identifier", []) if each.get("value")]
    national = [
        each for each in found if str(each.get("system", "")).startswith("urn:oid:2.16.578.1.12.4.1.4.")
    ]
    chosen = next(iter([*national, *found]), {"value": str(patient.get("id", ""))})
    return Id(str(chosen["value"]), _oid(str(chosen.get("system", ""))))


def _group(kind: Code | None) -> Code | None:
    """The class of a type of V9602: A03-2 is of A00-1."""
    if kind is None or kind.system != DOCUMENT_GROUPS or not kind.code:
        return None
    return Code(f"{kind.code[0]}00-1", DOCUMENT_GROUPS)


def _code(concept: Any) -> Code | None:
    codings = (concept or {}).get("coding", [])
    return _of_coding(codings[0], str(concept.get("text", ""))) if codings else None


def _of_coding(coding: Resource, words: str = "") -> Code:
    name = str(coding.get("display") or words)
    return Code(str(coding.get("code", "")), _oid(str(coding.get("system", ""))), name)


def _concept(code: Code | None) -> Resource:
    return {} if code is None else {"coding": [_coding(code)]} | ({"text": code.name} if code.name else {})


def _coding(code: Code) -> Resource:
    return {"system": _system(code.system), "code": code.code} | ({"display": code.name} if code.name else {})


def _oid(system: str) -> str:
    return SYSTEMS.get(system, system.removeprefix(OID))


def _system(oid: str) -> str:
    known = next((system for system, told in SYSTEMS.items() if told == oid), "")
    return known or (f"{OID}{oid}" if oid[:1].isdecimal() else oid)


def _unique(document: Resource, address: str) -> str:
    told = str(document.get("masterIdentifier", {}).get("value", "")).removeprefix(OID)
    return told or f"2.25.{uuid.uuid5(NAMESPACE, address).int}"


def _uuid(document: Resource, address: str) -> str:
    numbers = [str(each.get("value", "")) for each in document.get("identifier", [])]
    return next(
        (each for each in numbers if each.startswith("urn:uuid:")),
        f"urn:uuid:{uuid.uuid5(NAMESPACE, address)}",
    )


def _as_uri(value: str) -> str:
    return f"{OID}{value}" if value[:1].isdecimal() else value


def _digits(moment: str) -> str:
    """A FHIR time in UTC, to the second; of a day or a year its beginning."""
    if not moment:
        return ""
    start, _ = interval(moment)
    return f"{datetime.fromtimestamp(start / 1_000_000, UTC):%Y%m%d%H%M%S}"


def _instant(digits: str) -> str:
    """The other way; shorter ones are days, months and years."""
    parts = [digits[:4], digits[4:6], digits[6:8]]
    day = "-".join(each for each in parts if each)
    if len(digits) < 14:
        return day
    return f"{day}T{digits[8:10]}:{digits[10:12]}:{digits[12:14]}Z"
