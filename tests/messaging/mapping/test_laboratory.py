"""A laboratory's report in the record: valid FHIR, changes as new versions of the same, and nothing lost when withdrawn."""

from dataclasses import replace
from itertools import count

import pytest

from akson.fhir.validate.structure import check
from akson.kit.clock import now
from akson.messaging import codec, receipts
from akson.messaging.inbox import judge
from akson.messaging.kith import svarrapport
from akson.messaging.kith.common import cs
from akson.messaging.laboratory import HISTORY, flat
from akson.messaging.mapping import laboratory, reading
from akson.messaging.model import Kind
from tests.messaging.examples import every, schema_errors
from tests.messaging.reports import BACTERIUM, CRP, NLK, POTASSIUM, RESISTANCE, changed, report
from tests.shared import shared

PATIENT = "Patient/kari"
ALL = (POTASSIUM, CRP, BACTERIUM, RESISTANCE)


def read(*results, **values):
    raw = svarrapport.write(report(*results, **values))
    found = codec.read(raw)
    assert found.unread == ()
    return found.content


def filed(letter, existing=()):
    numbers = count(len(existing) + 1)
    made = laboratory.taken_in(letter, PATIENT, existing, lambda: f"n{next(numbers)}")
    assert [fault for each in made for fault in check(each)] == []
    return made


def by_name(resources, name):
    return next(r for r in resources if r["resourceType"] == "Observation" and r["code"]["text"] == name)


def last(resources):
    assert resources[-1]["resourceType"] == "DiagnosticReport"
    return resources[-1]


@pytest.mark.shared
def test_the_report_of_these_tests_is_valid():
    assert schema_errors(svarrapport.write(report(*ALL))) == []


def test_a_number_keeps_its_digits_its_range_and_what_it_means():
    potassium = by_name(filed(read(*ALL)), "P-Kalium")
    assert str(potassium["valueQuantity"]["value"]) == "5.40"
    assert potassium["valueQuantity"]["unit"] == "mmol/L"
    assert potassium["code"]["coding"][0] == {
        "system": f"urn:oid:{NLK}",
        "code": "NPU03230",
        "display": "P-Kalium",
    }
    assert potassium["interpretation"][0]["coding"][0]["code"] == "H"
    low, high = (potassium["referenceRange"][0][end]["value"] for end in ("low", "high"))
    assert (low, high, potassium["referenceRange"][0]["text"]) == (3.5, 5, "3,5 - 5,0")
    assert potassium["status"] == "final"
    assert potassium["effectiveDateTime"] == "2026-11-20T06:57:00.000Z"
    assert potassium["meta"]["source"] == "urn:her:8000203#e630b55b-d063-4bfa-8db4-e4b0a22d2451"


def test_a_comparator_and_a_code_of_loinc():
    crp = by_name(filed(read(*ALL)), "P-CRP")
    assert crp["valueQuantity"] == {"value": 5, "unit": "mg/L", "comparator": "<"}
    assert crp["code"]["coding"][0]["system"] == "http://loinc.org"
    assert "interpretation" not in crp


def test_resistance_is_told_of_its_bacterium():
    made = filed(read(*ALL))
    bacterium, resistance = by_name(made, "Us-Aerob dyrkning"), by_name(made, "Us-Ampicillin")
    assert bacterium["valueString"] == "Escherichia coli"
    assert bacterium["hasMember"] == [{"reference": f"Observation/{resistance['id']}"}]
    assert resistance["interpretation"][0]["coding"][0]["code"] == "R"
    assert resistance["valueCodeableConcept"]["text"] == "Resistent"


def test_the_report_names_results_sample_order_and_conclusion():
    made = filed(read(*ALL))
    answer = last(made)
    sample = next(r for r in made if r["resourceType"] == "Specimen")
    assert answer["status"] == "final"
    assert len(answer["result"]) == 4
    assert answer["specimen"] == [{"reference": f"Specimen/{sample['id']}"}]
    assert by_name(made, "P-Kalium")["specimen"] == answer["specimen"][0]
    assert answer["basedOn"][0]["identifier"]["value"] == "order-3"
    assert answer["conclusion"] == "Kontroll anbefales."
    assert answer["category"][0]["coding"][0]["code"] == "CH"
    assert answer["performer"] == [{"display": "Fjordsykehuset, Laboratoriet"}]


