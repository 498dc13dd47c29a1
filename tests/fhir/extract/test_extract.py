"""What a resource can be found by: each kind of parameter, composites, patient, text."""

import pytest

from akson.fhir import strict_json
from akson.fhir.extract import _plan, extract
from akson.fhir.index import CompositeValue, QuantityValue, ReferenceValue, TokenValue
from akson.fhir.precision import EARLIEST, LATEST, interval
from akson.fhir.spec import spec

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

OBSERVATION = {
    "resourceType": "Observation",
    "id": "bp",
    "meta": {"profile": ["http://example.org/bp|2.0"], "tag": [{"system": "s", "code": "t"}]},
    "text": {
        "status": "generated",
        "div": "<div xmlns='http://www.w3.org/1999/xhtml'>Høyt <b>trykk</b> &amp; puls</div>",
    },
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "85354-9", "display": "Blood pressure"}], "text": "BT"},
    "subject": {"reference": "Patient/23"},
    "performer": [{"reference": "https://other.test/fhir/Practitioner/7"}, {"reference": "#inside"}],
    "effectivePeriod": {"start": "2024-05-01"},
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
            "valueQuantity": {"value": 107, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
        },
        {"code": {"coding": [{"system": LOINC, "code": "8462-4"}]}, "valueQuantity": {"value": 60.5}},
    ],
}


def of(values, param):
    return [value for value in values if value.param == param]


def test_observation():
    index = extract(OBSERVATION)
    assert index.patient == "23"
    assert index.content == "Høyt trykk & puls"
    assert of(index.tokens, "code") == [
        TokenValue("code", LOINC, "85354-9", "Blood pressure"),
        TokenValue("code", "", "", "BT"),
    ]
    assert of(index.tokens, "status") == [
        TokenValue("status", "http://hl7.org/fhir/observation-status", "final")
    ]
    assert of(index.tokens, "_tag") == [TokenValue("_tag", "s", "t")]
    assert [value.uri for value in of(index.uris, "_profile")] == [
        "http://example.org/bp|2.0",
        "http://example.org/bp",
    ]
    assert of(index.references, "patient") == [ReferenceValue("patient", "Patient", "23")]
    assert of(index.references, "performer") == [
        ReferenceValue("performer", "", "", "https://other.test/fhir/Practitioner/7"),
        ReferenceValue("performer", "", ""),
    ]
    (date,) = of(index.dates, "date")
    assert (date.low, date.high) == (interval("2024-05-01")[0], LATEST)


def test_composites_keep_what_belongs_together():
    found = of(extract(OBSERVATION).composites, "component-code-value-quantity")
    assert found == [
        CompositeValue(
            "component-code-value-quantity",
            (
                TokenValue("component-code", LOINC, "8480-6"),
                QuantityValue("component-value-quantity", 107, 106.5, 107.5, UCUM, "mm[Hg]", "mmHg"),
            ),
        ),
        CompositeValue(
            "component-code-value-quantity",
            (
                TokenValue("component-code", LOINC, "8462-4"),
                QuantityValue("component-value-quantity", 60.5, 60.45, 60.55, "", "", ""),
            ),
        ),
    ]


def test_patient():
    index = extract(
        {
            "resourceType": "Patient",
            "id": "23",
            "identifier": [{"system": "urn:oid:2.16", "value": "1"}, {"system": "only"}],
            "active": True,
            "name": [{"family": "Berg", "given": ["Kari", None, "Ås"], "_given": [None, {"id": "x"}, None]}],
            "telecom": [{"system": "phone", "value": "999"}, {"system": "email", "value": "a@b.test"}],
            "address": [{"line": ["Vei 1"], "city": "Solvik"}],
            "birthDate": "1950-02",
            "gender": "female",
        }
    )
    assert index.patient == "23"
    assert index.identifiers == [("urn:oid:2.16", "1")]
    assert [value.text for value in of(index.strings, "name")] == ["Berg", "Kari", "Ås"]
    assert [value.text for value in of(index.strings, "given")] == ["Kari", "Ås"]
    assert [value.text for value in of(index.strings, "address")] == ["Vei 1", "Solvik"]
    assert [value.code for value in of(index.tokens, "phone")] == ["999"]
    assert [value.code for value in of(index.tokens, "email")] == ["a@b.test"]
    assert [value.code for value in of(index.tokens, "telecom")] == ["999", "a@b.test"]
    assert [value.code for value in of(index.tokens, "active")] == ["true"]
    (birth,) = of(index.dates, "birthdate")
    assert (birth.low, birth.high) == interval("1950-02")


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({}, "false"),
        ({"deceasedBoolean": False}, "false"),
        ({"deceasedBoolean": True}, "true"),
        ({"deceasedDateTime": "2024"}, "true"),
    ],
)
def test_deceased_is_a_condition_not_a_path(extra, code):
    (found,) = of(extract({"resourceType": "Patient", **extra}).tokens, "deceased")
    assert found.code == code


def test_references_by_type_of_their_target():
    contained = {
        "resourceType": "Observation",
        "contained": [{"resourceType": "Patient", "id": "p"}],
        "subject": {"reference": "#p"},
        "encounter": {"identifier": {"system": "s", "value": "v"}, "type": "Encounter"},
    }
    index = extract(contained)
    assert index.patient is None
    assert index.references == [
        # That they are there is all that is known of those into the resource.
        ReferenceValue("patient", "", ""),
        ReferenceValue("subject", "", ""),
        ReferenceValue("encounter", "Encounter", "", "", ("s", "v")),
    ]
    assert (
        of(
            extract({"resourceType": "Observation", "subject": {"reference": "Group/1"}}).references,
            "patient",
        )
        == []
    )
    versioned = extract({"resourceType": "Observation", "subject": {"reference": "Patient/1/_history/3"}})
    assert versioned.patient == "1"


