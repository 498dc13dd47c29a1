"""What holds for every expression: it survives being written and read, obeys the laws of its operators, and ends."""

import time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from akson.fhir.fhirpath import FHIRPathError, parse
from akson.fhir.fhirpath.ast import size
from akson.fhir.fhirpath.budget import Budget
from akson.fhir.fhirpath.evaluate import evaluate, evaluate_within
from akson.fhir.fhirpath.values import Node, system
from akson.fhir.spec import spec
from tests.fhir.fhirpath.expressions import DATES, trees, written
from tests.patience import in_time

RESOURCE = {
    "resourceType": "Patient",
    "id": "p",
    "contained": [{"resourceType": "Observation", "id": "o", "valueQuantity": {"value": 2.5, "code": "kg"}}],
    "extension": [{"url": "a", "valueCoding": {"code": "x"}}, {"url": "b", "valueInteger": 3}],
    "name": [{"family": "Ås", "given": ["Kari", "", "K'"]}, {"given": ["Kaja"]}],
    "birthDate": "1974-12-25",
    "managingOrganization": {"reference": "#o"},
}
PIECES = [
    *"()[]{}.,'`\\|&+-*/<>=!~@%$ \n01aT:",
    "where(",
    "is ",
    "as ",
    "//",
    "/*",
    "*/",
    "@2024-01",
    "$this",
]
quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def outcome(expression):
    """The values; the word error where there is none."""
    try:
        return [plain(item) for item in evaluate_within(Budget(50_000), expression, RESOURCE, {})]
    except FHIRPathError:
        return "error"


def found_or_refusal(call, *arguments):
    """The result, or the words of the refusal."""
    try:
        return call(*arguments)
    except FHIRPathError as error:
        return str(error)


def plain(item):
    value = system(item)
    return value.value if isinstance(value, Node) else value


@quick
@given(trees)
def test_a_tree_written_and_read_is_the_same_tree(tree):
    text = written(tree)
    assert parse(text) == tree
    assert written(parse(text)) == text


def test_every_search_parameter_is_the_same_tree_after_it_was_written():
    texts = {
        param.expression
        for kind in spec().types
        for param in spec().params(kind).values()
        if param.expression
    }
    for text in texts:
        assert parse(written(parse(text))) == parse(text)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(trees)
def test_every_expression_ends_with_a_result_or_a_refusal(tree):
    began = time.process_time()
    text = written(tree)
    found = found_or_refusal(evaluate, text, RESOURCE)
    assert isinstance(found, list) or 0 < len(found) < 400
    assert in_time(time.process_time() - began, 2)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_text_is_an_expression_or_is_refused(text):
    found = found_or_refusal(parse, text)
    assert 0 < len(found) < 400 if isinstance(found, str) else size(found) >= 1


@quick
@given(trees, trees)
def test_laws_of_sets_and_logic(one, other):
    a, b = f"({written(one)})", f"({written(other)})"
    assume(not any(clock in a + b for clock in ("now()", "timeOfDay()")))
    for left, right in (
        (f"{a} and {b}", f"{b} and {a}"),
        (f"{a} or {b}", f"{b} or {a}"),
        (f"{a} xor {b}", f"{b} xor {a}"),
        (f"({a} and {b}).not()", f"{a}.not() or {b}.not()"),
        (f"{a} implies {b}", f"{a}.not() or {b}"),
        (f"({a} | {b}).count()", f"({b} | {a}).count()"),
        (f"{a} | {{}}", f"{a}.distinct()"),
        (f"{a}.combine({b}).count()", f"{a}.count() + {b}.count()"),
        (f"{a}.exists()", f"{a}.empty().not()"),
        (f"{a}.where(true)", a),
        (f"{a}.first()", f"{a}[0]"),
        (f"{a}.take(1).combine({a}.skip(1))", a),
        (f"{a} = {b}", f"{b} = {a}"),
        (f"{a} ~ {b}", f"{b} ~ {a}"),
    ):
        first, second = outcome(left), outcome(right)
        if "error" not in (first, second):
            assert first == second, (left, right)


numbers = st.one_of(st.integers(0, 10**6), st.decimals(0, 10**6, places=3)).map(str)


@quick
@given(numbers, numbers, numbers)
def test_laws_of_numbers(a, b, c):
    for law in (
        f"{a} + {b} = {b} + {a}",
        f"{a} * {b} = {b} * {a}",
        f"({a} + {b}) + {c} = {a} + ({b} + {c})",
        f"{a} * ({b} + {c}) = {a} * {b} + {a} * {c}",
        f"{a} - {a} = 0",
        f"{b} = 0 or {a} = ({a} div {b}) * {b} + ({a} mod {b})",
        f"({a} < {b}) xor ({a} >= {b})",
        f"({a} 'g' + {b} 'g') = ({b} 'g' + {a} 'g')",
        f"{a} 'kg' = {a} 'kg' and {a} 'kg' + 1 'g' > {a} 'kg'",
        f"{a}.toString().toDecimal() = {a}",
        f"{a}.floor() <= {a} and {a} <= {a}.ceiling()",
        f"{a}.lowBoundary() <= {a} and {a} <= {a}.highBoundary()",
    ):
        assert outcome(law) == [True], law


@pytest.mark.parametrize("kind_and_text", [date for date in DATES if not date[1].endswith("T")])
@pytest.mark.parametrize("step", ["1 day", "3 months", "2 years", "90 minutes"])
def test_a_moment_moved_forth_is_later_or_the_same(kind_and_text, step):
    moment = "@" + kind_and_text[1]
    assert outcome(f"({moment} + {step}) < {moment}") in ([False], [])
