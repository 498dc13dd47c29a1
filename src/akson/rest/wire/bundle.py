"""Response Bundles, put together from stored bytes: no body is decoded on its way out.

http://hl7.org/fhir/R4/bundle.html
"""

from collections.abc import Iterable, Sequence

import orjson

from akson.fhir.model import Resource
from akson.kit.clock import instant, now
from akson.kit.ids import new_id
from akson.rest.wire.subset import Shape
from akson.rest.wire.versions import etag
from akson.store.record.resources import Stored

Link = tuple[str, str]


def assemble(
    kind: str, entries: Sequence[bytes], *, links: Iterable[Link] = (), total: int | None = None
) -> bytes:
    """A Bundle of a type from finished entries."""
    start = orjson.dumps(head(kind, links=links, total=total))
    if not entries:
        return start
    return b"".join((start[:-1], b',"entry":[', b",".join(entries), b"]}"))


def head(kind: str, *, links: Iterable[Link] = (), total: int | None = None) -> Resource:
    """A Bundle of a type without its entries."""
    made: Resource = {
        "resourceType": "Bundle",
        "id": new_id(),
        "meta": {"lastUpdated": instant(now())},
        "type": kind,
    }
    if total is not None:
        made["total"] = total
    relations = [{"relation": relation, "url": url} for relation, url in links]
    if relations:
        made["link"] = relations
    return made


def found_entry(base: bytes, stored: Stored, mode: bytes, shape: Shape | None) -> bytes:
    """An entry of a searchset."""
    place = b'{"fullUrl":"%s/%s/%s","resource":' % (base, stored.type.encode(), stored.id.encode())
    return place + (shape(stored.body) if shape else stored.body) + b',"search":{"mode":"%s"}}' % mode


def version_entry(base: str, stored: Stored, shape: Shape | None) -> bytes:
    """An entry of a history: how this version came about, and its content unless it is a deletion."""
    place = f"{stored.type}/{stored.id}"
    if stored.deleted:
        request, status = {"method": "DELETE", "url": place}, "204"
    elif stored.version == 1:
        request, status = {"method": "POST", "url": stored.type}, "201"
    else:
        request, status = {"method": "PUT", "url": place}, "200"
    rest = {
        "request": request,
        "response": {
            "status": status,
            "etag": etag(stored.version),
            "lastModified": instant(stored.updated),
        },
    }
    head = b'{"fullUrl":"%s/%s"' % (base.encode(), place.encode())
    if not stored.deleted:
        head += b',"resource":' + (shape(stored.body) if shape else stored.body)
    return head + b"," + orjson.dumps(rest)[1:]


def response_entry(response: Resource, body: bytes | None = None, full_url: str = "") -> bytes:
    """An entry of a transaction-response or batch-response."""
    parts = [b'"response":' + orjson.dumps(response)]
    if body:
        parts.insert(0, b'"resource":' + body)
    if full_url:
        parts.insert(0, b'"fullUrl":' + orjson.dumps(full_url))
    return b"{" + b",".join(parts) + b"}"


def outcome_entry(resource: Resource) -> bytes:
    """An entry of a searchset that says something of the search itself."""
    return orjson.dumps({"resource": resource, "search": {"mode": "outcome"}})
