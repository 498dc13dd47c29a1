"""One entry of a transaction or batch, read and checked: what it asks for, before anything is done.

http://hl7.org/fhir/R4/bundle.html#transaction
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from akson.fhir.model import Resource
from akson.kit.errors import Malformed
from akson.rest.wire.incoming import ID, known_type

METHODS = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
"""In the order in which a transaction does them (R4 http.html#trules)."""
_HEADERS = {"ifMatch": "if-match", "ifNoneMatch": "if-none-match", "ifNoneExist": "if-none-exist"}
PATCHES = ("Binary", "Parameters")
"""What a patch is inside a Bundle: a JSON Patch as the data of a Binary, or a FHIRPath Patch."""


_TEXTS = frozenset({"fullUrl", "method", "url", "ifMatch", "ifNoneMatch", "ifNoneExist", "ifModifiedSince"})


@dataclass(slots=True)
class Entry:
    """A request inside a Bundle. `type` is empty where the url is not about one type; `id` where it names none."""

    place: str
    """Where it stands, e.g. Bundle.entry[3]."""
    method: str
    url: str
    """Relative to the base."""
    type: str
    id: str
    criteria: str
    """What follows the question mark."""
    full_url: str
    resource: Resource | None
    request: Resource
    operation: bool = False
    """The url ends with the name of an operation."""
    search: bool = False
    """It is a search that is posted."""
    is_fresh: bool = False
    """A conditional update that found nothing, and got a new id."""

    @property
    def reads(self) -> bool:
        """Whether it only looks; in a transaction that is done when all is written."""
        return self.method in {"GET", "HEAD"} or self.search

    @property
    def headers(self) -> dict[str, str]:
        """The conditions of the request as the headers that they stand for. Malformed for a moment outside all calendars."""
        found = {header: self.request[name] for name, header in _HEADERS.items() if name in self.request}
        if since := self.request.get("ifModifiedSince"):
            # An instant here, a date of HTTP there.
            try:
                moment = datetime.fromisoformat(since).astimezone(UTC)
            except OverflowError as error:
                where = (f"{self.place}.request.ifModifiedSince",)
                raise Malformed("The moment lies outside the calendar", expression=where) from error
            found["if-modified-since"] = format_datetime(moment, usegmt=True)
        return found


def read(position: int, raw: Resource, base: str) -> Entry:
    """Malformed, with the place, when the entry is no request that R4 knows."""
    place = f"Bundle.entry[{position}]"
    request = raw.get("request")
    if not isinstance(request, dict) or "method" not in request or "url" not in request:
        raise Malformed("An entry needs request.method and request.url", expression=(f"{place}.request",))
    _check_kinds(place, raw, request)
    method = request["method"]
    if method not in METHODS:
        raise Malformed(f"{str(method)[:16]} is not supported here", expression=(f"{place}.request.method",))
    url = _relative(request["url"], base, place)
    path, _, criteria = url.partition("?")
    parts = path.split("/") if path else []
    resource = raw.get("resource")
    entry = Entry(
        place=place,
        method=method,
        url=url,
        type=parts[0] if parts and not parts[0].startswith("_") else "",
        id=parts[1] if len(parts) == 2 and ID.fullmatch(parts[1]) else "",
        criteria=criteria,
        full_url=raw.get("fullUrl", ""),
        resource=resource,
        request=request,
        operation=bool(parts) and parts[-1].startswith("$"),
        search=method == "POST" and parts[-1:] == ["_search"],
    )
    if entry.search and resource is not None:
        raise Malformed("The criteria of a search stand in the url", expression=(f"{place}.resource",))
    if entry.search:
        return entry
    if method in {"POST", "PUT"} and not entry.operation:
        _check_write(entry, parts)
    elif method == "PATCH":
        _check_patch(entry, parts)
    elif method == "DELETE" and not (entry.id or (len(parts) == 1 and criteria)):
        raise Malformed("DELETE needs Type/id or Type?criteria", expression=(f"{place}.request.url",))
    return entry


def _check_kinds(place: str, raw: Resource, request: Resource) -> None:
    """A batch is read entry by entry before its structure is checked."""
    for name, value in (
        ("fullUrl", raw.get("fullUrl", "")),
        *((f"request.{key}", request[key]) for key in request),
    ):
        if name.rpartition(".")[2] in _TEXTS and not isinstance(value, str):
            raise Malformed(f"{name} is a text", expression=(f"{place}.{name}",))
    if not isinstance(raw.get("resource", {}), dict):
        raise Malformed("The resource of an entry is a JSON object", expression=(f"{place}.resource",))


def _relative(url: str, base: str, place: str) -> str:
    inner = url.removeprefix(base).lstrip("/")
    if "://" in inner.partition("?")[0]:
        raise Malformed("The url is not below this server's base", expression=(f"{place}.request.url",))
    return inner


def _check_patch(entry: Entry, parts: list[str]) -> None:
    at_url = (f"{entry.place}.request.url",)
    known_type(entry.type, expression=at_url)
    if not entry.id and not (len(parts) == 1 and entry.criteria):
        raise Malformed("PATCH needs Type/id or Type?criteria", expression=at_url)
    if entry.resource is None or entry.resource.get("resourceType") not in PATCHES:
        raise Malformed(
            f"PATCH needs a patch: {' or '.join(PATCHES)}", expression=(f"{entry.place}.resource",)
        )


def _check_write(entry: Entry, parts: list[str]) -> None:
    at_url, at_resource = (f"{entry.place}.request.url",), (f"{entry.place}.resource",)
    known_type(entry.type, expression=at_url)
    if entry.resource is None:
        raise Malformed(f"{entry.method} needs a resource", expression=at_resource)
    if entry.resource.get("resourceType") != entry.type:
        raise Malformed(f"The url says {entry.type}, the resource is of another type", expression=at_resource)
    if entry.method == "POST" and (len(parts) != 1 or entry.criteria):
        raise Malformed("POST needs a type as its url", expression=at_url)
    if entry.method == "PUT":
        if not entry.id and not (len(parts) == 1 and entry.criteria):
            raise Malformed("PUT needs Type/id or Type?criteria", expression=at_url)
        if entry.id and entry.resource.get("id") != entry.id:
            raise Malformed(
                "The id of the resource must be the id of the url", expression=(f"{at_resource[0]}.id",)
            )
