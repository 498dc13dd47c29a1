"""Scopes of apps: every text that is read means what the standard says, and joining two never allows more than either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akson.security.app_scopes import (
    LETTERS,
    AppScope,
    Level,
    all_covered,
    common,
    covers,
    meet,
    parse,
    read,
    write,
)

VITAL = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"
KINDS = ["Observation", "Patient", "Condition", "Encounter"]

letters = st.sets(st.sampled_from(LETTERS), min_size=1).map(
    lambda some: "".join(each for each in LETTERS if each in some)
)
narrowed = st.lists(
    st.tuples(st.sampled_from(["category", "code"]), st.sampled_from(["a", "s|a", "|b", "s|", "a,b", VITAL])),
    max_size=2,
    unique=True,
).map(lambda pairs: tuple(sorted(pairs)))
scopes = st.builds(AppScope, st.sampled_from(Level), st.sampled_from([*KINDS, "*"]), letters, narrowed)


def allows(scope, level, kind, letter, matched):
    """What a scope allows, said in the plainest way: `matched` are the conditions that a resource fulfils."""
    return (
        scope.level is level
        and scope.kind in ("*", kind)
        and letter in scope.letters
        and set(scope.narrowed) <= matched
    )


@given(scopes)
def test_a_scope_is_read_back_as_it_was_written(scope):
    assert parse(str(scope)) == scope


@given(scopes, scopes, st.sampled_from(Level), st.sampled_from(KINDS), st.sampled_from(LETTERS), narrowed)
def test_what_two_have_in_common_is_what_both_allow(one, other, level, kind, letter, pairs):
    case = (level, kind, letter, set(pairs))
    both = allows(one, *case) and allows(other, *case)
    met = meet(one, other)
    assert (met is not None and allows(met, *case)) == both


@given(st.lists(scopes, max_size=4), st.lists(scopes, max_size=4), st.sampled_from(Level), st.sampled_from(KINDS),
       st.sampled_from(LETTERS), narrowed)  # fmt: skip
def test_lists_have_in_common_what_some_of_each_allow(asked, allowed, level, kind, letter, pairs):
    case = (level, kind, letter, set(pairs))
    both = any(allows(one, *case) for one in asked) and any(allows(one, *case) for one in allowed)
    found = common(asked, allowed)
    assert any(allows(one, *case) for one in found) == both
    assert all_covered(found, allowed)
    assert all_covered(found, asked)


@given(scopes, scopes)
def test_covering_is_allowing_all_of_it(wide, narrow):
    if covers(wide, narrow):
        for letter in narrow.letters:
            for kind in KINDS:
                case = (narrow.level, kind, letter, set(narrow.narrowed))
                assert allows(wide, *case) or not allows(narrow, *case)


@given(st.text(max_size=60))
def test_any_text_is_read_or_left_out(text):
    found, plain = read(text)
    again, plain_again = read(write(found, plain))
    assert (again, plain_again) == (found, plain)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("patient/Observation.read", "patient/Observation.rs"),
        ("user/*.write", "user/*.cud"),
        ("system/Patient.*", "system/Patient.cruds"),
        (f"patient/Observation.rs?category={VITAL}", f"patient/Observation.rs?category={VITAL}"),
    ],
)
def test_version_one_means_its_version_two(first, second):
    assert str(parse(first)) == second


@pytest.mark.parametrize(
    "text",
    [
        "patient/Observation.sr",
        "patient/Observation.",
        "patient/Observation",
        "patient/Nothing.rs",
        "patient/observation.rs",
        "Patient/Observation.rs",
        "patient/Observation.rs?",
        "patient/Observation.rs?category",
        "patient/Observation.rs?category=",
        "patient/Observation.rs?category=|",
        "patient/Observation.rs?category:in=http://x",
        "patient/Observation.rs?subject=Patient/1",
        "patient/Observation.rs?category=a&status=final",
        "patient/Observation.rr",
        "patient/Observation.rs.rs",
        "all/Observation.rs",
        "akson:journal/fhir",
        "akson:journal/admin",
        "",
    ],
)
def test_what_cannot_be_kept_is_no_scope(text):
    assert parse(text) is None
    assert read(text) == (frozenset(), frozenset())


def test_scopes_that_are_too_long_are_none():
    assert read("launch " + "x" * 5000) == (frozenset(), frozenset())
