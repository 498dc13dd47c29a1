"""What the paths of the OpenAPI description share: parameters, headers, responses and schemas."""

from collections.abc import Iterable
from typing import Any

from akson import __version__
from akson.fhir.search import SearchParam
from akson.fhir.search_parse import LARGEST_PAGE, SUMMARIES, TOTALS
from akson.fhir.spec import spec
from akson.fhir.validate.schema import schema_of
from akson.kit.settings import Node, Role
from akson.rest.interactions.compartment import EVERY
from akson.rest.wire.http import FHIR_JSON, FHIR_XML

Json = dict[str, Any]

_ID = r"^[A-Za-z0-9\-.]{1,64}$"
_TAG = r'^(W/)?"[A-Za-z0-9\-.]{1,64}"$'
_SEVERITIES = ("fatal", "error", "warning", "information")
_BUNDLES = ("searchset", "history", "transaction-response", "batch-response")


def ref(section: str, name: str) -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/{section}/{name}"}


def bodies(schema: Json) -> Json:
    """Content in both formats of FHIR; the schema is of the JSON."""
    return {FHIR_JSON: {"schema": schema}, FHIR_XML: {}}


def document(node: Node, paths: Json, types: list[str], kinds: Iterable[str]) -> Json:
    """The whole description. `types` have their paths together, `kinds` have their own."""
    made: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": node.title or node.name,
            "version": __version__,
            "summary": "FHIR R4 (4.0.1) over HTTP; what it does in full stands at /metadata",
        },
        "servers": [{"url": node.fhir}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "parameters": _parameters(types),
            "headers": _headers(),
            "responses": _responses(),
            "schemas": _schemas(kinds),
        },
    }
    if Role.FHIR not in node.roles:
        made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "DPoP"}}
        made["security"] = [{"token": []}]
    return made


def query(name: str, schema: Json, said: str = "") -> Json:
    """A parameter of the query string."""
    return {"name": name, "in": "query", "schema": schema} | ({"description": said} if said else {})


def criterion(param: SearchParam) -> Json:
    """A search parameter as a parameter of the query string; modifiers and chains are criteria beside it."""
    return query(param.code, {"type": "string"}, f"{param.type}: {param.url}")


def _parameters(types: list[str]) -> Json:
    word, whole = {"type": "string"}, {"type": "integer", "minimum": 0}
    compartments = sorted(spec().compartments)
    found = [
        _path("type", {"enum": types}),
        _path("id", {"type": "string", "pattern": _ID}),
        _path("version", {"type": "integer", "minimum": 1, "maximum": 999_999_999}),
        _path("compartment", {"enum": compartments}),
        _path("inside", {"enum": [EVERY, *sorted(spec().types)]}),
        query("_format", {"enum": ["json", "xml", FHIR_JSON, FHIR_XML]}),
        query("_pretty", {"type": "boolean"}),
        query("_summary", {"enum": list(SUMMARIES)}),
        query("_elements", word, "names of elements, with commas between"),
        query("_count", whole, f"resources in a page; {LARGEST_PAGE} at most, whatever is asked for"),
        query("_total", {"enum": list(TOTALS)}),
        query("_sort", word, "search parameters, with commas between; a minus before one turns its order"),
        query("_include", word, "Type:parameter or Type:parameter:Target"),
        query("_revinclude", word, "Type:parameter or Type:parameter:Target"),
        query("_since", word, "an instant, e.g. 2026-11-23T08:05:00Z"),
        query("_at", word, "a date or an instant: versions that were the present one then"),
        _free(),
        _header("If-Match", {"type": "string", "pattern": _TAG}),
        _header("If-None-Match", {"type": "string", "pattern": _TAG}),
        _header("If-Modified-Since", word),
        _header("If-None-Exist", word),
        _header("Prefer", word | {"examples": ["return=minimal", "handling=lenient"]}),
        _header("X-Security-Context", word),
    ]  # fmt: skip
    return {each["name"]: each for each in found}


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"} | schema}


def _header(name: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "schema": schema}