def test_absolute_references_to_this_server_are_local():
    resource = {"resourceType": "Observation", "subject": {"reference": "https://a.test/fhir/Patient/1"}}
    assert extract(resource).patient is None
    assert extract(resource, base="https://b.test/fhir").patient is None
    index = extract(resource, base="https://a.test/fhir")
    assert index.patient == "1"
    assert of(index.references, "subject") == [ReferenceValue("subject", "Patient", "1")]


def test_choice_types_periods_and_timing():
    timing = {"event": ["2024-01-02", "2024-03-04"], "repeat": {"boundsPeriod": {"end": "2024-02-01"}}}
    index = extract({"resourceType": "ServiceRequest", "occurrenceTiming": timing})
    (found,) = of(index.dates, "occurrence")
    assert (found.low, found.high) == (EARLIEST, interval("2024-03-04")[1])
    ranged = extract(
        {"resourceType": "Condition", "onsetRange": {"low": {"value": 4, "code": "a"}, "high": {"value": 6}}}
    )
    ages = of(ranged.quantities, "onset-age")
    assert [(age.value, age.low, age.high, age.code) for age in ages] == [
        (4, 3.5, 6.5, "a"),
        (6, 3.5, 6.5, "a"),
    ]
    compared = extract({"resourceType": "Observation", "valueQuantity": {"value": 5, "comparator": "<"}})
    assert of(compared.quantities, "value-quantity")[0].low == float("-inf")


def test_money_age_range_and_odd_corners():
    invoice = extract({"resourceType": "Invoice", "totalNet": {"value": 10.5, "currency": "NOK"}})
    (net,) = of(invoice.quantities, "totalnet")
    assert (net.value, net.system, net.code) == (10.5, "urn:iso:std:iso:4217", "NOK")
    risk = extract(
        {"resourceType": "RiskAssessment", "prediction": [{"probabilityRange": {"low": {"value": 0.2}}}]}
    )
    probabilities = of(risk.numbers, "probability")
    assert [found.value for found in probabilities] == [0.2, float("inf")]
    assert all(found.low == pytest.approx(0.15) and found.high == float("inf") for found in probabilities)
    charged = extract({"resourceType": "ChargeItem", "quantity": {"comparator": ">", "value": 3}, "code": {}})
    assert [found.value > 3 for found in of(charged.quantities, "quantity")] == [True, True]
    assert of(charged.quantities, "quantity")[1].value == float("inf")
    assert extract({"resourceType": "Observation", "valueQuantity": {"unit": "x"}}).quantities == []
    assert extract({"resourceType": "Invoice", "totalNet": {"currency": "NOK"}}).quantities == []
    assert extract({"resourceType": "Encounter", "period": {"id": "x"}}).dates == []
    concept = {"text": "Tekst", "coding": [{"code": "a", "display": "Not searched as text"}]}
    texts = of(
        extract({"resourceType": "Observation", "valueCodeableConcept": concept}).strings, "value-string"
    )
    assert [value.text for value in texts] == ["Tekst"]
    library = extract({"resourceType": "PlanDefinition", "library": ["http://example.org/l|1", "#in"]})
    assert [found.url for found in of(library.references, "depends-on")] == [
        "http://example.org/l|1",
        "http://example.org/l",
    ]
    document = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Composition", "id": "c"}}]}
    assert of(extract(document).references, "composition") == [
        ReferenceValue("composition", "Composition", "c")
    ]


def test_task_belongs_to_the_patient_it_is_for():
    assert extract({"resourceType": "Task", "for": {"reference": "Patient/9"}}).patient == "9"


def test_text_of_documents():
    found = extract(
        {
            "resourceType": "DocumentReference",
            "status": "current",
            "description": "Epikrise",
            "content": [
                {"attachment": {"contentType": "text/plain; charset=utf-8", "data": "UGFzaWVudGVuIGZhbHQ="}},
                {"attachment": {"contentType": "text/html", "data": "PHA+aGplbTwvcD4="}},
                {"attachment": {"contentType": "application/pdf", "data": "AAAA", "title": "Vedlegg"}},
            ],
        }
    )
    assert found.content == "Pasienten falt hjem Vedlegg Epikrise"
    assert extract({"resourceType": "Binary", "contentType": "text/plain", "data": "aGVp"}).content == "hei"


def test_every_parameter_of_every_type_is_read():
    unread = {f"{kind}.{code}" for kind in spec().types for code in _plan(kind).unread}
    assert unread == set()


def test_odd_values_are_left_out_not_refused():
    index = extract({"resourceType": "Observation", "effectiveDateTime": "2023-02-30", "issued": "x"})
    assert index.dates == []


@pytest.mark.shared
def test_official_examples(examples):
    found = [extract(strict_json.loads(raw)) for _, raw in examples]
    assert sum(bool(index.tokens) for index in found) > 680
    assert sum(bool(index.references) for index in found) > 400
    assert sum(bool(index.composites) for index in found) > 60


@pytest.mark.shared
def test_synthea(synthea):
    dates = sum(len(extract(resource).dates) for resource in synthea)
    assert dates > 20_000
