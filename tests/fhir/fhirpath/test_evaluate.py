"""The evaluator on records; HL7's own suite stands in tests/conformance."""

from decimal import Decimal

import pytest

from akson.fhir import strict_json
from akson.fhir.fhirpath import FHIRPathError
from akson.fhir.fhirpath.evaluate import evaluate
from akson.fhir.fhirpath.values import Node, Quantity, Temporal, system

PATIENT = {
    "resourceType": "Patient",
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Legesenter"}],
    "name": [{"use": "official", "given": ["Kari", "Ås"]}, {"given": ["Kaja"]}],
    "birthDate": "1974-12-25",
    "_birthDate": {"extension": [{"url": "urn:time", "valueDateTime": "1974-12-25T14:35:45-05:00"}]},
    "deceasedBoolean": False,
    "managingOrganization": {"reference": "#o"},
    "generalPractitioner": [{"reference": "Practitioner/1"}, {"reference": "Organization/2/_history/3"}],
}


def plain(item):
    value = item.value if isinstance(item, Node) and item.type == "TypeInfo" else system(item)
    if isinstance(value, Node):
        return value.value
    if isinstance(value, Temporal):
        return value.text
    if isinstance(value, Decimal):
        return float(value)
    return f"{value.value} '{value.unit}'" if isinstance(value, Quantity) else value


def results(expression, resource=PATIENT, **variables):
    return [plain(item) for item in evaluate(expression, resource, **variables)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Patient.name.given", ["Kari", "Ås", "Kaja"]),
        ("name.where(use = 'official').given[1]", ["Ås"]),
        ("birthDate.extension('urn:time').value", ["1974-12-25T14:35:45-05:00"]),
        ("deceased.exists() and deceased != false", [False]),
        ("managingOrganization.resolve().name", ["Legesenter"]),
        ("generalPractitioner.where(resolve() is Practitioner).reference", ["Practitioner/1"]),
        ("generalPractitioner.resolve().id", ["1", "2"]),
        ("name.given.count() > %limit", [True]),
        ("Observation.status", []),
        ("nothing.where(true)", []),
    ],
)
def test_paths(expression, expected):
    assert results(expression, limit=2) == expected


def test_decimals_keep_their_digits():
    raw = b'{"resourceType":"Observation","valueQuantity":{"value":0.10,"code":"mg"}}'
    (value,) = evaluate("Observation.value.value", strict_json.loads(raw))
    assert str(system(value)) == "0.10"


@pytest.mark.parametrize(
    "expression", ["nosuch()", "name.first(1)", "%unknown", "name.ofType(Nosuch)", "1 + 'a'"]
)
def test_what_cannot_mean_anything_is_an_error(expression):
    with pytest.raises(FHIRPathError):
        evaluate(expression, PATIENT)


def test_a_regular_expression_cannot_take_for_ever():
    assert results("('a'.replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') & '!').matches('^(a+)+$')") == [
        False
    ]
