"""What must hold of every resource of every type: validation accepts it, JSON keeps it, extraction reads it."""

import copy

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akson.fhir import strict_json
from akson.fhir.extract import extract
from akson.fhir.index import Index
from akson.fhir.spec import spec
from akson.fhir.validate.structure import _passes, check
from akson.fhir.validate.walk import Walk
from tests.fhir.generate import resources

COMMON = ["Patient", "Observation", "Condition", "AllergyIntolerance", "Task", "DocumentReference"]
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def walked(resource):
    walk = Walk(spec())
    walk.resource(resource, "")
    return walk.issues


@MANY
@given(resources())
def test_valid_resources_pass_and_are_read(resource):
    assert walked(resource) == []
    assert check(resource) == []
    assert strict_json.loads(strict_json.dumps(resource)) == resource
    index = extract(resource)
    assert isinstance(index, Index)
    known = spec().params(resource["resourceType"])
    values = (index.tokens, index.strings, index.uris, index.dates, index.references, index.composites)
    assert all(value.param in known for group in values for value in group)
    assert all(value.low <= value.high for value in index.dates)


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from places(item, (*path, key))


@MANY
@given(resources(COMMON), st.data())
def test_what_the_schema_lets_pass_the_walk_finds_no_fault_in(resource, data):
    spoiled = copy.deepcopy(resource)
    *way, last = data.draw(st.sampled_from([place for place in places(spoiled) if place]))
    holder = spoiled
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(
        st.sampled_from([None, "", [], {}, 0, -1, 1.5, True, "x y ", "2023-02-30", [None], {"a": 1}])
    )
    if _passes(spoiled):
        assert walked(spoiled) == []
        extract(spoiled)
    else:
        assert check(spoiled) == walked(spoiled)
