"""From one record through a message into another: what arrives is what was sent, as valid FHIR."""

import base64
from datetime import UTC, date, datetime
from functools import cache

import pytest

from akson.fhir.validate.structure import check
from akson.kit import norwegian
from akson.messaging import codec, outbox
from akson.messaging.mapping import incoming, outgoing, reading, terms
from akson.messaging.mapping.outgoing import Record, Summary
from akson.messaging.model import Attachment, Code
from tests.messaging.examples import every, schema_errors
from tests.messaging.makers import NUMBER

PATIENT = {
    "resourceType": "Patient",
    "id": "kari",
    "identifier": [{"system": norwegian.FNR, "value": NUMBER}],
    "name": [{"family": "Strand", "given": ["Kari", "Marie"]}],
    "gender": "female",
    "birthDate": "1969-01-13",
    "address": [{"use": "home", "line": ["Fjordveien 4"], "postalCode": "5020", "city": "Solvik"}],
    "telecom": [{"system": "phone", "value": "99 99 99 99"}],
}
OWNER = {
    "resourceType": "Organization",
    "id": "solvik",
    "name": "Solvik kommune",
    "identifier": [{"system": norwegian.ORGANIZATION, "value": norwegian.make_organization_number(10)}],
}
SURGERY = {
    "resourceType": "Organization",
    "id": "legesenter",
    "name": "Solvik legesenter",
    "identifier": [{"system": norwegian.HER, "value": "9000111"}],
}
HOSPITAL = {
    "resourceType": "Organization",
    "id": "medisinsk",
    "name": "Fjordsykehuset, medisinsk avdeling",
    "identifier": [{"system": norwegian.HER, "value": "9000211"}],
}
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "anne",
    "identifier": [
        {"system": norwegian.HPR, "value": "9144889"},
        {"system": norwegian.FNR, "value": norwegian.make(date(1980, 2, 3), norwegian.Sex.FEMALE)},
    ],
    "name": [{"family": "Bjerke", "given": ["Anne"]}],
    "qualification": [{"code": {"coding": [{"system": norwegian.volven(9060), "code": "LE"}]}}],
}
HEART_FAILURE = {
    "resourceType": "Condition",
    "id": "c1",
    "code": {
        "coding": [{"system": norwegian.ICPC2, "code": "K77", "display": "Hjertesvikt"}],
        "text": "Hjertesvikt",
    },
    "subject": {"reference": "Patient/kari"},
}
DIABETES = {
    "resourceType": "Condition",
    "id": "c2",
    "code": {"coding": [{"system": norwegian.ICPC2, "code": "T90", "display": "Diabetes type 2"}]},
    "subject": {"reference": "Patient/kari"},
}
FUROSEMIDE = {
    "resourceType": "MedicationStatement",
    "id": "m1",
    "status": "active",
    "medicationCodeableConcept": {
        "coding": [{"system": "http://www.whocc.no/atc", "code": "C03CA01", "display": "Furix 40 mg"}]
    },
    "subject": {"reference": "Patient/kari"},
    "effectivePeriod": {"start": "2026-01-01"},
    "dosage": [
        {
            "text": "1 tablett om morgenen",
            "doseAndRate": [{"doseQuantity": {"value": 40, "unit": "mg"}}],
        }
    ],
}
PARACETAMOL = {
    "resourceType": "MedicationStatement",
    "id": "m2",
    "status": "stopped",
    "medicationCodeableConcept": {"text": "Paracet"},
    "subject": {"reference": "Patient/kari"},
}
PENICILLIN = {
    "resourceType": "AllergyIntolerance",
    "id": "a1",
    "code": {"text": "Penicillin"},
    "patient": {"reference": "Patient/kari"},
    "verificationStatus": {"coding": [{"code": "confirmed"}]},
    "reaction": [{"manifestation": [{"text": "Utslett"}]}],
    "recordedDate": "2019-05-06",
}
CRP = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": norwegian.volven(7280), "code": "NPU19748", "display": "P-CRP"}]},
    "valueQuantity": {"value": 12.5, "unit": "mg/L"},
    "effectiveDateTime": "2026-11-20T08:00:00+01:00",
}
REQUEST = {
    "resourceType": "ServiceRequest",
    "id": "0190f0c0-0000-7000-8000-000000000001",
    "status": "active",
    "intent": "order",
    "priority": "urgent",
    "code": {"text": "Vurdering ved hjertepoliklinikk"},
    "subject": {"reference": "Patient/kari"},
    "authoredOn": "2026-11-23T08:00:00+01:00",
    "reasonReference": [{"reference": "Condition/c1"}],
    "note": [{"text": "Økende tungpust siden september."}],
}
RECORD = Record(
    conditions=[HEART_FAILURE, DIABETES],
    medications=[FUROSEMIDE, PARACETAMOL],
    allergies=[PENICILLIN],
    observations=[CRP],
    practitioner=DOCTOR,
    attachments=[Attachment("EKG", "application/pdf", b"%PDF")],
)


