"""Less than the whole resource: `_elements`, `_summary`.

http://hl7.org/fhir/R4/search.html#elements. Stored bytes go out as they are unless one of these is asked for.
"""

from collections.abc import Callable, Mapping

from akson.fhir import strict_json
from akson.fhir.spec import Element, spec
from akson.kit.errors import UnsupportedParameter
from akson.rest.http import Request

_ALWAYS = frozenset({"resourceType", "id", "meta"})
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_SUMMARIES = frozenset({"true", "false", "text", "data", "count"})

Shape = Callable[[bytes], bytes]


def shape(elements: tuple[str, ...], summary: str | None) -> Shape | None:
    """What to do with each body; None when it goes out as stored."""
    if summary not in _SUMMARIES and summary is not None:
        raise UnsupportedParameter(f"_summary is one of {', '.join(sorted(_SUMMARIES))}")
    if elements:
        chosen = frozenset(elements)
        return lambda body: _reduced(body, lambda e: e.name in chosen or e.min > 0)
    if summary == "text":
        return lambda body: _reduced(body, lambda e: e.name == "text" or e.min > 0)
    if summary == "data":
        return lambda body: _reduced(body, lambda e: e.name != "text")
    if summary == "true":
        return lambda body: _reduced(body, lambda e: e.summary)
    return None


def of_body(request: Request, body: bytes) -> bytes:
    """The body of one resource as the request's parameters ask for it."""
    if not request.scope["query_string"]:
        return body
    elements = tuple(e for e in (request.parameter("_elements") or "").split(",") if e)
    reduce = shape(elements, request.parameter("_summary"))
    return reduce(body) if reduce else body


def _reduced(body: bytes, keep: Callable[[Element], bool]) -> bytes:
    resource = strict_json.loads(body)
    table = spec().table(resource["resourceType"])
    keys = table.keys if table else {}
    made = {name: value for name, value in resource.items() if _kept(name, keys, keep)}
    meta = made.setdefault("meta", {})
    meta["tag"] = [*meta.get("tag", ()), _SUBSETTED]
    return strict_json.dumps(made)


def _kept(name: str, keys: Mapping[str, tuple[Element, str]], keep: Callable[[Element], bool]) -> bool:
    found = keys.get(name.removeprefix("_"))
    return name in _ALWAYS or found is None or keep(found[0])
