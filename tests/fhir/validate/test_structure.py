"""Structural faults are found, and named with their place."""

import copy

import pytest

from akson.fhir import strict_json
from akson.fhir.spec import spec
from akson.fhir.validate.structure import _passes, check
from akson.fhir.validate.walk import Walk

PATIENT = {
    "resourceType": "Patient",
    "id": "1",
    "name": [{"family": "Berg", "given": ["Kari"]}],
    "gender": "female",
    "birthDate": "1950-02-28",
    "deceasedBoolean": False,
    "contact": [{"name": {"text": "Per"}}],
}
OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
INVALID_EXAMPLES = {"Questionnaire-qs1.json": "items without linkId, which is required"}


def changed(resource, **values):
    made = copy.deepcopy(resource) | values
    return {key: value for key, value in made.items() if value is not ...}


def test_valid():
    assert check(PATIENT) == []
    assert check(OBSERVATION) == []


@pytest.mark.parametrize(
    ("resource", "code", "place"),
    [
        ({}, "structure", "$this"),
        ({"resourceType": "Pateint"}, "structure", "$this"),
        ({"resourceType": ["Patient"]}, "structure", "$this"),
        (changed(PATIENT, nmae=[]), "structure", "Patient.nmae"),
        (changed(PATIENT, name={"family": "Berg"}), "structure", "Patient.name"),
        (changed(PATIENT, name=[]), "structure", "Patient.name"),
        (changed(PATIENT, name=[{}]), "structure", "Patient.name[0]"),
        (changed(PATIENT, name=[{"family": ""}]), "value", "Patient.name[0].family"),
        (changed(PATIENT, name=[{"given": ["a", 1]}]), "structure", "Patient.name[0].given[1]"),
        (changed(PATIENT, name=[{"given": ["a", None]}]), "structure", "Patient.name[0].given[1]"),
        (changed(PATIENT, gender=["male"]), "structure", "Patient.gender"),
        (changed(PATIENT, gender="kvinne"), "code-invalid", "Patient.gender"),
        (changed(PATIENT, birthDate="1950-02-30"), "value", "Patient.birthDate"),
        (changed(PATIENT, birthDate="1951-02-29"), "value", "Patient.birthDate"),
        (changed(PATIENT, birthDate="28.02.1950"), "value", "Patient.birthDate"),
        (changed(PATIENT, deceasedDateTime="2024"), "structure", "Patient.deceased"),
        (changed(PATIENT, multipleBirthInteger=1.5), "structure", "Patient.multipleBirth.ofType(integer)"),
        (changed(PATIENT, active="true"), "structure", "Patient.active"),
        (changed(PATIENT, id="a b"), "value", "Patient.id"),
        (changed(PATIENT, contained=[{"id": "x"}]), "structure", "Patient.contained[0]"),
        (
            changed(PATIENT, contained=[{"resourceType": "Observation", "status": "final"}]),
            "required",
            "Patient.contained[0].code",
        ),
        (changed(PATIENT, link=[{"type": "refer"}]), "required", "Patient.link[0].other"),
        (changed(PATIENT, extension=[{"valueString": "x"}]), "required", "Patient.extension[0].url"),
        (changed(OBSERVATION, status=...), "required", "Observation.status"),
        (changed(OBSERVATION, issued="2024-01-01"), "value", "Observation.issued"),
        (
            changed(OBSERVATION, valueQuantity={"value": "5"}),
            "structure",
            "Observation.value.ofType(Quantity).value",
        ),
        (changed(OBSERVATION, value="5"), "structure", "Observation.value"),
        (changed(OBSERVATION, _status={"valueString": "x"}), "structure", "Observation.status.valueString"),
        (
            {"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {"resourceType": "Basic"}}]},
            "required",
            "Bundle.entry[0].resource.code",
        ),
        (
            {
                "resourceType": "Parameters",
                "parameter": [{"name": "a", "part": [{"name": "b", "resource": {"resourceType": "Basic"}}]}],
            },
            "required",
            "Parameters.parameter[0].part[0].resource.code",
        ),
    ],
)
def test_faults_are_named_with_their_place(resource, code, place):
    (issue,) = check(resource)
    assert (issue.code, issue.expression) == (code, (place,))
    assert issue.severity == "error"
    assert issue.diagnostics.startswith(place)


def test_extensions_of_primitives_stand_in_for_values():
    unknown = {"extension": [{"url": "http://example.org/unknown", "valueCode": "unknown"}]}
    assert check(changed(OBSERVATION, status=..., _status=unknown)) == []
    assert check(changed(PATIENT, name=[{"given": ["a", None], "_given": [None, unknown]}])) == []
    (issue,) = check(changed(PATIENT, name=[{"_given": [None, unknown]}]))
    assert issue.expression == ("Patient.name[0].given[0]",)
    (issue,) = check(changed(PATIENT, name=[{"given": ["a"], "_given": unknown}]))
    assert issue.expression == ("Patient.name[0].given",)
    assert check(changed(PATIENT, name=[{"given": ["a"], "_given": []}])) != []
    (issue,) = check(changed(PATIENT, name=[{"given": ["a"], "_given": [None, unknown]}]))
    assert issue.expression == ("Patient.name[0].given",)


def test_numbers_with_their_digits_are_numbers():
    raw = (
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50}}'
    )
    assert check(strict_json.loads(raw)) == []


def test_many_faults_are_cut_off():
    resource = changed(PATIENT, name=[{"family": 1} for _ in range(500)])
    assert len(check(resource)) == 100


def test_diagnostics_hold_no_content():
    (issue,) = check(changed(PATIENT, birthDate="hemmelig"))
    assert "hemmelig" not in issue.diagnostics


@pytest.mark.shared
def test_official_examples(examples):
    refused = {name for name, raw in examples if check(strict_json.loads(raw))}
    assert refused == set(INVALID_EXAMPLES)


@pytest.mark.shared
def test_schema_and_walk_agree_on_synthea(synthea):
    for resource in synthea[::10]:
        walk = Walk(spec())
        walk.resource(resource, "")
        assert walk.issues == []
    assert all(_passes(resource) for resource in synthea)
