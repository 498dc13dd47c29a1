"""The paths of the OpenAPI description: which methods each has is asked of the routes, what they take is said here."""

from collections.abc import Callable, Iterable, Mapping

from akson.fhir.spec import spec
from akson.rest.interactions.patch import JSON_PATCH
from akson.rest.openapi.components import Json, bodies, criterion, ref
from akson.rest.operations import OPERATIONS, Operation
from akson.rest.operations.operation import ANY, NO
from akson.rest.wire.http import FHIR_JSON

Methods = Callable[[tuple[str, ...]], Mapping[str, object]]
"""The methods that a path has."""

_WRITING = ("_format", "_pretty")
_LESS = (*_WRITING, "_summary", "_elements")
_SEARCH = (*_LESS, "_count", "_total", "_sort", "_include", "_revinclude", "criteria")
_HISTORY = (*_LESS, "_since", "_at", "_count")
_FORM = "application/x-www-form-urlencoded"


def of_server(methods: Methods) -> Json:
    """Paths that are about no type: the base, search and history of all, compartments, and what describes the server."""
    found = {
        "/metadata": _item({"GET": _does("capabilities", _LESS, "Resource")}),
        "/openapi.json": _item({"GET": _described()}),
        "/": _item(_kept(methods(()), {"GET": _does("search-system", _SEARCH, "Bundle"), "POST": _processed()})),
        "/_search": _item(_kept(methods(("_search",)), {"POST": _posted("search-system-posted")})),
        "/_history": _item(_kept(methods(("_history",)), {"GET": _does("history-system", _HISTORY, "Bundle")})),
    }  # fmt: skip
    inside = {"GET": _does("search-compartment", _SEARCH, "Bundle")}
    found["/{compartment}/{id}/{inside}"] = _item(inside, "compartment", "id", "inside")
    posted = {"POST": _posted("search-compartment-posted")}
    found["/{compartment}/{id}/{inside}/_search"] = _item(posted, "compartment", "id", "inside")
    return found


def of_types(methods: Methods, sample: str, place: str, *, typed: bool = False) -> Json:
    """Paths of a type, or of all types at once: `place` is a name, or {type} with `sample` one of them.

    `typed` gives its search parameters and the schema of what is written.
    """
    tail = "" if place == "{type}" else f"-{place}"
    kind = sample if typed else ""
    above = ("type",) if place == "{type}" else ()
    read = "Content" if place == "Binary" else "Resource"
    found = (
        ("", (), _of_type(tail, kind)),
        ("/_search", ("_search",), {"POST": _posted(f"search-type-posted{tail}", kind)}),
        ("/_history", ("_history",), {"GET": _does(f"history-type{tail}", _HISTORY, "Bundle")}),
        ("/{id}", ("a",), _of_instance(tail, kind, read)),
        ("/{id}/_history", ("a", "_history"), {"GET": _does(f"history-instance{tail}", _HISTORY, "Bundle")}),
        ("/{id}/_history/{version}", ("a", "_history", "1"), {"GET": _does(f"vread{tail}", _LESS, read)}),
    )
    made: Json = {}
    for path, below, known in found:
        names = [*above, *(name for name in ("id", "version") if f"{{{name}}}" in path)]
        made[f"/{place}{path}"] = _item(_kept(methods((sample, *below)), known), *names)
    return made


def of_log(kind: str) -> Json:
    """The access log of a node: read and searched only."""
    return {
        f"/{kind}": _item({"GET": _does(f"search-type-{kind}", (*_WRITING, "_count", "criteria"), "Bundle")}),
        f"/{kind}/_search": _item({"POST": _posted(f"search-type-posted-{kind}")}),
        f"/{kind}/{{id}}": _item({"GET": _does(f"read-{kind}", _WRITING, "Resource")}, "id"),
    }


def of_operations(apart: Iterable[str]) -> Json:
    """Paths of the operations, at each level that they have. `apart` are the types whose paths are their own."""
    found: Json = {}
    for each in OPERATIONS:
        if each.system:
            found[f"/${each.code}"] = _item(_operated(each, ""))
        versions = each.instances if each.versions else NO
        for level, called, kinds in (
            ("", "", each.types),
            ("/{id}", "-instance", each.instances),
            ("/{id}/_history/{version}", "-version", versions),
        ):
            for place in ("{type}", *apart) if kinds is ANY else sorted(kinds):
                names = [name for name in ("type", "id", "version") if f"{{{name}}}" in f"{place}{level}"]
                tail = f"-{place.strip('{}')}{called}"
                found[f"/{place}{level}/${each.code}"] = _item(_operated(each, tail), *names)
    return found


