"""Less than the whole resource where the client asks for it: `_elements`, `_summary`.

http://hl7.org/fhir/R4/search.html#elements. Stored bytes go out as they are unless one of these is asked for.
"""

from collections.abc import Callable, Iterable

from akson.fhir import strict_json, subset
from akson.fhir.model import Resource
from akson.fhir.subset import Elements
from akson.kit.errors import UnsupportedParameter
from akson.rest.wire.http import Answer, Request

Shape = Callable[[bytes], bytes]

_SUMMARIES: dict[str, Callable[[Resource], Resource]] = {
    "true": subset.summary,
    "text": subset.text_only,
    "data": subset.without_text,
}
_OTHERS = frozenset({"false", "count"})


def shape(
    elements: Iterable[str], summary: str | None, kind: str = "", *, included: bool = False
) -> Shape | None:
    """What to do with each body; None when it goes out as stored.

    `kind` is the type that the names of elements are of, empty for several. Of what is only `included` in a search,
    names without a type say nothing. UnsupportedParameter for what is no element and no summary.
    """
    if summary is not None and summary not in _SUMMARIES and summary not in _OTHERS:
        known = ", ".join(sorted({*_SUMMARIES, *_OTHERS}))
        raise UnsupportedParameter(f"_summary is one of {known}")
    if summary == "count":
        raise UnsupportedParameter("_summary=count is for a search: here there is nothing to count")
    names = tuple(elements)
    if names:
        chosen = Elements(names, kind)
        return _over(lambda resource: chosen.of_type(resource, included=included))
    return _over(_SUMMARIES[summary]) if summary in _SUMMARIES else None


def _over(reduce: Callable[[Resource], Resource]) -> Shape:
    return lambda body: strict_json.dumps(reduce(strict_json.loads(body)))


def names_of(request: Request) -> tuple[str, ...]:
    """The elements that a request names."""
    return tuple(name.strip() for name in (request.parameter("_elements") or "").split(",") if name.strip())


def of_body(request: Request, body: bytes, kind: str = "") -> bytes:
    """The body of one resource as the request's parameters ask for it."""
    if not request.scope["query_string"]:
        return body
    reduce = shape(names_of(request), request.parameter("_summary"), kind)
    return reduce(body) if reduce else body


def of_answer(request: Request, answer: Answer) -> Answer:
    """The one resource that an operation answers with; a Bundle has been seen to, entry by entry."""
    if not request.scope["query_string"] or answer.status != 200 or not answer.body or answer.media:
        return answer
    reduce = shape(names_of(request), request.parameter("_summary"))
    if reduce is not None and not answer.body.startswith(b'{"resourceType":"Bundle"'):
        answer.body = reduce(answer.body)
    return answer
