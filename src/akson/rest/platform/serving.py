"""What the registers of the platform have in common: a system's token and its scope, JSON, and the feed of changes.

Identity numbers stand in bodies only; ids in addresses mean nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from akson.fhir.strict_json import loads_any
from akson.kit.clock import instant
from akson.kit.errors import AksonError, Malformed, NotAllowed, NotAuthenticated, NotFound, TooLarge
from akson.record.context import Context, Place, opened
from akson.record.registers import Register
from akson.rest.wire.outcome import error_answer
from akson.security.actor import Kind, Purpose
from akson.security.scopes import require_named
from akson.store.access import registers
from akson.store.access.registers import Happening

MOST, MOST_EVENTS = 100, 1000
"""People in one request, and events in one answer, as the national interfaces have it."""
BODY_LIMIT = 100_000
WHOLE_NUMBER = 18
"""Digits."""

Handler = Callable[[Request, Context], Awaitable[object]]
"""Answers with what becomes JSON."""
Serve = Callable[[Request], Awaitable[Response]]


def with_outcomes(serve: Serve) -> Serve:
    """The route with its errors as OperationOutcomes."""

    async def answered(request: Request) -> Response:
        try:
            return await serve(request)
        except AksonError as error:
            told = error_answer(error)
            return Response(told.body, told.status, told.headers, "application/fhir+json")

    return answered


def served(place: Place, path: str, scope: str, handler: Handler, method: str = "GET") -> Route:
    """A route for systems whose token has the scope."""

    async def answer(request: Request) -> Response:
        actor = request.state.actor
        if actor is None:
            raise NotAuthenticated("A token is needed")
        if actor.kind is not Kind.SYSTEM:
            raise NotAllowed("Registers are for systems")
        require_named(request.state.caller, scope)
        async with opened(place, actor, Purpose.ADMINISTRATION) as ctx:
            return JSONResponse(await handler(request, ctx), headers={"cache-control": "no-store"})

    return Route(path, with_outcomes(answer), methods=[method])


def feed(place: Place, path: str, scope: str, register: Register, name: str) -> list[Route]:
    """The changes of a register by their numbers, at `path` and the last of them at `path/latest`.

    `name` is what an event calls the id of its entry.
    """

    async def following(request: Request, ctx: Context) -> object:
        kinds = request.query_params.getlist("eventTypes") or None
        first = _number(request.query_params.get("sequenceNumber", "0"))
        found = await registers.events(ctx.tx, register, first, kinds=kinds, limit=MOST_EVENTS)
        return {"totalHits": len(found), "results": [_told(event, name) for event in found]}

    async def latest(_request: Request, ctx: Context) -> object:
        event = await registers.latest(ctx.tx, register)
        if event is None:
            raise NotFound("Nothing has happened in the register")
        return _told(event, name)

    return [served(place, path, scope, following), served(place, f"{path}/latest", scope, latest)]


def _told(event: Happening, name: str) -> dict[str, object]:
    moment = instant(event.moment)
    return {"sequenceNumber": event.sequence, "eventType": event.kind, "created": moment, name: event.id}


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= WHOLE_NUMBER):
        raise Malformed("sequenceNumber is a whole number", expression=("sequenceNumber",))
    return int(value)


async def form(request: Request, name: str, *, most: int = MOST) -> list[str]:
    """The values of one field of a form in the body: at least one, at most `most`."""
    pairs = parse_qsl((await body(request)).decode("utf-8", "replace"), max_num_fields=most + 10)
    return _several([value for key, value in pairs if key == name], name, most)


async def listed(request: Request, name: str) -> list[str]:
    """The values of one member of a JSON object in the body."""
    found = loads_any(await body(request))
    values = found.get(name) if isinstance(found, dict) else None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Malformed(f"{name} is a list of texts", expression=(name,))
    return _several(values, name, MOST)


def _several(values: Sequence[str], name: str, most: int) -> list[str]:
    if not 0 < len(values) <= most:
        raise Malformed(f"{name} is needed, at most {most} times", expression=(name,))
    return list(values)


async def body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """What was sent. TooLarge for more than `limit` bytes."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > limit:
            raise TooLarge(f"the request is larger than {limit} bytes")
    return bytes(raw)