def test_a_preliminary_report():
    made = filed(read(CRP, status="P"))
    assert (last(made)["status"], by_name(made, "P-CRP")["status"]) == ("preliminary", "preliminary")


def test_a_change_is_a_new_version_of_the_same():
    first = filed(read(*ALL))
    better = changed(POTASSIUM, "M", num_result=replace(POTASSIUM.num_result), comment="Var 5,4.")
    second = filed(read(better, *ALL[1:], action="M"), first)
    assert {(r["resourceType"], r["id"]) for r in second} == {(r["resourceType"], r["id"]) for r in first}
    assert by_name(second, "P-Kalium")["status"] == "corrected"
    assert by_name(second, "P-Kalium")["note"] == [{"text": "Var 5,4."}]
    assert by_name(second, "P-CRP")["status"] == "final"
    assert last(second)["status"] == "amended"


def test_a_withdrawn_result_keeps_what_it_said_and_is_marked():
    first = filed(read(*ALL))
    gone = changed(POTASSIUM, "C", num_result=None, comment="Feil prøve.")
    second = filed(read(gone, *ALL[1:], action="M"), first)
    potassium = by_name(second, "P-Kalium")
    assert potassium["status"] == "entered-in-error"
    assert str(potassium["valueQuantity"]["value"]) == "5.40"
    assert potassium["note"] == [{"text": "Feil prøve."}]
    assert {"reference": f"Observation/{potassium['id']}"} in last(second)["result"]


def test_a_withdrawn_report_withdraws_its_results():
    first = filed(read(*ALL))
    second = filed(read(action="C"), first)
    assert {r["status"] for r in second} == {"entered-in-error"}
    assert {r["id"] for r in second} == {r["id"] for r in first if r["resourceType"] != "Specimen"}
    assert last(second)["result"] == last(first)["result"]


def test_only_what_the_same_laboratory_said_of_the_same_patient_is_changed():
    first = filed(read(*ALL))
    other_laboratory = [{**r, "identifier": [{**r["identifier"][0], "system": "urn:her:1"}]} for r in first]
    other_patient = [{**r, "subject": {"reference": "Patient/ola"}} for r in first]
    second = laboratory.taken_in(read(action="C"), PATIENT, (*other_laboratory, *other_patient))
    assert [r["resourceType"] for r in second] == ["DiagnosticReport"]
    assert second[0]["id"] not in {r["id"] for r in first}


def test_results_without_a_number_are_known_by_what_and_when():
    plain = [replace(r, id_result_item=None, inv_date="2026-11-20") for r in (POTASSIUM, CRP)]
    first = filed(read(*plain))
    again = filed(read(*reversed(plain), action="M"), first)
    assert {r["id"] for r in again} == {r["id"] for r in first}
    less = filed(read(plain[1], action="M"), first)
    assert by_name(less, "P-Kalium")["status"] == "entered-in-error"
    assert by_name(less, "P-CRP")["status"] == "final"


def test_history_is_not_written_again():
    first = filed(read(POTASSIUM))
    second = filed(read(changed(POTASSIUM, HISTORY), CRP, action="M"), first)
    assert "P-Kalium" not in {r["code"]["text"] for r in second if r["resourceType"] == "Observation"}
    assert {"reference": f"Observation/{by_name(first, 'P-Kalium')['id']}"} in last(second)["result"]


def test_what_is_no_number_stays_text():
    odd = replace(
        CRP,
        num_result=replace(
            CRP.num_result, num_result_value=replace(CRP.num_result.num_result_value, v="NaN")
        ),
    )
    assert by_name(filed(read(odd)), "P-CRP")["valueString"] == "LT NaN mg/L"


