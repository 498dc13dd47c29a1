"""DocumentEntry as ebRIM (ExtrinsicObject), both ways, and the forms in which HL7 writes people, units and numbers (ITI TF-3 4.2.3.1). Pure.

What a document holds beyond DocumentEntry is kept as it is where it is a slot, and named where it is not.
"""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from akson.documents.xds.entry import APPROVED, Author, Code, DocumentEntry, Id, Institution, Person
from akson.kit.errors import Malformed

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
STABLE = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"
AUTHOR = "urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d"
CODES = {
    "class_code": "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a",
    "type_code": "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983",
    "format_code": "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d",
    "facility": "urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1",
    "practice": "urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead",
}
MANY = {
    "confidentiality": "urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f",
    "events": "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4",
}
PATIENT = ("urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427", "XDSDocumentEntry.patientId")
UNIQUE = ("urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab", "XDSDocumentEntry.uniqueId")
SLOTS = {
    "creation": "creationTime",
    "start": "serviceStartTime",
    "stop": "serviceStopTime",
    "language": "languageCode",
    "hash": "hash",
    "size": "size",
    "uri": "URI",
    "repository": "repositoryUniqueId",
}
SOURCE_PATIENT, AUTHENTICATOR = "sourcePatientId", "legalAuthenticator"
LARGEST = 2_000_000


def parsed(data: bytes) -> etree._Element:
    """XML from outside: no DOCTYPE, nothing fetched. Malformed for what is none."""
    if len(data) > LARGEST or b"<!DOCTYPE" in data:
        raise Malformed("The XML is too large, or has a DOCTYPE")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Malformed("The body is not well-formed XML") from error
    if root.getroottree().docinfo.doctype:
        raise Malformed("The XML has a DOCTYPE")
    return root


def entries(root: etree._Element) -> Iterator[DocumentEntry]:
    """The documents of an answer or a submission, wherever they stand in it."""
    for each in root.iter(f"{{{RIM}}}ExtrinsicObject"):
        yield read(each)


def read(element: etree._Element) -> DocumentEntry:
    """One document. Malformed where it has no identifier or patient."""
    slots = {str(each.get("name")): _values(each) for each in element.findall(_t("Slot"))}
    known: dict[str, Any] = {name: _first(slots.pop(slot, ())) for name, slot in SLOTS.items()}
    source, signed = _first(slots.pop(SOURCE_PATIENT, ())), _first(slots.pop(AUTHENTICATOR, ()))
    found = {
        str(each.get("identificationScheme")): str(each.get("value", ""))
        for each in element.findall(_t("ExternalIdentifier"))
    }
    patient = cx(found.get(PATIENT[0], ""))
    if patient is None or not found.get(UNIQUE[0]) or not element.get("id"):
        raise Malformed("A document has no id, uniqueId or patientId", expression=("ExtrinsicObject",))
    codes: dict[str, list[Code]] = {}
    authors = []
    for each in element.findall(_t("Classification")):
        scheme = str(each.get("classificationScheme"))
        if scheme == AUTHOR:
            authors.append(_author(each))
        else:
            codes.setdefault(scheme, []).append(_code(each))
    known |= {name: next(iter(codes.get(scheme, ())), None) for name, scheme in CODES.items()}
    known |= {name: tuple(codes.get(scheme, ())) for name, scheme in MANY.items()}
    return DocumentEntry(
        uuid=str(element.get("id")),
        unique_id=found[UNIQUE[0]],
        patient=patient,
        mime=str(element.get("mimeType", "")),
        status=str(element.get("status") or APPROVED),
        title=_words(element, "Name"),
        comments=_words(element, "Description"),
        home=str(element.get("home") or ""),
        authors=tuple(authors),
        source_patient=cx(source),
        legal_authenticator=xcn(signed),
        others=tuple(sorted(slots.items())),
        **known,
    )


def write(entry: DocumentEntry) -> etree._Element:
    """The ExtrinsicObject of a document, its parts in the order of the schema (ebRIM 3.0)."""
    made = etree.Element(_t("ExtrinsicObject"), nsmap={"rim": RIM})
    made.set("id", entry.uuid)
    if entry.home:
        made.set("home", entry.home)
    for name, value in (("objectType", STABLE), ("status", entry.status), ("mimeType", entry.mime)):
        made.set(name, value)
    slots = [(slot, (getattr(entry, name),)) for name, slot in SLOTS.items()]
    slots += [(SOURCE_PATIENT, (told_id(entry.source_patient),))]
    slots += [(AUTHENTICATOR, (told_person(entry.legal_authenticator),))]
    for slot, values in (*slots, *entry.others):
        _slot(made, slot, values)
    for name, words in (("Name", entry.title), ("Description", entry.comments)):
        _named(made, name, words)
    for author in entry.authors:
        _classified(made, AUTHOR, "", _author_slots(author))
    singles = [(scheme, getattr(entry, name)) for name, scheme in CODES.items()]
    several = [(scheme, code) for name, scheme in MANY.items() for code in getattr(entry, name)]
    for scheme, code in (*singles, *several):
        if code:
            _coded(made, scheme, code)
    for (scheme, words), value in ((PATIENT, told_id(entry.patient)), (UNIQUE, entry.unique_id)):
        each = etree.SubElement(made, _t("ExternalIdentifier"), id=_own(), registryObject=entry.uuid)
        each.set("identificationScheme", scheme)
        each.set("value", value)
        _named(each, "Name", words)
    return made