def header():
    sender = terms.party([SURGERY, OWNER], DOCTOR)
    return outbox.header("HENVISNING_NYTILSTAND", sender, terms.party([HOSPITAL]), terms.person(PATIENT))


@cache
def sent():
    return outgoing.referral(header(), REQUEST, RECORD)


def arrived():
    return codec.read(codec.write(sent())).content


def faults(resource):
    return check({**resource, "id": "x"})


def test_the_record_becomes_a_referral():
    letter = sent()
    assert [d.code.code for d in letter.diagnoses] == ["K77"]
    assert [s.text for s in letter.statements] == ["T90 Diabetes type 2"]
    assert [m.code.display for m in letter.medicines] == ["Furix 40 mg"]
    assert letter.cave[0].text == "Penicillin: Utslett (bekreftet)"
    assert letter.priority.code == "3"
    assert letter.sections[0].text == "Økende tungpust siden september."
    assert letter.results[0].quantity.value == "12.5"
    assert letter.header.sender.her_id == "9000111"
    assert letter.header.sender.name == "Solvik kommune, Solvik legesenter"
    assert letter.header.patient.address.telecom == ("tel:99999999",)


def test_the_national_number_of_personnel_stays_at_home():
    raw = codec.write(sent()).decode()
    assert "9144889" in raw
    assert DOCTOR["identifier"][1]["value"] not in raw


def test_the_message_carries_it_all():
    assert arrived() == sent()


@pytest.mark.shared
def test_the_message_is_valid():
    assert schema_errors(codec.write(sent())) == []


def test_each_item_is_proposed_as_valid_fhir():
    found = incoming.proposals(arrived(), "Patient/h1")
    kinds = [p.resource["resourceType"] for p in found]
    assert kinds == ["Condition", "AllergyIntolerance", "MedicationStatement", "Observation"]
    assert [p.key for p in found] == ["diagnosis-1", "allergy-1", "medicine-1", "result-1"]
    for proposal in found:
        assert faults(proposal.resource) == []
        assert proposal.resource["meta"]["source"].startswith("urn:her:9000111#")
    medicine = found[2].resource
    assert medicine["medicationCodeableConcept"]["coding"][0]["system"] == "http://www.whocc.no/atc"
    assert medicine["dosage"][0]["text"] == "1 tablett om morgenen"
    assert medicine["dosage"][0]["doseAndRate"][0]["doseQuantity"] == {"value": 40, "unit": "mg"}
    assert found[3].resource["valueQuantity"] == {"value": 12.5, "unit": "mg/L"}
    assert found[0].title == "K77 Hjertesvikt"


def test_what_the_record_has_already_is_found():
    changed = {**FUROSEMIDE, "id": "m9", "dosage": [{"text": "2 tabletter"}]}
    same = incoming.proposals(arrived(), "Patient/h1", [HEART_FAILURE, FUROSEMIDE])
    assert {p.key: (p.same_as, p.differs) for p in same} == {
        "diagnosis-1": ("Condition/c1", False),
        "allergy-1": ("", False),
        "medicine-1": ("MedicationStatement/m1", False),
        "result-1": ("", False),
    }
    other = incoming.proposals(arrived(), "Patient/h1", [changed])
    assert next((p.same_as, p.differs) for p in other if p.key == "medicine-1") == (
        "MedicationStatement/m9",
        True,
    )


