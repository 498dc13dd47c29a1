"""Parts of a resource: what was asked for is there, what must be there is there, and it is still a valid resource."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akson.fhir import strict_json, subset
from akson.fhir.spec import spec
from akson.fhir.subset import Elements
from akson.fhir.validate.structure import check
from akson.kit.errors import UnsupportedParameter
from tests.fhir.generate import resources

MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TAG = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
PATIENT = {
    "resourceType": "Patient",
    "id": "a",
    "meta": {"versionId": "1", "tag": [{"code": "own"}]},
    "implicitRules": "http://example.org/rules",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">x</div>'},
    "extension": [{"url": "http://example.org/e", "valueString": "x"}],
    "modifierExtension": [{"url": "http://example.org/m", "valueBoolean": True}],
    "name": [{"family": "Hansen", "given": ["Kari"], "period": {"start": "2020"}}, {"text": "Kari"}],
    "birthDate": "1980-01-01",
    "_birthDate": {"id": "x"},
    "deceasedBoolean": False,
    "contact": [{"name": {"family": "Berg"}, "gender": "male"}],
    "communication": [{"language": {"text": "no"}, "preferred": True}],
    "link": [{"other": {"reference": "Patient/b"}, "type": "seealso", "id": "l"}],
}


def keys(resource):
    """What is there beside what always is."""
    return set(resource) - {"resourceType", "id", "meta", "implicitRules", "modifierExtension"}


def chosen(*names, kind="Patient", resource=PATIENT):
    return Elements(names, kind).of_type(resource)


@pytest.mark.parametrize(
    ("names", "there"),
    [
        (["name"], {"name"}),
        (["birthDate"], {"birthDate", "_birthDate"}),
        (["deceased"], {"deceasedBoolean"}),
        (["deceased[x]"], {"deceasedBoolean"}),
        (["deceasedBoolean", "gender"], {"deceasedBoolean"}),
        (["Patient.name", "contact"], {"name", "contact"}),
        (["id"], set()),
    ],
)
def test_named_elements_stay_and_the_rest_goes(names, there):
    made = chosen(*names)
    assert keys(made) == there
    assert all(made[key] == PATIENT[key] for key in there | {"implicitRules", "modifierExtension", "id"})
    assert made["meta"] == {"versionId": "1", "tag": [{"code": "own"}, TAG]}
    assert check(made) == []


def test_parts_of_elements_can_be_named():
    assert chosen("name.family")["name"] == [{"family": "Hansen"}]
    assert chosen("name.family", "Patient.name.period.start")["name"] == [
        {"family": "Hansen", "period": {"start": "2020"}}
    ]
    assert chosen("name", "name.family")["name"] == PATIENT["name"]
    assert chosen("name.family", "name")["name"] == PATIENT["name"]
    assert (
        chosen("communication.preferred")["communication"] == PATIENT["communication"]
    )  # language is mandatory
    assert "contact" not in chosen("contact.name.given")
    quantity = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "valueQuantity": {"value": 1, "unit": "m"},
    }
    assert chosen("value.unit", kind="Observation", resource=quantity)["valueQuantity"] == {"unit": "m"}


def test_mandatory_elements_stay_whether_asked_for_or_not():
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "issued": "2024-01-01T00:00:00Z",
    }
    assert keys(chosen("subject", kind="Observation", resource=resource)) == {"status", "code"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("nonsense", "Patient"), ("name.nonsense", "Patient"), ("birthDate.x", "Patient"), ("status", "Patient"), ("Patient", "Patient"),
     ("Patient.nonsense", "Observation"), ("nonsense", ""), ("name..family", "Patient"), ("resourceType", "Patient")],
)  # fmt: skip
def test_a_name_that_is_no_element_is_refused(name, kind):
    with pytest.raises(UnsupportedParameter, match="_elements"):
        Elements([name], kind)


def test_names_of_a_type_are_about_that_type():
    of_others = Elements(["Observation.status"], "Patient")
    assert of_others.of_type(PATIENT) is PATIENT
    both = Elements(["name", "Observation.subject"])
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "subject": {"display": "x"},
        "issued": "x",
    }
    assert keys(both.of_type(PATIENT)) == {"name"}
    assert keys(both.of_type(resource)) == {"status", "code", "subject"}
    assert keys(both.of_type(resource, included=True)) == {"status", "code", "subject"}
    assert both.of_type(PATIENT, included=True) is PATIENT


def test_the_summary_is_what_the_definitions_mark():
    made = subset.summary(PATIENT)
    assert keys(made) == {"name", "birthDate", "_birthDate", "deceasedBoolean", "link"}
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "component": [{"code": {"text": "y"}, "valueString": "z", "interpretation": [{"text": "high"}]}],
        "interpretation": [{"text": "high"}],
    }
    made = subset.summary(observation)
    assert keys(made) == {"status", "code", "component"}
    assert made["component"] == [{"code": {"text": "y"}, "valueString": "z"}]


def test_text_only_and_without_text():
    assert keys(subset.text_only(PATIENT)) == {"text"}
    assert keys(subset.without_text(PATIENT)) == keys(PATIENT) - {"text"}
    assert subset.tagged(subset.tagged(PATIENT)) == subset.tagged(PATIENT)


@MANY
@given(resources(), st.data())
def test_every_part_of_a_valid_resource_is_valid(resource, data):
    kind = resource["resourceType"]
    names = data.draw(st.lists(st.sampled_from(sorted(spec().table(kind).elements)), min_size=1, max_size=4))
    nested = [
        f"{name}.{inner}"
        for name in names
        if not spec().table(kind).elements[name].choice
        for table in [spec().table(spec().table(kind).elements[name].types[0])]
        if table and table.kind in ("complex-type", "backbone") and table.elements
        for inner in [data.draw(st.sampled_from(sorted(table.elements)))]
    ]
    for made in (
        Elements(names, kind).of_type(resource),
        Elements(nested, kind).of_type(resource) if nested else resource,
        subset.summary(resource),
        subset.text_only(resource),
        subset.without_text(resource),
    ):
        assert check(made) == []


@pytest.mark.shared
def test_every_part_of_an_official_example_is_valid(examples):
    for name, raw in examples:
        resource = strict_json.loads(raw)
        if check(resource):
            continue
        for reduce in (subset.summary, subset.text_only, subset.without_text, Elements(["id"]).of_type):
            assert check(reduce(resource)) == [], name
