"""No expression hangs or exhausts the server: what would is refused, within seconds and without much memory.

Seconds are those of the processor, since the machine may have other work.
"""

import time
import tracemalloc
from contextlib import suppress

import pytest

from akson.fhir.fhirpath import FHIRPathError, parse
from akson.fhir.fhirpath.budget import Budget, TooCostly
from akson.fhir.fhirpath.evaluate import evaluate, evaluate_within
from akson.fhir.patch import fhirpath_patch
from akson.fhir.strict_json import Number
from akson.kit.errors import Unprocessable
from tests.patience import in_time

LARGE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {
            "resource": {
                "resourceType": "Patient",
                "id": f"p{n}",
                "name": [{"family": f"F{n}", "given": ["A", "B"]}],
            }
        }
        for n in range(2000)
    ],
}
CYCLE = {
    "resourceType": "Patient",
    "contained": [{"resourceType": "Organization", "id": "o", "partOf": {"reference": "#o"}}],
    "managingOrganization": {"reference": "#o"},
}


def seconds(expression, resource):
    began = time.process_time()
    with suppress(FHIRPathError):
        evaluate(expression, resource)
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        "descendants().select(%resource.descendants().select(%resource.descendants().count()))",
        "descendants().where(" + "+".join(["1"] * 200) + " > 0)",
        "descendants().where(%resource.entry[0].exists())",
        "descendants() ~ descendants()",
        "descendants().distinct().count()",
        "descendants().intersect(%resource.descendants())",
        "descendants().subsetOf(%resource.descendants())",
        "descendants().select(%resource.entry).count()",
        "entry.repeat(%resource.entry)",
        "(1 | 2).repeat($this + 1)",
        "('a').repeat($this & 'a')",
        "name" + ".select($this.combine($this))" * 100,
        "entry" + ".combine(%resource.entry)" * 200,
        "'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 40,
        "'aaaaaaaaaa'" + ".replaceMatches('(.*)', '$1$1$1$1$1$1$1$1')" * 40,
        "'ab'" + ".encode('hex')" * 60,
        "descendants().aggregate($total & 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '')",
        "descendants().aggregate($total * $total, 3)",
        "descendants().aggregate($total * $total, 1.0000001)",
        "descendants().aggregate(iif($total.exists(), $total.combine($total), 1), 1)",
        "descendants().sort($this.toString())",
        "descendants().where('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.matches('(a+)+(b+)+$'))",
        "'a'.matches('" + "(a{1,500}){1,500}" * 50 + "')",
        "descendants().toChars()",
        "entry.resource.name.family.join('x').toChars().combine(%resource.descendants())",
    ],
)
@pytest.mark.parametrize("resource", [LARGE, CYCLE], ids=["large", "cycle"])
def test_no_expression_hangs_or_takes_much_memory(expression, resource):
    assert in_time(seconds(expression, resource), 2)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("descendants().select(%resource.descendants())", "steps"),
        ("(1 | 2).repeat($this + 1)", "steps"),
        ("entry" + ".where(%resource.entry[0].exists())" * 60, "steps"),
        ("'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 40, "a text of more than 5000000 characters"),
        ("'aaaaaaaaaa'" + ".replaceMatches('(.*)', '$1$1$1$1$1$1$1$1')" * 40, "a text of more than"),
        (
            "'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 5 + ".toChars()",
            "a collection of more than 250000 items",
        ),
        ("'a'.matches('" + "a" * 1001 + "')", "at most 1000 characters"),
    ],
)
def test_the_refusal_names_the_limit(expression, why):
    with pytest.raises(TooCostly, match=why):
        evaluate(expression, LARGE)


