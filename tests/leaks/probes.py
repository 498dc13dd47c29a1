"""Requests that try to find out what is hidden: for each type and each search parameter, in every form a search can take."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from akson.fhir.definitions import STANDARD
from akson.fhir.extract import extract
from akson.fhir.model import Resource
from akson.fhir.spec import spec
from tests.conformance.test_every_parameter import criterion, values
from tests.leaks.worlds import HERS, HIS, SECRET, kinds, name_of, secrets


@dataclass(frozen=True, slots=True)
class Probe:
    """A request, and the class of leaks it looks for (security.md 3.3)."""

    number: int
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


def asked() -> Iterator[tuple[str, str, str]]:
    """Type, parameter and value that find a secret resource, one for each parameter of each type."""
    told = set()
    for resource in secrets():
        kind = resource["resourceType"]
        for value in values(extract(resource)):
            found = criterion(value)
            if found is None or ":" in value.param or (kind, value.param) in told:
                continue
            told.add((kind, value.param))
            modifier, text = found
            yield kind, f"{value.param}:{modifier}" if modifier else value.param, text


def searches() -> Iterator[Probe]:
    """Every search parameter of every type, in every form."""
    for kind, param, text in asked():
        pair = urlencode({param: text})
        yield Probe(10, "GET", f"{kind}?{pair}")
        yield Probe(11, "GET", f"{kind}?{pair}&_summary=count")
        code = param.partition(":")[0]
        yield Probe(11, "GET", f"{kind}?{code}:missing=false&_total=accurate&_count=3")
        yield Probe(12, "GET", f"{kind}?{pair}&_count=1&_total=estimate")
        yield Probe(5, "GET", f"Patient?{urlencode({f'_has:{kind}:patient:{param}': text})}")
        if STANDARD.param(kind, code) and STANDARD.param(kind, code).type not in {"composite", "special"}:
            for sign in ("", "-"):
                yield Probe(10, "GET", f"{kind}?_sort={sign}{code}&_count=2")


def references() -> Iterator[Probe]:
    """Chains, includes and `_has` along every reference parameter."""
    for kind in kinds():
        for code, param in sorted(spec().params(kind).items()):
            if param.type != "reference":
                continue
            for target in [each for each in param.targets if each in kinds()][:2]:
                yield Probe(6, "GET", f"{kind}?{code}:{target}._text={SECRET}")
                yield Probe(6, "GET", f"{kind}?{code}={target}/{name_of(target, 'per')}&_total=accurate")
                yield Probe(7, "GET", f"{kind}?_include={kind}:{code}:{target}&_count=5")
                yield Probe(8, "GET", f"{target}?_revinclude={kind}:{code}&_count=5")
                yield Probe(5, "GET", f"{target}?_has:{kind}:{code}:_text={SECRET}")
                yield Probe(5, "GET", f"Patient?_has:{target}:patient:_has:{kind}:{code}:_tag={SECRET}")


def reads() -> Iterator[Probe]:
    """By id and version, histories, compartments, operations, and the rest of what a type can be asked."""
    for kind in kinds():
        hidden, open_ = f"{kind}/{name_of(kind, 'per')}", f"{kind}/{name_of(kind, 'ingrid')}"
        yield Probe(1, "GET", hidden)
        yield Probe(1, "HEAD", hidden)
        yield Probe(1, "GET", open_)
        yield Probe(2, "GET", f"{hidden}/_history/1")
        yield Probe(3, "GET", f"{hidden}/_history")
        yield Probe(3, "GET", f"{kind}/_history?_count=5")
        yield Probe(4, "GET", f"{kind}?_id={name_of(kind, 'per')}")
        yield Probe(4, "GET", f"{kind}?_id={name_of(kind, 'per')},{name_of(kind, 'ingrid')}&_total=accurate")
        yield Probe(4, "GET", f"{kind}?url={quote('urn:uuid:' + name_of(kind, 'per'))}")
        yield Probe(9, "GET", f"{kind}?_include=*&_include:iterate=*&_revinclude=*&_count=3")
        yield Probe(11, "GET", f"{kind}?_summary=count")
        yield Probe(12, "GET", f"{kind}?_count=1")
        yield Probe(13, "GET", f"{kind}?_elements=id,text&_tag={SECRET}")
        yield Probe(13, "GET", f"{kind}?_summary=text&_tag={SECRET},apen")
        filter_ = quote(f'_id eq "{name_of(kind, "per")}" or _id eq "{name_of(kind, "ingrid")}"')
        yield Probe(14, "GET", f"{kind}?_filter={filter_}")
        yield Probe(15, "GET", f"{kind}?_text={SECRET}&_total=accurate")
        yield Probe(15, "GET", f"{kind}?_content={SECRET}")
        yield Probe(16, "GET", f"{kind}?_list={name_of('List', 'per')}")
        yield Probe(17, "GET", f"Patient/per/{kind}?_total=accurate")
        yield Probe(17, "GET", f"Patient/ingrid/{kind}?_text={SECRET}")
        yield Probe(17, "GET", f"Encounter/{name_of('Encounter', 'per')}/{kind}")
        yield Probe(23, "GET", hidden, {"if-none-match": 'W/"1"'})
        yield Probe(23, "GET", hidden, {"if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT"})
        yield Probe(20, "GET", f"{hidden}/$meta")
        yield Probe(20, "GET", f"{kind}/$meta")
        yield Probe(36, "GET", f"{hidden}/$validate")
        yield Probe(36, "POST", f"{kind}/$validate", body=HIS.resource(kind))


def whole() -> Iterator[Probe]:
    """What is asked of the node or of a person as a whole."""
    for number, path in (
        (1, "Patient/per"), (18, "Patient/per/$everything"), (18, "Patient/ingrid/$everything"),
        (18, "Patient/$everything"), (18, f"Encounter/{name_of('Encounter', 'per')}/$everything"),
        (20, "Observation/$lastn?patient=per"), (20, "Observation/$lastn?patient=ingrid,per"), (20, "Patient/$match"),
        (20, "$graph"), (35, "$graphql?query={Patient{id}}"), (3, "_history?_count=20"), (4, "?_id=per-observation"),
        (12, "?_type=Observation,Condition&_count=2"), (12, "?_type=Observation,Condition&_sort=-date&_count=2"),
        (29, f"Composition/{name_of('Composition', 'per')}/$document"),
        (29, f"Composition/{name_of('Composition', 'ingrid')}/$document"), (19, "$export"), (19, "Patient/$export"),
        (19, f"Group/{name_of('Group', 'per')}/$export"), (20, "$meta"), (32, "AuditEvent"), (32, "AuditEvent?patient=per"),
        (32, f"Provenance?target=Observation/{name_of('Observation', 'per')}"), (36, "metadata"),
        (33, f"Subscription?criteria={SECRET}"), (30, "Binary/per-binary"), (20, "Task/$reported?patient=per"),
        (20, "Task/$reported?patient=ingrid&code=helsefag"), (20, "Task/$reported?patient=ingrid&code=administrativt"),
    ):  # fmt: skip
        yield Probe(number, "GET", path)


def writes() -> Iterator[Probe]:
    """Writes as questions: each is refused, or does the same whether the secret is there or not."""
    for kind in kinds():
        hidden = name_of(kind, "per")
        new = HERS.resource(kind) | {"id": f"new-{kind.lower()}"}
        without = {name: value for name, value in new.items() if name != "id"}
        yield Probe(21, "POST", kind, {"if-none-exist": f"_id={hidden}"}, without)
        yield Probe(21, "PUT", f"{kind}?_tag={SECRET}", body=without)
        yield Probe(21, "DELETE", f"{kind}?_tag={SECRET}")
        patch = [{"op": "add", "path": "/language", "value": "nb"}]
        yield Probe(
            21, "PATCH", f"{kind}?_tag={SECRET}", {"content-type": "application/json-patch+json"}, patch
        )
        yield Probe(21, "PATCH", f"{kind}/{hidden}", {"content-type": "application/json-patch+json"}, patch)
        yield Probe(22, "POST", "", body=_transaction(new, f"{kind}?_tag={SECRET}"))
        yield Probe(
            24, "PUT", f"{kind}/{hidden}", {"if-match": 'W/"1"'}, HERS.resource(kind) | {"id": hidden}
        )
        yield Probe(24, "DELETE", f"{kind}/{hidden}", {"if-match": 'W/"7"'})
        yield Probe(25, "DELETE", f"{kind}/{hidden}")
        yield Probe(26, "PUT", f"{kind}/{hidden}", body=HERS.resource(kind) | {"id": hidden})
        yield Probe(27, "POST", kind, body=without)


def _transaction(resource: Resource, condition: str) -> Resource:
    """A create that refers to what a condition finds."""
    note = {"resourceType": "Basic", "code": {"text": "x"}, "subject": {"reference": condition}}
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": note, "request": {"method": "POST", "url": "Basic"}}],
    }
