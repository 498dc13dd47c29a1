"""HL7's FHIRPath suite for R4: each test that is on gives exactly the expected list, each that is off is accounted for."""

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml

from akson.fhir import strict_json
from akson.fhir.fhirpath import FHIRPathError
from akson.fhir.fhirpath.evaluate import evaluate
from akson.fhir.fhirpath.values import Node, Quantity, Temporal, system
from tests.shared import shared

pytestmark = pytest.mark.shared

DISABLED = Path(__file__).with_name("fhirpath_disabled.yaml")


class ExactLoader(yaml.SafeLoader):
    """YAML whose decimals keep their digits."""


ExactLoader.add_constructor(
    "tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node))
)


@cache
def suite():
    """Group, case, and whether it is on; a whole group may be off."""
    text = (shared("fhirpath") / "fhir-r4.yaml").read_text(encoding="utf-8")
    found = []
    for block in yaml.load(text, ExactLoader)["tests"]:
        for group, cases in block.items():
            if isinstance(cases, list):
                found += [(group, case, not (block.get("disable") or case.get("disable"))) for case in cases]
    return found


@cache
def resource(name):
    return strict_json.loads((shared("fhirpath") / "input" / name).read_bytes())


def plain(item):
    value = item.value if isinstance(item, Node) and item.type == "TypeInfo" else system(item)
    if isinstance(value, Node):
        return value.value
    if isinstance(value, Temporal):
        return value.text
    return f"{value.value} '{value.unit}'" if isinstance(value, Quantity) else value


def same(found, wanted):
    """Equal in kind, number, order and value; true is not 1."""
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in found)
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, int | Decimal) and isinstance(wanted, int | Decimal):
        return found == wanted
    return type(found) is type(wanted) and found == wanted


def outcome(case):
    """The list of results; None for an error."""
    given = resource(case.get("inputfile", "patient-example.json"))
    try:
        return [plain(item) for item in evaluate(case["expression"], given)]
    except FHIRPathError:
        return None


def passes(case):
    wanted, found = (None if case.get("error") else case.get("result", [])), outcome(case)
    return found is None if wanted is None else found is not None and same(found, wanted)


def test_the_comparison_is_exact():
    assert same([1, "a", True], [Decimal("1.0"), "a", True])
    for found, wanted in (
        ([1], [True]),
        (["1"], [1]),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ([{"a": 1}], [{"a": True}]),
    ):
        assert not same(found, wanted)


def test_every_test_that_is_on():
    on = [(group, case) for group, case, enabled in suite() if enabled]
    failed = [f"{group}: {case['desc']}: {case['expression']}" for group, case in on if not passes(case)]
    assert failed == []
    assert len(on) == 891


def test_every_test_that_is_off_is_named_with_what_comes_of_it():
    named = yaml.safe_load(DISABLED.read_text(encoding="utf-8"))
    off = [(group, case) for group, case, enabled in suite() if not enabled]
    assert len(off) == 44
    for group, case in off:
        entry = named[group].pop(case["desc"].removeprefix("** "))
        assert passes(case) == entry["passes"], case["desc"]
        assert entry["passes"] or entry["reason"]
    assert not any(named.values())