@pytest.mark.slow
def test_what_is_refused_held_little_memory():
    tracemalloc.start()
    with pytest.raises(TooCostly):
        evaluate("name" + ".select($this.combine($this))" * 100, {"resourceType": "Patient", "name": [{}]})
    with pytest.raises(TooCostly):
        evaluate("'aaaaaaaaaa'" + ".replace('a', 'aaaaaaaaaa')" * 40, LARGE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


@pytest.mark.parametrize(
    "expression",
    [
        "2.power(1000)",
        "10.power(100000000)",
        "1.5.power(1000000000)",
        "(0 - 1).power(0.5)",
        "1000000.exp()",
        "valueDecimal",
        " * ".join(["99999999999999999999"] * 6),
        "value.round(1000000)",
        "(1 'g' * 99999999999999999999999999999999999999999999999999.0) * 10.power(99)",
    ],
)
def test_a_number_beyond_all_numbers_is_nothing(expression):
    found = evaluate(expression, {"resourceType": "Observation", "valueDecimal": 1})
    assert all(len(str(item)) < 120 for item in found)


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "value.floor()",
            "value.ceiling()",
            "value.truncate()",
            "value div 1",
            "value mod 7",
            "value * value",
        ),
        *(
            "value.toString()",
            "value.toInteger()",
            "value.round(2)",
            "value + 1",
            "-value",
            "value.sqrt()",
            "value ~ 1",
        ),
        *(
            "value.lowBoundary()",
            "value.precision()",
            "@2024 + value",
            "value.abs()",
            "value.power(2)",
            "value = 1",
        ),
    ],
)
@pytest.mark.parametrize("digits", ["1e400", "1e-400", "1e999999", "-1e300000", "0e999999"])
def test_a_number_of_a_resource_beyond_all_numbers(expression, digits):
    resource = {"resourceType": "Parameters", "parameter": [{"name": "a", "valueDecimal": Number(digits)}]}
    assert in_time(seconds(f"parameter.select({expression})", resource), 0.5)
    quantity = {"resourceType": "Observation", "valueQuantity": {"value": Number(digits), "code": "s"}}
    assert in_time(seconds(expression, quantity), 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 260,
        "1" + "+1" * 260,
        "a" + "[0]" * 260,
        "a" + ".where(true)" * 260,
        "a" + " is X" * 260,
        "a" + "|a" * 9000,
        "(" * 39 + "a" + ".a" * 260 + ")" * 39,
        "9" * 101,
        "1." + "9" * 101 + " 'kg'",
        r"'\ud800'",
    ],
)
def test_what_is_too_deep_or_too_long_is_refused_by_the_parser(text):
    with pytest.raises(FHIRPathError) as refused:
        parse(text)
    assert len(str(refused.value)) < 200


def test_what_the_parser_lets_through_has_room_on_the_stack():
    nested = "(" * 40 + "a" + ".a" * 200 + ")" * 40
    evaluate(nested, {"resourceType": "Patient"})
    nested = "true"
    for _ in range(39):
        nested = f"name.where({nested})"
    assert evaluate(nested, {"resourceType": "Patient", "name": [{"family": "A"}]}) == []
    deep = {"resourceType": "Patient", "extension": [{"url": "u"}]}
    for _ in range(60):
        deep = {"resourceType": "Patient", "extension": [{"url": "u", "extension": deep["extension"]}]}
    assert evaluate("descendants() ~ descendants()", deep)
    assert evaluate("$this = $this and extension = extension", deep)


def test_several_evaluations_can_share_a_budget():
    budget = Budget(1000)
    patient = {"resourceType": "Patient", "name": [{}] * 2}
    cost = 2 * 3
    for _ in range(1000 // cost):
        evaluate_within(budget, "name.where(given = 'A')", patient, {})
    with pytest.raises(TooCostly, match="1000 steps"):
        evaluate_within(budget, "name.where(given = 'A')", patient, {})


def test_the_paths_of_a_patch_cost_together_what_one_may():
    operation = {
        "name": "operation",
        "part": [
            {"name": "type", "valueCode": "delete"},
            {
                "name": "path",
                "valueString": "Bundle.descendants().where(%resource.entry[0].exists()).take(0)",
            },
        ],
    }
    apply = fhirpath_patch.read({"resourceType": "Parameters", "parameter": [operation] * 100})
    began = time.process_time()
    with pytest.raises(Unprocessable, match="steps"):
        apply(LARGE)
    assert in_time(time.process_time() - began, 3)
