"""Small builders and readers of FHIR shapes."""

import pytest

from akson.fhir import model


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient/1", ("Patient", "1")),
        ("Patient/1/_history/2", ("Patient", "1")),
        ("https://a.test/fhir/Patient/1", ("Patient", "1")),
        ("https://a.test/fhir/Patient/1/_history/2", ("Patient", "1")),
        ("urn:uuid:1", ("", "")),
        ("#inside", ("", "")),
        ("Patient?identifier=1", ("", "")),
        ("patient/1", ("", "")),
        ("1", ("", "")),
        ("", ("", "")),
    ],
)
def test_split_reference(text, expected):
    assert model.split_reference(text) == expected


def test_builders():
    assert model.reference({"resourceType": "Patient", "id": "1"}) == "Patient/1"
    assert model.coding("s", "c") == {"system": "s", "code": "c"}
    assert model.concept("s", "c", "d") == {
        "coding": [{"system": "s", "code": "c", "display": "d"}],
        "text": "d",
    }
    assert model.outcome(iter([{"code": "x"}])) == {
        "resourceType": "OperationOutcome",
        "issue": [{"code": "x"}],
    }
