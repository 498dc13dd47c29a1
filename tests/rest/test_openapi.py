"""The OpenAPI description says what the server does: every path is served, every schema holds, nothing is left out."""

import json

import jsonschema_rs
import pytest

from akson.fhir.spec import spec
from akson.kit.errors import AksonError
from akson.kit.settings import Node, Role
from akson.rest.open import open_node
from akson.rest.openapi import OpenApi
from akson.rest.operations import OPERATIONS
from akson.rest.routes import _methods, handler_of
from akson.rest.wire.http import Request
from tests.rest.making import issue, observation, patient

METHODS = {"get", "post", "put", "patch", "delete"}
VALUES = {"type": "Account", "id": "a", "version": "1", "compartment": "Patient", "inside": "Observation"}
TOLD = {"/metadata", "/openapi.json"}


def described(*kinds, node=None):
    return OpenApi(node or open_node("http://fhir.example"), _methods).description(*kinds)


def operations(description):
    for path, item in description["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


def refs(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from refs(item)
    elif isinstance(value, list):
        for item in value:
            yield from refs(item)


@pytest.mark.parametrize(
    "kinds", [(), ("Patient", "Observation"), ("Bundle", "Parameters", "Binary", "OperationOutcome")]
)
def test_every_reference_leads_somewhere_and_every_schema_is_one(kinds):
    description = described(*kinds)
    for reference in refs(description):
        _, _, section, name = reference.split("/")
        assert name in description["components"][section], reference
    for name in description["components"]["schemas"]:
        whole = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
        jsonschema_rs.Draft202012Validator(json.loads(json.dumps(whole)))
    names = [each["operationId"] for _, _, each in operations(description)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kinds", [(), ("Patient",), ("Binary", "AuditEvent")])
def test_every_path_and_method_is_served(kinds):
    for path, method, each in operations(described(*kinds)):
        if path in TOLD:
            continue
        real = path.format(**VALUES)
        request = Request(
            {"method": method.upper(), "path": real, "headers": [], "query_string": b""}, None, "", 0
        )
        assert handler_of(request), each["operationId"]


def test_everything_that_is_served_is_described():
    description = described("Patient")
    for path in (
        (),
        ("Patient",),
        ("Patient", "a"),
        ("Patient", "_history"),
        ("Patient", "_search"),
        ("Patient", "a", "_history"),
    ):
        template = "/" + "/".join("{id}" if part == "a" else part for part in path)
        assert {method.upper() for method in METHODS & description["paths"][template].keys()} == set(
            _methods(path)
        )
    for each in OPERATIONS:
        assert any(path.endswith(f"/${each.code}") for path in description["paths"])


def test_a_type_that_is_asked_for_has_all_its_search_parameters_and_its_schema():
    description = described("Patient", "Observation")
    names = {each.get("name") for each in description["paths"]["/Observation"]["get"]["parameters"]}
    assert set(spec().params("Observation")) <= names
    whole = {"components": description["components"]}
    check = jsonschema_rs.Draft202012Validator(whole | {"$ref": "#/components/schemas/Patient"})
    assert check.is_valid(patient())
    assert not check.is_valid(patient(gender="x"))
    check = jsonschema_rs.Draft202012Validator(whole | {"$ref": "#/components/schemas/Observation"})
    assert check.is_valid(observation("Patient/a"))
    assert not check.is_valid({"resourceType": "Observation"})
    assert "Patient" not in description["components"]["parameters"]["type"]["schema"]["enum"]


def test_without_types_it_is_small():
    assert len(json.dumps(described())) < 200_000


def test_a_node_with_an_access_log_says_that_it_is_only_read():
    node = Node("journal", frozenset({Role.JOURNAL}), "http://x.example/journal", "Solvik", "", "")
    description = described(node=node)
    assert METHODS & description["paths"]["/AuditEvent/{id}"].keys() == {"get"}
    assert "/AuditEvent/_history" not in description["paths"]
    assert description["security"] == [{"token": []}]


@pytest.mark.store
async def test_it_is_served_to_anyone_and_known_types_only(client):
    answer = await client.get("/openapi.json", headers={"accept": "application/vnd.oai.openapi+json"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["servers"] == [{"url": "http://fhir.example/fhir"}]
    assert "/Patient/{id}" in (await client.get("/openapi.json?_type=Patient")).json()["paths"]
    wrong = await client.get("/openapi.json?_type=Nonsense")
    assert (wrong.status_code, issue(wrong)["code"]) == (404, "not-supported")
    assert (await client.post("/openapi.json")).status_code == 405


@pytest.mark.store
async def test_what_it_says_of_answers_is_so(client):
    """Each GET of one type, tried: the status is one of those described, and the body is as its schema says."""
    await client.put("/Patient/a", json=patient(id="a"))
    description = described("Patient")
    whole = {"components": description["components"]}
    for path, method, each in operations(description):
        if method != "get" or path in TOLD or "{type}" in path:
            continue
        answer = await client.get(path.format(**VALUES))
        said = each["responses"].get(str(answer.status_code)) or each["responses"]["4XX"]
        assert answer.status_code < 500
        response = description["components"]["responses"][said["$ref"].rsplit("/", 1)[1]]
        schema = response["content"]["application/fhir+json"]["schema"]
        jsonschema_rs.Draft202012Validator(whole | schema).validate(answer.json())


def test_a_path_of_no_use_is_still_not_found():
    request = Request({"method": "GET", "path": "/openapi", "headers": [], "query_string": b""}, None, "", 0)
    with pytest.raises(AksonError):
        handler_of(request)