def test_the_receivers_own_request_and_provenance_are_valid():
    request = incoming.service_request(arrived(), "Patient/h1", {"reference": "Organization/medisinsk"})
    assert faults(request) == []
    assert request["priority"] == "urgent"
    assert request["requester"]["display"].startswith("Anne Bjerke")
    assert request["identifier"][0]["value"] == f"urn:uuid:{REQUEST['id']}"
    told = incoming.provenance(
        arrived(), ["Condition/1"], {"reference": "Practitioner/2"}, datetime(2026, 11, 23, tzinfo=UTC)
    )
    assert faults(told) == []
    stranger = incoming.new_patient(arrived().header.patient)
    assert faults(stranger) == []
    assert stranger["identifier"] == PATIENT["identifier"]


def test_the_letter_as_a_document():
    binary, document = reading.document(
        arrived(), "Patient/h1", {"reference": "Organization/m"}, "urn:uuid:1"
    )
    assert faults(binary) == faults(document) == []
    words = base64.b64decode(binary["data"]).decode()
    for part in (
        "K77 Hjertesvikt",
        "Furix 40 mg",
        "Penicillin: Utslett",
        "P-CRP: 12.5 mg/L",
        "Økende tungpust",
        "T90",
    ):
        assert part in words
    assert document["content"][0]["attachment"]["url"] == "urn:uuid:1"
    part = arrived().attachments[0]
    binary, document = reading.attachment(
        arrived(), part, "Patient/h1", {"reference": "Organization/m"}, "urn:uuid:2"
    )
    assert faults(binary) == faults(document) == []
    assert base64.b64decode(binary["data"]) == b"%PDF"
    assert "masterIdentifier" not in document


def test_a_summary_goes_back():
    stay = {"class": {"code": "IMP"}, "period": {"start": "2026-11-25T09:00:00+01:00", "end": "2026-11-30"}}
    head = outbox.header(
        "EPIKRISE", terms.party([HOSPITAL]), terms.party([SURGERY, OWNER]), terms.person(PATIENT)
    )
    summary = Summary(
        document_id="0190f0c0-0000-7000-8000-000000000002",
        title="Epikrise",
        sections=[("VU", "Bedre."), ("OP", "Kontroll hos fastlege om to uker.")],
        stay=stay,
        answers=arrived(),
    )
    letter = outgoing.epikrise(head, summary, RECORD)
    back = codec.read(codec.write(letter)).content
    assert back.answers == REQUEST["id"]
    assert [(d.code.code, d.role) for d in back.diagnoses] == [("K77", "H"), ("T90", "B")]
    assert back.stays[0].category.code == "1"
    assert [m.status.code for m in back.medicines] == ["6", "4"]
    found = incoming.proposals(back, "Patient/kari")
    assert [p.resource["status"] for p in found if p.key.startswith("medicine")] == ["active", "stopped"]
    assert all(faults(p.resource) == [] for p in found)
    assert "Kontroll hos fastlege" in reading.plain_text(back, "en")
    if every("examples/Epikrise/*/*.xml")[0].values[0]:
        assert schema_errors(codec.write(letter)) == []


@pytest.mark.shared
@pytest.mark.parametrize("path", [*every("examples/Henvisning/*/*.xml"), *every("examples/Epikrise/*/*.xml")])
def test_every_example_becomes_valid_fhir(path):
    letter = codec.read(path.read_bytes()).content
    found = incoming.proposals(letter, "Patient/1")
    assert [faults(p.resource) for p in found] == [[]] * len(found)
    assert all(p.title for p in found)
    binary, document = reading.document(letter, "Patient/1", {"reference": "Organization/1"}, "urn:uuid:1")
    assert faults(binary) == faults(document) == []
    words = reading.plain_text(letter)
    for section in letter.sections:
        assert section.text in words
    if letter.kind.value == "henvisning":
        assert faults(incoming.service_request(letter, "Patient/1", {"reference": "Organization/1"})) == []


def test_codes_in_both_worlds():
    assert (
        terms.concept(Code("L02A E03", "2.16.578.1.12.4.1.1.7180", "Zoladex"))["coding"][0]["code"]
        == "L02AE03"
    )
    assert (
        terms.code({"coding": [{"system": "http://snomed.info/sct", "code": "1"}], "text": "noe"}).label
        == "noe"
    )
    assert terms.code(None) == Code()
    assert terms.number("70 00 11 00") == "70001100"