def _free() -> Json:
    """Whatever else may stand in a query string, each under its own name."""
    said = "search criteria: what a type can be searched by stands at /metadata; unknown names are refused"
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    return query("criteria", schema, said) | {"style": "form", "explode": True}


def _headers() -> Json:
    words = {
        "ETag": 'the version, as W/"3"',
        "Last-Modified": "when it was written",
        "Location": "where it stands",
    }
    return {name: {"schema": {"type": "string"}, "description": said} for name, said in words.items()}


def _responses() -> Json:
    version = {name: ref("headers", name) for name in ("ETag", "Last-Modified")}
    where = version | {"Location": ref("headers", "Location")}
    resource, bundle = bodies(ref("schemas", "Resource")), bodies(ref("schemas", "Bundle"))
    return {
        "Refused": {"description": "What is wrong, and where", "content": bodies(ref("schemas", "OperationOutcome"))},
        "Resource": {"description": "The resource", "headers": version, "content": resource},
        "Content": {"description": "The content of the Binary, or the resource", "headers": version, "content": resource | {"*/*": {}}},
        "Written": {"description": "Where it stands, and as much of it as Prefer asks for", "headers": where, "content": resource},
        "Unchanged": {"description": "The client has this version already", "headers": version},
        "Deleted": {"description": "It is deleted, or was not there"},
        "Bundle": {"description": "A page, or what became of each entry", "content": bundle},
        "Result": {"description": "What the operation gives", "content": resource},
    }  # fmt: skip


def _schemas(kinds: Iterable[str]) -> Json:
    named = {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"type": "string"}},
    }
    found: Json = {}
    for kind in kinds:
        found |= {_name(name): _moved(schema) for name, schema in schema_of(kind, spec())["$defs"].items()}
    issue = {
        "type": "object",
        "required": ["severity", "code"],
        "properties": {"severity": {"enum": list(_SEVERITIES)}, "code": {"type": "string"}},
    }
    own = {
        "Resource": named,
        "OperationOutcome": _of("OperationOutcome", issue={"type": "array", "minItems": 1, "items": issue}),
        "Bundle": _of("Bundle", type={"enum": list(_BUNDLES)}, entry={"type": "array", "items": {"type": "object"}}),
        "Requests": _of(
            "Bundle", type={"enum": ["transaction", "batch"]}, entry={"type": "array", "items": _entry()}
        ),
        "Parameters": _of("Parameters", parameter={"type": "array", "minItems": 1, "items": {"type": "object"}}),
        "JsonPatch": {"type": "array", "items": _operation()},
    }  # fmt: skip
    return found | {name: schema for name, schema in own.items() if name not in found or name == "Bundle"}


def _of(kind: str, **properties: Json) -> Json:
    required = ["resourceType", *(["type"] if "type" in properties else [])]
    return {
        "type": "object",
        "required": required,
        "properties": {"resourceType": {"const": kind}, **properties},
    }


def _entry() -> Json:
    request = {
        "type": "object",
        "required": ["method", "url"],
        "properties": {
            "method": {"enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]},
            "url": {"type": "string", "minLength": 1},
        },
    }
    return {
        "type": "object",
        "required": ["request"],
        "properties": {
            "fullUrl": {"type": "string"},
            "resource": ref("schemas", "Resource"),
            "request": request,
        },
    }


def _operation() -> Json:
    return {
        "type": "object",
        "required": ["op", "path"],
        "properties": {
            "op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string", "pattern": "^(/[^/]*)*$"},
            "from": {"type": "string"},
            "value": {},
        },
    }


def _name(name: str) -> str:
    return name.replace(":", "-")


def _moved(value: Any) -> Any:
    """A schema with its references led to where schemas stand in the description."""
    if isinstance(value, list):
        return [_moved(item) for item in value]
    if not isinstance(value, dict):
        return value
    made = {key: _moved(item) for key, item in value.items()}
    if isinstance(made.get("$ref"), str):
        made["$ref"] = _name(made["$ref"].replace("#/$defs/", "#/components/schemas/"))
    return made
