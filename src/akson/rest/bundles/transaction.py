"""transaction: all entries or none, in the order DELETE, POST, PUT and PATCH, GET whatever the order in the Bundle.

http://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime

import orjson

from akson.fhir.model import Resource
from akson.kit.clock import instant
from akson.kit.errors import AksonError, Conflict, Contended, Issue, VersionMismatch
from akson.record import gate
from akson.record.change import Change, Written
from akson.record.context import Context
from akson.rest.bundles import entry
from akson.rest.bundles.entry import Entry
from akson.rest.bundles.plan import Plan, at, prepare
from akson.rest.bundles.resolve import resolve
from akson.rest.interactions.written import done, unchanged
from akson.rest.wire import bundle
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_structure
from akson.rest.wire.outcome import resource_of
from akson.rest.wire.versions import etag, expected
from akson.security.actor import Action

Dispatch = Callable[[Context, Request], Awaitable[Answer]]

_WRITES = ({"POST"}, {"PUT", "PATCH"})
_OUTCOME = b'{"resourceType":"OperationOutcome"'
_REASONS = {200: "200 OK", 201: "201 Created", 204: "204 No Content", 304: "304 Not Modified"}


async def transaction(ctx: Context, request: Request, resource: Resource, dispatch: Dispatch) -> Answer:
    """200 with a transaction-response, its entries in the order of the request; or one error, and nothing done."""
    check_structure(resource)
    plan = Plan([entry.read(i, raw, request.base) for i, raw in enumerate(resource.get("entry", ()))])
    await prepare(ctx, plan, request.base)
    await resolve(ctx, plan, request.base)
    made: dict[str, bytes] = {}
    for item in plan.entries:
        if item.method == "DELETE":
            made[item.place] = await _delete(ctx, item, plan.deletes[item.place])
    made |= await _write(ctx, plan, request)
    for item in plan.entries:
        if item.reads:
            with at(item):
                made[item.place] = entry_of(await dispatch(ctx, inner(request, item)), item.method)
    return Answer(200, bundle.assemble("transaction-response", [made[item.place] for item in plan.entries]))


async def _delete(ctx: Context, item: Entry, ids: list[str]) -> bytes:
    response: Resource = {"status": _REASONS[204]}
    with at(item):
        if_match = expected(item.request.get("ifMatch"))
        for resource_id in ids:
            stored = await gate.delete(ctx, item.type, resource_id, if_match=if_match)
            if stored is not None and len(ids) == 1:
                response["etag"] = etag(stored.version)
    return bundle.response_entry(response)


async def _write(ctx: Context, plan: Plan, request: Request) -> dict[str, bytes]:
    """Creates before updates, all in one call, so that the store can take them in as a block."""
    items = [i for methods in _WRITES for i in plan.entries if i.method in methods and not i.reads]
    new = [i for i in items if i.place not in plan.matched and i.place not in plan.same]
    try:
        written = await gate.transact(ctx, [change_of(item, plan.versions.get(item.place)) for item in new])
    except (VersionMismatch, Conflict) as error:
        told = _raced(error, plan, new) if isinstance(error, VersionMismatch) else _exists(error, plan)
        if told is error:
            raise
        raise told from error
    found = {place: Written(stored, created=False, changed=False) for place, stored in plan.matched.items()}
    found |= {item.place: result for item, result in zip(new, written, strict=True)}
    for place, first in plan.same.items():
        found[place] = Written(found[first.place].stored, created=False, changed=False)
    wanted = request.prefer.get("return", "")
    return {place: written_entry(request.base, result, wanted) for place, result in found.items()}


def _raced(error: VersionMismatch, plan: Plan, items: list[Entry]) -> AksonError:
    """A patched resource that somebody else changed meanwhile is patched anew; what the client asked for stays asked."""
    asked = any("ifMatch" in item.request for item in items if item.place not in plan.patched)
    if asked or not plan.patched:
        return error
    return Contended("another transaction changed a resource to patch: try again")


def _exists(error: Conflict, plan: Plan) -> AksonError:
    """If-None-Match: * met a resource: a condition that does not hold (412), and no conflict."""
    unmet = {item.place for item in plan.entries if item.request.get("ifNoneMatch") == "*"}
    if any(place in unmet for issue in error.issues for place in issue.expression):
        return VersionMismatch(error.diagnostics, expression=error.issues[0].expression)
    return error


def change_of(item: Entry, if_match: int | None = None) -> Change:
    """The entry as the write that the gate takes."""
    is_new = item.method == "POST" or (item.is_fresh and not if_match)
    action = Action.CREATE if is_new else Action.UPDATE
    return Change(action, item.resource or {}, if_match, item.place)


def written_entry(base: str, result: Written, wanted: str) -> bytes:
    """What became of a write, as an entry of a response Bundle. `wanted` is what Prefer asks to have returned."""
    stored = result.stored
    response: Resource = {
        "status": _REASONS[201 if result.created else 200],
        "location": f"{stored.type}/{stored.id}/_history/{stored.version}",
        "etag": etag(stored.version),
        "lastModified": instant(stored.updated),
    }
    if not result.changed:
        response["outcome"] = _noted(unchanged(stored.version))
    elif wanted == "OperationOutcome":
        response["outcome"] = _noted(done(result))
    body = stored.body if wanted == "representation" else None
    return bundle.response_entry(response, body, f"{base}/{stored.type}/{stored.id}")


def inner(request: Request, item: Entry) -> Request:
    """The entry as a request of its own, with the headers that its Bundle gave it."""
    headers = item.headers
    headers["prefer"] = request.headers.get("prefer", "return=minimal")
    made = request.inner(item.method, item.url, headers, item.resource)
    if item.search:
        made.post_query()
    return made


def entry_of(answer: Answer, method: str = "GET") -> bytes:
    """An answer as an entry of a response Bundle, without its body for HEAD; what is told of a write is its outcome."""
    response: Resource = {"status": _REASONS.get(answer.status, str(answer.status))}
    for name in ("location", "etag"):
        if name in answer.headers:
            response[name] = answer.headers[name]
    if "last-modified" in answer.headers:
        response["lastModified"] = instant(parsedate_to_datetime(answer.headers["last-modified"]))
    if answer.note:
        response["outcome"] = _noted(answer.note)
    if method not in {"GET", "HEAD"} and answer.body.startswith(_OUTCOME):
        return bundle.response_entry(response | {"outcome": orjson.loads(answer.body)})
    return bundle.response_entry(response, None if method == "HEAD" else answer.body or None)


def _noted(note: str) -> Resource:
    return resource_of((Issue("informational", note, severity="information"),))
