"""What an operation is given, a Parameters resource in the body or pairs of the query string, as one shape; and the
Parameters resource that it answers with.

http://hl7.org/fhir/R4/operations.html#request
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_structure
from akson.rest.wire.negotiate import check_content

Part = dict[str, Any]
"""A parameter of an answer, or a part of one."""
GENERAL = frozenset({"_format", "_pretty", "_summary", "_elements"})
"""About how the answer is written; no operation's own."""


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters of one call by name, in their order: plain values, elements, or resources."""

    values: dict[str, list[Any]]
    ignored: tuple[str, ...] = ()
    """Names of parameters that the operation does not have, where handling is lenient."""

    def all(self, name: str) -> list[Any]:
        return self.values.get(name, [])

    def one(self, name: str) -> Any:
        """The value, None when it was not given; Malformed when it was given several times."""
        found = self.all(name)
        if len(found) > 1:
            raise Malformed(f"The parameter {name} may be given once", expression=(f"Parameters.{name}",))
        return found[0] if found else None

    def text(self, name: str) -> str | None:
        """A parameter that is a string, code, uri, date or the like."""
        found = self.one(name)
        if found is not None and not isinstance(found, str):
            raise Malformed(f"The parameter {name} is a plain value", expression=(f"Parameters.{name}",))
        return found

    def texts(self, name: str) -> list[str]:
        """All values of a parameter that is a plain value and may be given several times."""
        found = self.all(name)
        if not all(isinstance(each, str) for each in found):
            raise Malformed(f"The parameter {name} is a plain value", expression=(f"Parameters.{name}",))
        return found

    def flag(self, name: str) -> bool | None:
        found = self.one(name)
        if found is None or isinstance(found, bool):
            return found
        if found in ("true", "false"):
            return bool(found == "true")
        raise Malformed(f"The parameter {name} is true or false", expression=(f"Parameters.{name}",))

    def whole(self, name: str) -> int | None:
        """A parameter that is a whole number from 0."""
        found = self.one(name)
        if found is None:
            return None
        if isinstance(found, bool) or not str(found).isdecimal() or len(str(found)) > 9:
            raise Malformed(f"The parameter {name} is a whole number", expression=(f"Parameters.{name}",))
        return int(found)


async def given(request: Request, known: Collection[str], *, resource: str = "") -> Given:
    """The parameters of a call: GET from the query string, POST from the body too.

    `resource` names the parameter that a bare resource in the body stands for, for an operation that takes only one
    resource. UnsupportedParameter for one that is not `known`, unless handling is lenient.
    """
    values: dict[str, list[Any]] = {}
    for name, value in request.pairs:
        if name not in GENERAL or name in known:
            values.setdefault(name, []).append(value)
    if request.method == "POST" and (request.resource is not None or await request.body()):
        for name, value in _of_body(await _body(request), resource):
            values.setdefault(name, []).append(value)
    return Given(values, unknown(request, values, known))


def unknown(request: Request, names: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """Those that the operation does not have. UnsupportedParameter when there are any, unless handling is lenient."""
    found = tuple(name for name in names if name not in known)
    if found and request.prefer.get("handling") != "lenient":
        name = found[0][:64]
        raise UnsupportedParameter(
            f"The operation has no parameter {name!r}", expression=(f"Parameters.{name}",)
        )
    return found


async def given_pairs(request: Request) -> list[tuple[str, str]]:
    """The parameters of a call as pairs of a query string, for an operation that takes search criteria."""
    pairs = list(request.pairs)
    if request.method == "POST" and (request.resource is not None or await request.body()):
        pairs += [(name, _as_text(name, value)) for name, value in _of_body(await _body(request), "")]
    return pairs


def _as_text(name: str, value: Any) -> str:
    """A plain value, the target of a Reference, or a Coding as a token."""
    if isinstance(value, dict) and isinstance(value.get("reference"), str):
        return str(value["reference"])
    if isinstance(value, dict) and "code" in value:
        return "|".join(value[part] for part in ("system", "code") if part in value)
    if isinstance(value, dict | list):
        raise Malformed(f"The parameter {name} is a plain value", expression=(f"Parameters.{name}",))
    return str(value)


async def _body(request: Request) -> Resource:
    if request.resource is not None:
        return request.resource
    check_content(request)
    found = strict_json.loads(await request.body())
    check_structure(found)
    return found


def _of_body(body: Resource, resource: str) -> Iterable[tuple[str, Any]]:
    if body["resourceType"] != "Parameters":
        if not resource:
            raise Malformed("The body of this operation is a Parameters resource", expression=("Resource",))
        yield resource, body
        return
    for part in body.get("parameter", ()):
        yield part["name"], value_of(part)


def value_of(part: Resource) -> Any:
    """The value of one parameter: a resource, a value[x], or the parts themselves."""
    if "resource" in part:
        return part["resource"]
    for key, value in part.items():
        if key.startswith("value"):
            return value
    return part.get("part", [])


def part(name: str, kind: str, value: Any) -> Part:
    """One parameter of an answer; `kind` as in value[x], e.g. String."""
    return {"name": name, f"value{kind}": value}


def parts(name: str, inner: Iterable[Part]) -> Part:
    """A parameter of an answer that has parts."""
    return {"name": name, "part": list(inner)}


def answer(found: Iterable[Part], status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """A Parameters resource, without `parameter` when there is none."""
    body: Resource = {"resourceType": "Parameters"}
    if parameters := list(found):
        body["parameter"] = parameters
    return Answer(status, strict_json.dumps(body), headers or {})
