"""transaction: all entries or none, in the order DELETE, POST, PUT and PATCH, GET whatever the order in the Bundle.

http://hl7.org/fhir/R4/http.html#transaction
"""

from collections.abc import Awaitable, Callable

from akson.fhir.model import Resource
from akson.kit.clock import instant
from akson.kit.errors import Contended, Issue, VersionMismatch
from akson.record import gate
from akson.record.change import Change, Written
from akson.record.context import Context
from akson.rest import bundle
from akson.rest.bundles import entry
from akson.rest.bundles.entry import Entry
from akson.rest.bundles.plan import Plan, at, prepare
from akson.rest.bundles.resolve import resolve
from akson.rest.http import Answer, Request
from akson.rest.incoming import check_structure
from akson.rest.outcome import resource_of
from akson.rest.versions import etag, expected
from akson.rest.written import unchanged
from akson.security.actor import Action

Dispatch = Callable[[Context, Request], Awaitable[Answer]]

_WRITES = ({"POST"}, {"PUT", "PATCH"})
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
            made[item.place] = await _delete(ctx, item)
    made |= await _write(ctx, plan, request)
    for item in plan.entries:
        if item.method in {"GET", "HEAD"}:
            with at(item):
                made[item.place] = entry_of(await dispatch(ctx, inner(request, item)))
    return Answer(200, bundle.assemble("transaction-response", [made[item.place] for item in plan.entries]))


async def _delete(ctx: Context, item: Entry) -> bytes:
    with at(item):
        stored = None
        if item.id:
            if_match = expected(item.request.get("ifMatch"))
            stored = await gate.delete(ctx, item.type, item.id, if_match=if_match)
    response = {"status": _REASONS[204]} | ({"etag": etag(stored.version)} if stored else {})
    return bundle.response_entry(response)


async def _write(ctx: Context, plan: Plan, request: Request) -> dict[str, bytes]:
    """Creates before updates, all in one call, so that the store can take them in as a block."""
    items = [i for methods in _WRITES for i in plan.entries if i.method in methods]
    new = [i for i in items if i.place not in plan.matched]
    try:
        written = await gate.transact(ctx, [_change(plan, item) for item in new])
    except VersionMismatch as error:
        if not plan.patched or any("ifMatch" in i.request for i in new if i.place not in plan.patched):
            raise
        raise Contended("another transaction changed a resource to patch: try again") from error
    found = {place: Written(stored, created=False, changed=False) for place, stored in plan.matched.items()}
    found |= {item.place: result for item, result in zip(new, written, strict=True)}
    full = request.prefer.get("return") == "representation"
    return {place: written_entry(request.base, result, full=full) for place, result in found.items()}


def _change(plan: Plan, item: Entry) -> Change:
    """The entry as a write; the result of a patch is written only over the version that was patched."""
    version = plan.patched.get(item.place)
    return change_of(item) if version is None else Change(Action.UPDATE, item.resource or {}, version)


def change_of(item: Entry) -> Change:
    """The entry as the write that the gate takes."""
    action = Action.CREATE if item.method == "POST" else Action.UPDATE
    with at(item):
        if_match = 0 if item.request.get("ifNoneMatch") == "*" else expected(item.request.get("ifMatch"))
    return Change(action, item.resource or {}, if_match)


def written_entry(base: str, result: Written, *, full: bool) -> bytes:
    """What became of a write, as an entry of a response Bundle."""
    stored = result.stored
    response: Resource = {
        "status": _REASONS[201 if result.created else 200],
        "location": f"{stored.type}/{stored.id}/_history/{stored.version}",
        "etag": etag(stored.version),
        "lastModified": instant(stored.updated),
    }
    if not result.changed:
        response["outcome"] = _noted(unchanged(stored.version))
    body = stored.body if full else None
    return bundle.response_entry(response, body, f"{base}/{stored.type}/{stored.id}")


def inner(request: Request, item: Entry) -> Request:
    """The entry as a request of its own, with the headers that its Bundle gave it."""
    names = {"ifMatch": "if-match", "ifNoneMatch": "if-none-match", "ifNoneExist": "if-none-exist"}
    headers = {header: item.request[name] for name, header in names.items() if name in item.request}
    if "ifModifiedSince" in item.request:
        headers["if-modified-since"] = item.request["ifModifiedSince"]
    headers["prefer"] = request.headers.get("prefer", "return=minimal")
    return request.inner(item.method, item.url, headers, item.resource)


def entry_of(answer: Answer) -> bytes:
    """An answer as an entry of a response Bundle."""
    response: Resource = {"status": _REASONS.get(answer.status, str(answer.status))}
    for name in ("location", "etag"):
        if name in answer.headers:
            response[name] = answer.headers[name]
    if answer.note:
        response["outcome"] = _noted(answer.note)
    return bundle.response_entry(response, answer.body or None)


def _noted(note: str) -> Resource:
    return resource_of((Issue("informational", note, severity="information"),))