def _item(operations: Mapping[str, Json], *path: str) -> Json:
    made: Json = {method.lower(): each for method, each in operations.items()}
    return {"parameters": [ref("parameters", name) for name in path]} | made if path else made


def _kept(there: Mapping[str, object], known: Mapping[str, Json]) -> Json:
    """What is described of the methods that are there; a method that nobody describes is a fault of this module."""
    if missing := set(there) - set(known):
        raise KeyError(f"not described: {missing}")
    return {method: known[method] for method in there}


def _does(
    name: str,
    parameters: Iterable[str],
    answer: str,
    *,
    also: Mapping[str, str] | None = None,
    body: Json | None = None,
) -> Json:
    """An operation of OpenAPI: its name, parameters, what 200 and other good answers are, and its body."""
    made: Json = {
        "operationId": name,
        "parameters": [ref("parameters", each) for each in parameters],
        "responses": {
            "200": ref("responses", answer),
            **{status: ref("responses", each) for status, each in (also or {}).items()},
            "4XX": ref("responses", "Refused"),
        },
    }
    return made | ({"requestBody": {"required": True, "content": body}} if body is not None else {})


def _of_type(tail: str, kind: str) -> Json:
    search = _does(f"search-type{tail}", _SEARCH, "Bundle")
    if kind:
        search["parameters"] += [criterion(each) for each in spec().params(kind).values()]
    return {
        "GET": search,
        "POST": _written(f"create{tail}", ("If-None-Exist",), kind, tail),
        "PUT": _written(f"update-conditional{tail}", ("If-Match", "criteria"), kind, tail),
        "PATCH": _patched(f"patch-conditional{tail}", ("If-Match", "criteria")),
        "DELETE": _deleted(f"delete-conditional{tail}", ("If-Match", "criteria")),
    }


def _of_instance(tail: str, kind: str, read: str) -> Json:
    conditions = ("If-None-Match", "If-Modified-Since")
    return {
        "GET": _does(f"read{tail}", (*_LESS, *conditions), read, also={"304": "Unchanged"}),
        "PUT": _written(f"update{tail}", ("If-Match", "If-None-Match"), kind, tail),
        "PATCH": _patched(f"patch{tail}", ("If-Match",)),
        "DELETE": _deleted(f"delete{tail}", ("If-Match",)),
    }


def _written(name: str, conditions: tuple[str, ...], kind: str, tail: str) -> Json:
    content = bodies(ref("schemas", kind or "Resource"))
    more: tuple[str, ...] = ()
    if tail == "-Binary":
        content, more = content | {"*/*": {}}, ("X-Security-Context",)
    parameters = (*_WRITING, "Prefer", *conditions, *more)
    return _does(name, parameters, "Written", also={"201": "Written"}, body=content)


def _patched(name: str, conditions: tuple[str, ...]) -> Json:
    content = {JSON_PATCH: {"schema": ref("schemas", "JsonPatch")}} | bodies(ref("schemas", "Parameters"))
    return _does(name, (*_WRITING, "Prefer", *conditions), "Written", body=content)


def _deleted(name: str, conditions: tuple[str, ...]) -> Json:
    return _does(name, (*_WRITING, "Prefer", *conditions), "Result", also={"204": "Deleted"})


def _posted(name: str, kind: str = "") -> Json:
    properties = {each: {"type": "string"} for each in spec().params(kind)} if kind else {}
    schema = {"type": "object", "properties": properties, "additionalProperties": {"type": "string"}}
    made = _does(name, _SEARCH, "Bundle", body={_FORM: {"schema": schema}})
    made["requestBody"]["required"] = False
    return made


def _processed() -> Json:
    return _does(
        "transaction-or-batch", (*_WRITING, "Prefer"), "Bundle", body=bodies(ref("schemas", "Requests"))
    )


def _described() -> Json:
    made = _does("openapi", (), "Result")
    made["responses"]["200"] = {"description": "This description", "content": {"application/json": {}}}
    made["parameters"] = [{"name": "_type", "in": "query", "schema": {"type": "string"}}]
    return made


def _operated(each: Operation, tail: str) -> Json:
    made: Json = {}
    if each.get:
        made["GET"] = _does(f"{each.code}{tail}-get", (*_LESS, "criteria"), "Result")
    if each.post:
        body = {FHIR_JSON: {"schema": ref("schemas", "Resource")}} | bodies(ref("schemas", "Parameters"))
        made["POST"] = _does(f"{each.code}{tail}", (*_LESS, "criteria"), "Result", body=body)
        made["POST"]["requestBody"]["required"] = False
    for operation in made.values():
        operation["responses"]["202"] = {
            "description": "It is being done; Content-Location says where to ask"
        }
        operation["responses"]["204"] = {"description": "It is done"}
    return made
