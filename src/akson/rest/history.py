"""history: versions, newest first, of one resource, of a type or of all. http://hl7.org/fhir/R4/http.html#history"""

from datetime import UTC, datetime
from urllib.parse import urlencode

from akson.kit.errors import Malformed, UnsupportedParameter
from akson.record import gate
from akson.record.context import Context
from akson.rest import bundle, subset
from akson.rest.http import Answer, Request
from akson.rest.incoming import check_id

_KNOWN = frozenset({"_since", "_count", "_cursor", "_format", "_pretty", "_summary", "_elements"})
_PAGE, _MAX_PAGE = 50, 1000


async def history(
    ctx: Context, request: Request, resource_type: str | None = None, resource_id: str | None = None
) -> Answer:
    """A Bundle of type history, one page; the link `next` leads on."""
    lenient = request.prefer.get("handling") == "lenient"
    unknown = [name for name, _ in request.pairs if name not in _KNOWN]
    if unknown and not lenient:
        raise UnsupportedParameter(f"History has no parameter {unknown[0][:64]!r}")
    since = request.parameter("_since")
    page = await gate.history(
        ctx,
        resource_type,
        check_id(resource_id) if resource_id else None,
        since=_moment(since) if since is not None else None,
        count=_count(request.parameter("_count")),
        cursor=request.parameter("_cursor"),
    )
    shape = subset.shape(subset.names_of(request), request.parameter("_summary"), resource_type or "")
    here = "/".join(part for part in (request.base, resource_type, resource_id, "_history") if part)
    own = [pair for pair in request.pairs if pair[0] in _KNOWN]
    links = [("self", _url(here, own))]
    if page.next:
        links.append(("next", _url(here, [p for p in own if p[0] != "_cursor"] + [("_cursor", page.next)])))
    entries = [bundle.version_entry(request.base, stored, shape) for stored in page.versions]
    made = bundle.assemble("history", entries, links=links)
    return Answer(200, made)


def _url(path: str, pairs: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _count(raw: str | None) -> int:
    if raw is None:
        return _PAGE
    if not raw.isdecimal() or len(raw) > 9:
        raise Malformed("_count is a whole number")
    return max(1, min(int(raw), _MAX_PAGE))


def _moment(raw: str) -> datetime:
    """A FHIR instant or date; a plus sign that was not escaped arrives as a blank."""
    try:
        moment = datetime.fromisoformat(raw.replace(" ", "+"))
    except ValueError as error:
        raise Malformed("_since is an instant, e.g. 2026-11-23T08:05:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
