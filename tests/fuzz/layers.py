"""Readers on their own: each takes one generated input and gives a result or the refusal it may give, nothing else."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from akson.fhir import search_parse, strict_json, ucum, xml
from akson.fhir.extract import extract
from akson.fhir.fhirpath import FHIRPathError, parse
from akson.fhir.fhirpath.budget import Budget
from akson.fhir.fhirpath.evaluate import evaluate_within
from akson.fhir.fhirpath.functions import FUNCTIONS
from akson.fhir.model import Resource
from akson.fhir.patch import fhirpath_patch, json_patch
from akson.fhir.search_limits import within
from akson.fhir.validate import structure
from akson.kit.errors import AksonError, Malformed
from akson.kit.limits import LIMITS
from akson.rest.bulk.reading import Refused, Unit, of_document, of_line
from akson.rest.wire.http import pairs_of
from akson.store import cursor
from tests.fuzz.corpus import bodies, documents, resources
from tests.fuzz.mutate import ODD, bent, cut_up
from tests.fuzz.queries import make_pairs, make_query

Made = Any
BASE = "http://fhir.example/fhir"


def refusal(error: AksonError) -> bool:
    """A refusal is for the client, says something, and does not go on for ever. False, for a check to give back."""
    assert 400 <= error.status < 500
    assert error.issues
    for issue in error.issues:
        assert issue.diagnostics
        assert len(issue.diagnostics) < 2000
    return False


def make_json(rng: random.Random) -> bytes:
    if rng.random() < 0.7:
        return cut_up(rng, rng.choice(bodies()))
    return strict_json.dumps(bent(rng, rng.choice(resources())))


def check_json(raw: bytes) -> bool:
    try:
        value = strict_json.loads(raw)
    except Malformed as error:
        return refusal(error)
    again = strict_json.dumps(value)
    assert strict_json.dumps(strict_json.loads(again)) == again
    return True


def make_resource(rng: random.Random) -> Any:
    return bent(rng, rng.choice(resources()))


def check_structure(value: Any) -> bool:
    """What passes can be taken apart for search, and written and read as XML without loss."""
    if not isinstance(value, dict):
        return False
    issues = structure.check(value)
    assert all(issue.diagnostics for issue in issues)
    if issues:
        return False
    extract(value, base=BASE)
    try:
        document = xml.dumps(value)
    except xml.CannotWrite as error:
        refusal(error)
    else:
        assert xml.dumps(xml.loads(document)) == document
    return True


def make_document(rng: random.Random) -> bytes:
    return cut_up(rng, rng.choice(documents()))


def check_document(raw: bytes) -> bool:
    try:
        value = xml.loads(raw)
    except AksonError as error:
        return refusal(error)
    assert isinstance(value, dict)
    structure.check(value)
    return True


def check_query(made: tuple[str, list[tuple[str, str]]]) -> bool:
    kind, pairs = made
    accepted = False
    for lenient in (False, True):
        try:
            query = within(search_parse.parse(kind, pairs, base=BASE, lenient=lenient), LIMITS)
        except AksonError as error:
            refusal(error)
        else:
            assert 0 <= query.count <= LIMITS.search_page
            assert len(query.executed) + len(query.ignored) <= len(pairs)
            accepted = accepted or not lenient
    return accepted


def check_pairs(raw: bytes) -> bool:
    try:
        pairs = pairs_of(raw)
    except Malformed as error:
        return refusal(error)
    assert all(isinstance(part, str) for pair in pairs for part in pair)
    return True


WORDS = [
    *sorted(FUNCTIONS),
    "name",
    "given",
    "$this",
    "$index",
    "%resource",
    "%x",
    "'a'",
    "'(a+)+'",
    "1",
    "1.5",
    "10 'mg'",
    "@2024",
    "@T10",
    "true",
    "{}",
]
MARKS = [
    *"()[].,|+-*/&=~<>",
    "!=",
    "!~",
    "<=",
    ">=",
    " and ",
    " or ",
    " xor ",
    " implies ",
    " is ",
    " as ",
    " in ",
    " contains ",
    " div ",
    " mod ",
    ".where(",
    ".select(",
    ".repeat(",
    "()",
    " //x\n",
    "/*",
]
GOOD = [
    "name.where(given = 'Kari').family",
    "component.value.as(Quantity) > 5 'mg'",
    "descendants().ofType(Coding).code.distinct()",
    "iif(name.exists(), name.first().given.join(','), 'x')",
    "@2024-01-31 + 1 month",
    "(1 | 2 | 3).aggregate($this + $total, 0)",
]


def make_expression(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return cut_up(rng, rng.choice(GOOD).encode()).decode("utf-8", "replace")
    return "".join(rng.choice(WORDS) + rng.choice(MARKS) for _ in range(rng.randint(1, 8))) + rng.choice(
        WORDS
    )


def check_expression(text: str) -> bool:
    try:
        parse(text)
        evaluate_within(Budget(20_000), text, resources()[len(text) % 4], {})
    except FHIRPathError as error:
        assert 0 < len(str(error)) < 500  # noqa: PT017 - many of them are refused
        return False
    return True


POINTERS = [
    "",
    "/",
    "/name",
    "/name/0",
    "/name/-",
    "/name/0/given/1",
    "/name/00",
    "/nosuch",
    "/~1",
    "/~2",
    "name",
    "/identifier/99",
    "/contained/0/id",
    "/" + "a/" * 70,
    "/meta",
    "/id",
]


def make_patch(rng: random.Random) -> tuple[Resource, Any]:
    resource = rng.choice(resources())
    operations = [_operation(rng) for _ in range(rng.randint(0, 4))]
    return resource, bent(rng, operations) if rng.random() < 0.4 else operations


def _operation(rng: random.Random) -> Any:
    return {
        "op": rng.choice(["add", "remove", "replace", "move", "copy", "test", "nosuch", 1]),
        "path": rng.choice(POINTERS),
        "from": rng.choice(POINTERS),
        "value": rng.choice(ODD),
    }


def check_patch(made: tuple[Resource, Any]) -> bool:
    resource, patch = made
    before = strict_json.dumps(resource)
    accepted = True
    try:
        json_patch.read(patch)(resource)
    except AksonError as error:
        accepted = refusal(error)
    assert strict_json.dumps(resource) == before
    return accepted


def make_fhirpath_patch(rng: random.Random) -> tuple[Resource, Resource]:
    part = [
        {"name": "type", "valueCode": rng.choice(["add", "insert", "delete", "replace", "move", "nosuch"])},
        {
            "name": "path",
            "valueString": rng.choice(
                [*GOOD, "Patient", "name", "Patient.name", "name[0].given", "id", "1", "%x"]
            ),
        },
        {"name": "name", "valueString": rng.choice(["name", "given", "active", "nosuch", ""])},
        {
            "name": "value",
            rng.choice(["valueString", "valueBoolean", "valueHumanName"]): rng.choice(
                ["a", True, {"family": "A"}]
            ),
        },
        {"name": "index", "valueInteger": rng.choice([0, 1, 99])},
        {"name": "source", "valueInteger": 0},
        {"name": "destination", "valueInteger": rng.choice([0, 1])},
    ]
    kept = [each for each in part if rng.random() < 0.9]
    made = {
        "resourceType": "Parameters",
        "parameter": [{"name": "operation", "part": kept}] * rng.randint(1, 2),
    }
    return rng.choice(resources()), made


def check_fhirpath_patch(made: tuple[Resource, Resource]) -> bool:
    resource, patch = made
    if structure.check(patch):
        return False
    before = strict_json.dumps(resource)
    accepted = True
    try:
        fhirpath_patch.read(patch)(resource)
    except AksonError as error:
        accepted = refusal(error)
    assert strict_json.dumps(resource) == before
    return accepted


SECRET = bytes(32)


def make_mark(rng: random.Random) -> str:
    good = cursor.write(
        [rng.choice(["search", "x"]), rng.choice([1, -1, 2**63, None, "a"]), rng.choice([0, 2**62])], SECRET
    )
    return cut_up(rng, good.encode()).decode("utf-8", "replace") if rng.random() < 0.8 else good


def check_mark(mark: str) -> bool:
    accepted = False
    for integers in (0, 2):
        try:
            values = cursor.read(mark, "search", SECRET, integers)
        except Malformed as error:
            refusal(error)
        else:
            assert values[0] == "search"
            accepted = True
    return accepted


def make_unit(rng: random.Random) -> str:
    good = rng.choice(
        ["mm[Hg]", "10*3/uL", "mL/min/{1.73_m2}", "Cel", "kg.m/s2", "(m/s).kg", "[IU]/L", "%", "/min"]
    )
    return cut_up(rng, good.encode()).decode("utf-8", "replace")


def check_unit(text: str) -> bool:
    assert (ucum.canonical(Decimal(1), text) is not None) == ucum.valid(text)
    assert ucum.commensurable(text, text) == ucum.valid(text)
    return ucum.valid(text)


def make_line(rng: random.Random) -> tuple[bytes, str]:
    """A line of NDJSON, or a document, with the type that was announced."""
    kind = rng.choice(["", "", "", "Patient", "Observation"])
    if rng.random() < 0.4:
        return cut_up(rng, rng.choice(bodies())), kind
    value = rng.choice(resources())
    value = bent(rng, value) if rng.random() < 0.7 else value
    if rng.random() < 0.2:
        entry = {
            "resource": value,
            "request": {"method": rng.choice(["POST", "PUT", "GET"]), "url": rng.choice(ODD)},
        }
        value = {"resourceType": "Bundle", "type": rng.choice(["transaction", "batch"]), "entry": [entry]}
    return strict_json.dumps(value), kind


def check_line(made: tuple[bytes, str]) -> bool:
    raw, kind = made
    found = [of_line("a:1", raw, kind), of_document("a", raw, BASE)]
    for each in found:
        if isinstance(each, Refused):
            assert each.reason
            assert len(each.reason) < 2000
            assert not set("\n\r\x00") & set(each.reason)
        elif isinstance(each, Unit):
            assert all(resource["id"] for resource in each.resources)
    return isinstance(found[0], Unit)


@dataclass(frozen=True)
class Layer:
    """One reader: how its input is made, what must hold of it, and how many inputs the short form tries."""

    make: Callable[[random.Random], Made]
    check: Callable[[Any], bool]
    """True where the input was accepted."""
    inputs: int


LAYERS = {
    "strict JSON": Layer(make_json, check_json, 70_000),
    "structure, extraction and XML out": Layer(make_resource, check_structure, 26_000),
    "lines of NDJSON": Layer(make_line, check_line, 10_000),
    "XML in": Layer(make_document, check_document, 20_000),
    "search parameters": Layer(make_query, check_query, 30_000),
    "query strings": Layer(make_pairs, check_pairs, 20_000),
    "FHIRPath": Layer(make_expression, check_expression, 20_000),
    "JSON Patch": Layer(make_patch, check_patch, 10_000),
    "FHIRPath Patch": Layer(make_fhirpath_patch, check_fhirpath_patch, 4_000),
    "marks of pages": Layer(make_mark, check_mark, 10_000),
    "units": Layer(make_unit, check_unit, 10_000),
}
