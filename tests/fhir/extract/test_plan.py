"""The walk that extracts finds what the evaluator finds for each search parameter, one by one."""

import re

import pytest

from akson.fhir import strict_json
from akson.fhir.extract import extract
from akson.fhir.extract.plan import COLUMNS, LISTS
from akson.fhir.extract.values import CONVERT
from akson.fhir.fhirpath.evaluate import evaluate
from akson.fhir.fhirpath.values import Node
from akson.fhir.spec import spec


def by_evaluator(param, resource):
    """Values of a parameter by the general evaluator; R4 writes DateTime for dateTime, and `as` of several.

    Part by part, since `|` leaves one of two equal quantities that are written differently.
    """
    text = param.expression.replace("DateTime", "dateTime").replace(".as(", ".ofType(")
    found = set()
    for item in [item for part in text.split("|") for item in evaluate(part, resource)]:
        if not isinstance(item, Node) or item.value is None:
            continue
        for node in extension_values(item) if item.type == "Extension" else (item,):
            kind = "Resource" if node.type in spec().types else node.type
            convert = CONVERT[param.type].get(kind)
            if convert is not None:
                found |= {comparable(value) for value in convert(param.code, node.value)}
    return found


def extension_values(item):
    return [
        Node(value, kind)
        for key, value in item.value.items()
        if key.startswith("value")
        for _, kind in [spec().table("Extension").keys[key]]
    ]


def comparable(value):
    """Without the system, which extraction adds to a code from the binding of its element."""
    return re.sub(r"system='[^']*'", "", repr(value))


@pytest.mark.shared
def test_the_walk_agrees_with_the_evaluator_on_all_official_examples(examples):
    compared = 0
    for name, raw in examples:
        resource = strict_json.loads(raw)
        kind = resource["resourceType"]
        index = extract(resource)
        for code, param in spec().params(kind).items():
            if (
                code in COLUMNS | {"deceased"}
                or not param.expression
                or param.type in ("composite", "special")
            ):
                continue
            walked = {comparable(v) for v in getattr(index, LISTS[param.type]) if v.param == code}
            assert walked == by_evaluator(param, resource), (name, code)
            compared += len(walked)
    assert compared > 6_000