def test_the_report_as_text():
    letter = read(changed(POTASSIUM, "M"), *ALL[1:], action="M")
    assert letter.kind is Kind.SVARRAPPORT
    assert reading.title(letter) == "Prøvesvar: Medisinsk biokjemi"
    told = dict(reading.paragraphs(letter))
    assert told["Prøver og målinger"].splitlines() == [
        "P-Kalium: 5.40 mmol/L [3,5 - 5,0], Over øvre referansegrense, M",
        "P-CRP: < 5 mg/L [< 5]",
        "Us-Aerob dyrkning: Escherichia coli",
        "Us-Ampicillin: Resistent",
    ]
    assert told["Kommentar fra laboratoriet"] == "Kontroll anbefales."
    assert told["Prøvemateriale"] == "Plasma, 20.11.2026"
    binary, document = reading.document(letter, PATIENT, {"reference": "Organization/1"}, "urn:uuid:1")
    assert document["type"]["coding"][0]["code"] == "C01-2"
    assert check({**binary, "id": "x"}) == check({**document, "id": "x"}) == []


async def nobody(_her_id):
    return []


BROKEN = [
    (b'<IssueDate V="2026-11-20T11:04:10"', b'<IssueDate V="yesterday"', "T02"),
    (b'<CollectedDate V="2026-11-20T07:57:00"', b'<CollectedDate V="2026-13-45"', "T02"),
    (b"<ServProvId>report-7</ServProvId>", b"", "T02"),
    (b"<MsgId>", b"<Surplus/><MsgId>", "T02"),
    (b"v1.4 2012-02-15", b"v1.9 2012-02-15", "T02"),
    (b"labsvar/2012-02-15", b"labsvar/2031-02-15", "T10"),
    (b"Strand, Kari Marie", b"", "E32"),
    (b"</Message>", b"", "T01"),
]


@pytest.mark.parametrize(
    ("old", "new", "code"), BROKEN, ids=[f"{c}-{n}" for n, (_, _, c) in enumerate(BROKEN)]
)
async def test_bad_reports_are_answered_with_their_code(old, new, code):
    raw = svarrapport.write(report(*ALL))
    assert (await judge(raw, nobody, now())).answer == receipts.ACCEPTED
    assert old in raw
    assert (await judge(raw.replace(old, new), nobody, now())).answer.errors[0].code == code


async def test_a_report_about_two_people_or_about_none_is_not_taken_in():
    message = report(*ALL)
    patient = message.serv_report[0].patient
    child = replace(patient, relation=cs("B"), patient=None)
    for whom in (replace(patient, patient=child), None):
        other = replace(message, serv_report=(replace(message.serv_report[0], patient=whom),))
        assert (await judge(svarrapport.write(other), nobody, now())).answer.errors[0].code == "T10"


@pytest.mark.shared
@pytest.mark.parametrize("path", every("examples/Svarrapport/*/*.xml"))
def test_every_example_becomes_valid_fhir(path):
    found = codec.read(path.read_bytes())
    letter = found.content
    assert found.unread == ()
    assert letter.header.sender.her_id
    assert letter.header.receiver.her_id
    assert letter.header.patient.national_id
    made = filed(letter)
    said = reading.plain_text(letter)
    for finding in flat(letter.findings):
        assert finding.text in said or "\n" in finding.text
        assert finding.name.label in said
    if letter.cancels:
        assert last(made)["status"] == "entered-in-error"
    else:
        assert len(last(made)["result"]) == len(letter.findings)


@pytest.mark.shared
def test_a_course_of_histology_keeps_every_version_of_the_text():
    folder = shared("kith/examples/Svarrapport")
    names = (
        "4/Svar_patologi_histologi_v1-4_Ny",
        "4/Svar_patologi_histologi_v1-4_Endring",
        "3/Svar_patologi_histologi_v1-3_Tillegg",
    )
    record = {}
    for name in names:
        letter = codec.read((folder / f"Svarrapport-v-1-{name}.xml").read_bytes()).content
        for each in laboratory.taken_in(letter, PATIENT, tuple(record.values())):
            record[each["id"]] = each
    observations = [r for r in record.values() if r["resourceType"] == "Observation"]
    assert [o["status"] for o in observations] == ["preliminary", "final", "amended"]
    assert [r["status"] for r in record.values() if r["resourceType"] == "DiagnosticReport"] == ["appended"]
