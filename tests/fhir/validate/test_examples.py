"""The official examples give no false error: what is found is listed in `errors_in_examples.json`, with the reason."""

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from akson.fhir import strict_json
from akson.fhir.fhirpath.evaluate import compile_expression, evaluate
from akson.fhir.fhirpath.runtime import Env, boolean
from akson.fhir.fhirpath.values import Node, root
from akson.fhir.profiles.catalogue import Catalogue
from akson.fhir.spec import spec
from akson.fhir.validate.exceptions import ELSEWHERE, REPAIRED
from akson.fhir.validate.full import validate
from akson.fhir.validate.invariants import of_path
from akson.fhir.validate.quick import QUICK

KNOWN = json.loads(Path(__file__).with_name("errors_in_examples.json").read_text())
pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def reports(examples):
    catalogue = Catalogue()
    return {name: validate(strict_json.loads(raw), catalogue) for name, raw in examples}


def listed(name, issue):
    return [
        row
        for row in KNOWN
        if row["example"] == name
        and row["code"] == issue.code
        and fnmatchcase(issue.expression[0], row["at"])
    ]


def test_no_example_has_an_error_that_is_not_listed_with_its_reason(reports):
    assert len(reports) == 726
    unlisted = [
        (name, issue.diagnostics)
        for name, report in reports.items()
        for issue in report.issues
        if issue.severity == "error" and not listed(name, issue)
    ]
    assert unlisted == []


def test_each_listed_error_is_still_found(reports):
    found = {
        row["because"] + row["example"]
        for name, report in reports.items()
        for issue in report.issues
        if issue.severity == "error"
        for row in listed(name, issue)
    }
    assert found == {row["because"] + row["example"] for row in KNOWN}


def test_every_invariant_can_be_evaluated_on_every_example(reports):
    assert [
        (name, issue.diagnostics)
        for name, report in reports.items()
        for issue in report.issues
        if issue.code == "processing"
    ] == []


def test_every_constraint_of_r4_is_compiled_or_checked_elsewhere():
    rows = {row["key"] for each in spec().rules["invariants"].values() for row in each}
    here = {each.key for path in spec().rules["invariants"] for each in of_path(path)}
    assert len(rows) == 237
    assert rows - here == set(ELSEWHERE)
    assert set(REPAIRED) <= here


# dom-3: R4's expression overlooks references in extensions of primitives, and takes 'as' over many items.
@pytest.mark.parametrize("key", sorted(set(QUICK) - {"dom-3"}))
def test_a_quick_invariant_says_what_its_expression_says(key, examples):
    path, expression = next(
        (path, row["expression"])
        for path, rows in spec().rules["invariants"].items()
        for row in rows
        if row["key"] == key
    )
    slow = compile_expression(expression)
    compared = 0
    for _, raw in examples[:200]:
        resource = strict_json.loads(raw)
        whole = root(resource)
        every = [whole] if path == "DomainResource" else evaluate(f"descendants().ofType({path})", resource)
        for node in every:
            if isinstance(node, Node) and path in spec().ancestors(node.type):
                compared += 1
                said = boolean(slow(Env([node], whole, {})))
                assert QUICK[key](node, whole) is (said is not False), (key, resource["id"])
    assert compared > 5