def told_id(found: Id | None) -> str:
    """CX: the number and who gives it."""
    return "" if found is None else f"{found.value}^^^&{found.system}&ISO" if found.system else found.value


def cx(told: str) -> Id | None:
    """The other way; None for nothing."""
    parts = told.strip("'").split("^")
    authority = parts[3].split("&") if len(parts) > 3 else []
    return Id(parts[0], authority[1] if len(authority) > 1 else "") if parts[0] else None


def told_person(person: Person | None) -> str:
    """XCN: number, family name, given name, and who gives the number."""
    if person is None:
        return ""
    number = person.id.value if person.id else ""
    authority = f"^^^^^^&{person.id.system}&ISO" if person.id and person.id.system else ""
    return f"{number}^{person.family}^{person.given}{authority}"


def xcn(told: str) -> Person | None:
    """The other way; None for nobody."""
    parts = [*told.split("^"), *[""] * 9]
    if not any(parts[:3]):
        return None
    authority = [*parts[8].split("&"), "", ""]
    return Person(parts[1], parts[2], Id(parts[0], authority[1]) if parts[0] else None)


def told_institution(unit: Institution) -> str:
    """XON: name, who gives the number, and the number."""
    return unit.name if unit.id is None else f"{unit.name}^^^^^&{unit.id.system}&ISO^^^^{unit.id.value}"


def xon(told: str) -> Institution:
    """The other way."""
    parts = [*told.split("^"), *[""] * 10]
    authority = [*parts[5].split("&"), "", ""]
    return Institution(parts[0], Id(parts[9], authority[1]) if parts[9] else None)


def _author(element: etree._Element) -> Author:
    slots = {str(each.get("name")): _values(each) for each in element.findall(_t("Slot"))}
    return Author(
        xcn(_first(slots.get("authorPerson", ()))),
        tuple(xon(each) for each in slots.get("authorInstitution", ()) if each),
        slots.get("authorRole", ()),
    )


def _author_slots(author: Author) -> list[tuple[str, list[str]]]:
    return [
        ("authorPerson", [told_person(author.person)]),
        ("authorInstitution", [told_institution(each) for each in author.institutions]),
        ("authorRole", list(author.roles)),
    ]


def _code(element: etree._Element) -> Code:
    slots = {str(each.get("name")): _values(each) for each in element.findall(_t("Slot"))}
    return Code(
        str(element.get("nodeRepresentation", "")),
        _first(slots.get("codingScheme", ())),
        _words(element, "Name"),
    )


def _coded(above: etree._Element, scheme: str, code: Code) -> None:
    _named(_classified(above, scheme, code.code, [("codingScheme", [code.system])]), "Name", code.name)


def _classified(
    above: etree._Element, scheme: str, node: str, slots: Iterable[tuple[str, list[str]]]
) -> etree._Element:
    made = etree.SubElement(above, _t("Classification"), id=_own(), classificationScheme=scheme)
    made.set("classifiedObject", str(above.get("id")))
    made.set("nodeRepresentation", node)
    for name, values in slots:
        _slot(made, name, values)
    return made


def _slot(above: etree._Element, name: str, values: Iterable[str]) -> None:
    filled = [each for each in values if each]
    if filled:
        listed = etree.SubElement(etree.SubElement(above, _t("Slot"), name=name), _t("ValueList"))
        for each in filled:
            etree.SubElement(listed, _t("Value")).text = each


def _named(above: etree._Element, name: str, words: str) -> None:
    if words:
        said = etree.SubElement(etree.SubElement(above, _t(name)), _t("LocalizedString"))
        said.set("value", words)


def _words(element: etree._Element, name: str) -> str:
    found = element.find(f"{_t(name)}/{_t('LocalizedString')}")
    return "" if found is None else str(found.get("value", ""))


def _values(slot: etree._Element) -> tuple[str, ...]:
    return tuple((each.text or "").strip() for each in slot.iter(_t("Value")))


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")


def _own() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def _t(name: str) -> str:
    return f"{{{RIM}}}{name}"
