"""DocumentEntry in XML and as DocumentReference, both ways: what comes back, and what is lost and said to be."""

from datetime import date

import pytest
from lxml import etree

from akson.documents.xds import ebrim, entry, mapping
from akson.documents.xds.entry import Author, Code, DocumentEntry, Id, Institution, Person
from akson.fhir.validate import structure
from akson.kit.errors import Malformed
from akson.kit.norwegian import Sex, make

HIDING = "2.16.578.1.12.4.1.1.9603"
GROUPS = "2.16.578.1.12.4.1.1.9602"
NUMBER = make(date(1969, 11, 13), Sex.FEMALE)
PATIENT = Id(NUMBER, "2.16.578.1.12.4.1.4.1")
FULL = DocumentEntry(
    uuid="urn:uuid:8f3a8a0e-0d61-4d2b-9a9e-2b1e0f6c7a11",
    unique_id="2.25.1234",
    patient=PATIENT,
    source_patient=PATIENT,
    mime="application/pdf",
    status=entry.DEPRECATED,
    class_code=Code("A00-1", GROUPS, "Epikriser og sammenfatninger"),
    type_code=Code("A03-2", GROUPS, "Epikrise"),
    format_code=Code("urn:no:ehelse:document:pdf", "1.3.6.1.4.1.19376.1.2.3", "PDF"),
    facility=Code("86.211", "2.16.578.1.12.4.1.1.1303", "Allmenn legetjeneste"),
    practice=Code("4", "2.16.578.1.12.4.1.1.8653", "Legevakt"),
    confidentiality=(Code("N", HIDING, "Normal"), Code("NORS", HIDING, "Sperret")),
    events=(Code("K78", "2.16.578.1.12.4.1.1.7170", "Atrieflimmer"),),
    authors=(
        Author(
            Person("Strand", "Ola", Id("9100201", "2.16.578.1.12.4.1.4.4")),
            (Institution("Medisinsk avdeling", Id("974760673", "2.16.578.1.12.4.1.4.101")),),
            ("lege",),
        ),
    ),
    legal_authenticator=Person("Sand", "Bente", Id("9100202", "2.16.578.1.12.4.1.4.4")),
    title="Epikrise & funn <1>",
    comments="Kort om oppholdet",
    creation="20261107114500",
    start="20261104154000",
    stop="20261107120000",
    language="nb-NO",
    hash="35a3e0104791d9acd5a16352ed075f390508ca10",
    size="80574",
    uri="http://localhost/mhd/Binary/sykehus/b1",
    home="urn:oid:2.16.578.1.12.4.5.100.1",
    repository="2.16.578.1.12.4.5.100.1.2",
    others=(("documentAvailability", ("Online",)),),
)


def test_an_entry_comes_back_whole_from_xml():
    xml = etree.tostring(ebrim.write(FULL))
    assert list(ebrim.entries(ebrim.parsed(xml))) == [FULL]
    assert entry.missing(FULL) == []


def test_an_entry_comes_back_from_a_document_but_for_what_is_said_to_be_lost():
    document = mapping.to_reference(FULL)
    assert structure.check(document) == []
    patient = {"resourceType": "Patient", "identifier": [document["subject"]["identifier"]]}
    again = mapping.to_entry(document, patient, "http://elsewhere/DocumentReference/1")
    lost = {"home": "homeCommunityId", "repository": "repositoryUniqueId", "others": "others"}
    for name in DocumentEntry.__dataclass_fields__:
        if name in lost:
            assert getattr(again, name) != getattr(FULL, name)
            assert lost[name] in mapping.LOSSES["to DocumentReference"]
        else:
            assert getattr(again, name) == getattr(FULL, name), name


def test_a_document_of_the_record_becomes_an_entry_of_the_norwegian_profile():
    document = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "type": {
            "coding": [{"system": f"urn:oid:{GROUPS}", "code": "B02-2", "display": "Journalnotat"}],
            "text": "Notat",
        },
        "subject": {"reference": "Patient/p"},
        "date": "2026-11-07T12:45:00+01:00",
        "author": [{"reference": "PractitionerRole/r", "display": "Hanne Lunde, hjemmesykepleier"}],
        "custodian": {"reference": "Organization/o", "display": "Solvik hjemmetjeneste"},
        "description": "Tilsyn",
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "language": "nb",
                    "url": "Binary/b",
                    "title": "Tilsyn",
                }
            }
        ],
    }
    patient = {
        "id": "p",
        "identifier": [
            {"system": "urn:x", "value": "7"},
            {"system": "urn:oid:2.16.578.1.12.4.1.4.2", "value": "53"},
        ],
    }
    made = mapping.to_entry(document, patient, "http://here/DocumentReference/d1")
    assert (made.class_code.code, made.type_code.code) == ("B00-1", "B02-2")
    assert made.confidentiality == (Code("N", HIDING, "Normal"),)
    assert made.patient == Id("53", "2.16.578.1.12.4.1.4.2")
    assert made.creation == "20261107114500"
    assert made.authors[0].person == Person("Lunde", "Hanne")
    assert (made.authors[0].roles, made.authors[0].institutions[0].name) == (
        ("hjemmesykepleier",),
        "Solvik hjemmetjeneste",
    )
    # The same document has the same names each time, and another has others.
    assert made == mapping.to_entry(document, patient, "http://here/DocumentReference/d1")
    assert made.unique_id != mapping.to_entry(document, patient, "http://here/DocumentReference/d2").unique_id
    assert made.unique_id.startswith("2.25.")
    assert set(entry.missing(made)) == {"repositoryUniqueId", "hash", "size"}


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"<a",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b"<x>" + b"a" * ebrim.LARGEST + b"</x>",
    ],
)
def test_xml_that_is_none_or_would_fetch_something_is_refused(wrong):
    with pytest.raises(Malformed):
        ebrim.parsed(wrong)


def test_a_document_without_names_is_refused():
    bare = f'<r:ExtrinsicObject xmlns:r="{ebrim.RIM}" id="urn:uuid:1" mimeType="text/plain"/>'.encode()
    with pytest.raises(Malformed):
        list(ebrim.entries(ebrim.parsed(bare)))


@pytest.mark.parametrize(
    ("told", "person"),
    [
        ("9100201^Strand^Ola^^^^^^&2.16.578.1.12.4.1.4.4&ISO", FULL.authors[0].person),
        ("^Strand^Ola", Person("Strand", "Ola")),
        ("", None),
        ("^^^^^", None),
        ("17", Person(id=Id("17"))),
    ],
)
def test_people_are_read_as_hl7_writes_them(told, person):
    assert ebrim.xcn(told) == person
