"""All texts of a resource are found, whatever its type, and nothing that is no text."""

import pytest

from akson.fhir.extract import extract
from akson.fhir.extract.strings import texts
from akson.fhir.spec import spec

OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "meta": {"tag": [{"system": "urn:tags", "code": "t", "display": "A tag"}]},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">A narrative</div>'},
    "contained": [{"resourceType": "Patient", "id": "p", "name": [{"family": "Haugen", "given": ["Kari", "Åse"]}]}],
    "extension": [
        {"url": "http://x.example/one", "valueString": "An extension"},
        {"url": "http://x.example/two", "extension": [{"url": "deep", "valueMarkdown": "Inside *another*"}]},
    ],
    "identifier": [{"system": "urn:ids", "value": "12345"}],
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5", "display": "Temperature"}], "text": "Temp"},
    "subject": {"id": "element-name", "reference": "Patient/p1", "display": "Kari Haugen"},
    "effectiveDateTime": "2026-01-01",
    "valueQuantity": {"value": 37.5, "unit": "degrees", "system": "http://unitsofmeasure.org", "code": "Cel"},
    "note": [{"text": "Taken in the evening"}, {"text": "Temp"}],
    "component": [{"code": {"text": "Site"}, "valueString": "Ear"}],
}  # fmt: skip


def test_texts_are_found_wherever_they_stand_each_once():
    assert sorted(texts(OBSERVATION)) == sorted(
        [
            "A tag", "Haugen", "Kari", "Åse", "An extension", "Inside *another*", "12345", "Temperature", "Temp",
            "Kari Haugen", "degrees", "Taken in the evening", "Site", "Ear",
        ]
    )  # fmt: skip


def test_what_is_within_itself_and_in_bundles_is_found():
    item = {"linkId": "1", "text": "Inner", "item": [{"linkId": "1.1", "text": "Innermost"}]}
    form = {"resourceType": "Questionnaire", "item": [{"linkId": "0", "text": "Outer", "item": [item]}]}
    assert texts(form) == ["0", "Outer", "1", "Inner", "1.1", "Innermost"]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": form}, {"fullUrl": "urn:x"}],
    }
    assert texts(bundle) == texts(form)


@pytest.mark.parametrize("kind", sorted(spec().types))
def test_an_empty_resource_of_any_type_has_no_text(kind):
    assert texts({"resourceType": kind, "id": "x", "language": "nb"}) == []


def test_the_words_of_an_index_are_of_narrative_alone_unless_all_are_wanted():
    assert extract(OBSERVATION).content == "A narrative"
    every = extract(OBSERVATION, every_text=True).content
    assert every.startswith("A narrative A tag Haugen Kari")
    assert "Taken in the evening" in every
