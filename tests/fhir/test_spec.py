"""The compiled definitions say of R4 what R4 says."""

import pytest

from akson.fhir.spec import Spec, spec
from akson.kit.errors import Unavailable


def test_every_concrete_resource_type_of_r4():
    assert len(spec().types) == 146
    assert {"Patient", "Observation", "Bundle", "Parameters", "OperationOutcome"} <= spec().types
    assert not {"Resource", "DomainResource"} & spec().types


def test_parameters_of_a_type_hold_those_of_every_resource():
    params = spec().params("Observation")
    every = {"_id", "_lastUpdated", "_profile", "_security", "_source", "_tag", "_content", "_text"}
    assert every <= params.keys()
    assert params["code"].type == "token"
    assert params["subject"].targets == ("Group", "Device", "Patient", "Location")
    assert spec().param("Binary", "_text") is None, "a Binary has no narrative"
    assert spec().param("Patient", "no-such") is None


def test_system_level_parameters():
    assert "_lastUpdated" in spec().params("")
    assert "name" not in spec().params("")


def test_components_of_a_composite():
    found = spec().param("Observation", "code-value-quantity")
    assert [(part.code, part.type, part.expression) for part in found.components] == [
        ("code", "token", "code"),
        ("value-quantity", "quantity", "value.as(Quantity)"),
    ]
    swapped = spec().param("DocumentReference", "relationship")
    assert [part.type for part in swapped.components] == ["token", "reference"]


def test_patient_compartment():
    patient = spec().compartment("Patient")
    assert patient["Observation"] == ("subject", "performer")
    assert "Practitioner" not in patient


def test_elements_know_cardinality_types_and_codes():
    patient = spec().table("Patient")
    assert patient.elements["name"].many
    assert patient.keys["deceasedBoolean"][1] == "boolean"
    gender = patient.elements["gender"]
    assert spec().codes[gender.value_set].codes == {"male", "female", "other", "unknown"}
    assert spec().codes[gender.value_set].system == "http://hl7.org/fhir/administrative-gender"
    assert patient.elements["contact"].types == ("Patient.contact",)
    assert spec().table("Questionnaire.item").elements["item"].types == ("Questionnaire.item",)
    assert spec().table("Observation").elements["status"].min == 1


def test_ancestors():
    assert spec().ancestors("Patient") == ("Patient", "DomainResource", "Resource")
    assert spec().ancestors("Age") == ("Age", "Quantity", "Element")


def test_missing_definitions_say_how_to_make_them(tmp_path):
    with pytest.raises(Unavailable, match="are missing: run `make spec`"):
        _ = Spec(tmp_path).types
