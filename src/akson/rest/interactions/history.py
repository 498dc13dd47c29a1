"""history: versions, newest first, of one resource, of a type or of all. http://hl7.org/fhir/R4/http.html#history"""

from datetime import UTC, datetime, timedelta

from akson.fhir.precision import interval
from akson.kit.errors import Malformed, UnsupportedParameter
from akson.record import gate
from akson.record.context import Context
from akson.rest.wire import bundle, subset
from akson.rest.wire.addresses import address
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id
from akson.store.record.resources import HistoryOf

_KNOWN = frozenset({"_since", "_at", "_count", "_cursor", "_format", "_pretty", "_summary", "_elements"})
_PAGE, _MAX_PAGE = 50, 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def history(
    ctx: Context, request: Request, resource_type: str | None = None, resource_id: str | None = None
) -> Answer:
    """A Bundle of type history, one page; the link `next` leads on. With `_summary=count` or `_count=0` their number."""
    lenient = request.prefer.get("handling") == "lenient"
    unknown = [name for name, _ in request.pairs if name not in _KNOWN]
    if unknown and not lenient:
        raise UnsupportedParameter(f"History has no parameter {unknown[0][:64]!r}")
    of = _of(request, resource_type, check_id(resource_id) if resource_id else None)
    summary = request.parameter("_summary")
    here = "/".join(part for part in (request.base, resource_type, resource_id, "_history") if part)
    own = [pair for pair in request.pairs if pair[0] in _KNOWN]
    links = [("self", address(here, own))]
    if summary == "count" or of.count == 0:
        total = await gate.count_versions(ctx, of)
        return Answer(200, bundle.assemble("history", [], links=links, total=total))
    shape = subset.shape(subset.names_of(request), summary, resource_type or "")
    page = await gate.history(ctx, of)
    if page.next:
        links.append(
            ("next", address(here, [p for p in own if p[0] != "_cursor"] + [("_cursor", page.next)]))
        )
    entries = [bundle.version_entry(request.base, stored, shape) for stored in page.versions]
    return Answer(200, bundle.assemble("history", entries, links=links))


def _of(request: Request, resource_type: str | None, resource_id: str | None) -> HistoryOf:
    since, at = request.parameter("_since"), request.parameter("_at")
    return HistoryOf(
        resource_type,
        resource_id,
        since=_EPOCH + timedelta(microseconds=_time("_since", since)[0]) if since is not None else None,
        count=_count(request.parameter("_count")),
        cursor=request.parameter("_cursor"),
        at=_time("_at", at) if at is not None else None,
    )


def _count(raw: str | None) -> int:
    if raw is None:
        return _PAGE
    if not raw.isdecimal() or len(raw) > 9:
        raise Malformed("_count is a whole number")
    return min(int(raw), _MAX_PAGE)


def _time(name: str, raw: str) -> tuple[int, int]:
    """The interval that a FHIR date or instant stands for; a plus sign that was not escaped arrives as a blank."""
    try:
        return interval(raw.replace(" ", "+"))
    except ValueError as error:
        raise Malformed(f"{name} is a date or an instant, e.g. 2026-11-23T08:05:00Z") from error
