"""Whatever a resource holds, validation ends with a report; what is only well-formed breaks no more than rules."""

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.spec import spec
from akson.fhir.validate.full import validate
from tests.fhir.generate import resources

CATALOGUE = Catalogue()
MANY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
CODES = {
    "invariant",
    "code-invalid",
    "extension",
    "structure",
    "invalid",
    "value",
    "required",
    "not-found",
    "not-supported",
    "processing",
    "too-long",
}
PROFILES = [each["url"] for each in spec().profiles.values() if each["type"] != "Extension"]


@MANY
@given(resources(), st.lists(st.sampled_from(PROFILES), max_size=2))
def test_a_resource_of_any_type_gets_a_report(resource, profiles):
    before = copy.deepcopy(resource)
    report = validate(resource, CATALOGUE, profiles)
    assert {issue.code for issue in report.issues} <= CODES
    assert all(issue.expression[0].split(".")[0] == resource["resourceType"] for issue in report.issues)
    assert resource == before


@MANY
@given(resources(["Patient", "Observation", "Bundle", "Questionnaire", "StructureDefinition"]), st.data())
def test_a_spoiled_resource_gets_a_report(resource, data):
    *way, last = data.draw(st.sampled_from([place for place in places(resource) if place]))
    holder = resource
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(
        st.sampled_from([None, {}, [], "", "x", 7, True, [None], {"url": "x"}, {"reference": "#"}, {"extension": [{}]}])
    )  # fmt: skip
    validate(resource, CATALOGUE)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*path, key))
