"""What a compose means, evaluated on a code system in memory."""

import pytest

from akson.fhir.terminology.compose import branches
from akson.fhir.terminology.memory import Held
from akson.fhir.terminology.rules import Canonical
from akson.kit.errors import NotFound, TooCostly, Unprocessable
from tests.fhir.terminology.animals import CASES, URL, VALUE_SET, animals, value_set, where

ALL = value_set({"system": URL}, url=VALUE_SET)


def codes(found, sets=()):
    """The codes of a value set, in the order of its branches."""
    held = Held(animals())
    made = []
    for branch in branches(found, dict(sets)):
        assert branch.system.url == URL
        chosen = [each.code for each in held.select(branch.rule)]
        made += sorted(chosen, key=branch.exact.index) if branch.exact else chosen
    return list(dict.fromkeys(made))


@pytest.mark.parametrize(("include", "expected"), CASES)
def test_an_include_means(include, expected):
    assert codes(value_set(include), {VALUE_SET: ALL}) == expected


def test_excluded_codes_are_left_out():
    found = value_set({"system": URL}, exclude=[where("concept", "is-a", "mammal")])
    assert codes(found) == ["animal", "swimmer", "fish"]
    elsewhere = where("concept", "is-a", "mammal", system="http://example.org/plants")
    assert codes(value_set({"system": URL}, exclude=[elsewhere])) == codes(ALL)


def test_several_value_sets_in_one_include_are_their_intersection():
    mammals = value_set(where("concept", "is-a", "mammal"), url="urn:mammals")
    swimmers = value_set(where("concept", "is-a", "swimmer"), url="urn:swimmers")
    sets = {"urn:mammals": mammals, "urn:swimmers": swimmers}
    assert codes(value_set({"valueSet": ["urn:mammals", "urn:swimmers"]}), sets) == ["whale"]
    assert codes(value_set({"system": URL, "valueSet": ["urn:swimmers"]}), sets) == [
        "whale",
        "swimmer",
        "fish",
    ]
    assert codes(value_set(where("diet", "=", "meat", valueSet=["urn:swimmers"])), sets) == ["whale"]
    both = value_set({"valueSet": ["urn:mammals"]}, {"valueSet": ["urn:swimmers"]})
    assert set(codes(both, sets)) == {"mammal", "cat", "whale", "mammoth", "swimmer", "fish"}


def test_value_sets_in_a_circle_are_refused_and_unknown_ones_named():
    one = value_set({"valueSet": ["urn:two"]}, url="urn:one")
    two = value_set({"valueSet": ["urn:one"]}, url="urn:two")
    with pytest.raises(Unprocessable, match="includes itself"):
        branches(one, {"urn:one": one, "urn:two": two})
    with pytest.raises(NotFound, match="urn:two"):
        branches(one, {})


@pytest.mark.parametrize("together", [True, False])
def test_sets_that_grow_without_end_as_they_include_each_other_are_refused_at_once(together):
    """Each level names the one below twice: of 30 levels it would be a billion rules."""
    sets = {"urn:0": value_set({"system": URL}, url="urn:0")}
    for level in range(1, 30):
        below = f"urn:{level - 1}"
        parts = [{"valueSet": [below, below]}] if together else [{"valueSet": [below]}] * 2
        sets[f"urn:{level}"] = value_set(*parts, url=f"urn:{level}")
    with pytest.raises(TooCostly, match="rules"):
        branches(sets["urn:29"], sets)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"property": "concept", "op": "child-of", "value": "cat"}, "operator"),
        ({"property": "concept", "op": "is-a", "value": ""}, "needs"),
    ],
)
def test_filters_that_r4_does_not_have_are_refused_by_name(row, says):
    with pytest.raises(Unprocessable, match=says) as refused:
        branches(value_set({"system": URL, "filter": [row]}), {})
    assert refused.value.issues[0].expression[0].startswith("ValueSet.compose.include.filter")


@pytest.mark.parametrize("expression", ["(", "a{2000}{2000}", "x" * 1001, r"(a)\1"])
def test_a_regular_expression_that_cannot_be_used_is_refused(expression):
    with pytest.raises(Unprocessable, match="regular expression"):
        codes(value_set(where("code", "regex", expression)))


def test_a_set_without_compose_is_what_its_expansion_lists():
    row = {"system": URL, "code": "mammal", "abstract": True, "contains": [{"system": URL, "code": "cat"}]}
    other = {"system": "urn:other", "version": "2", "code": "x"}
    found = {
        "resourceType": "ValueSet",
        "expansion": {"contains": [row, other, {"system": URL, "code": "fish"}]},
    }
    made = [(branch.system, branch.exact) for branch in branches(found, {})]
    assert made == [
        (Canonical(URL), ("cat",)),
        (Canonical("urn:other", "2"), ("x",)),
        (Canonical(URL), ("fish",)),
    ]
