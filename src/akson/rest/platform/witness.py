"""Checkpoints of the access log over HTTP: a node's own for anyone to have, and the witness that it is of others.

`GET sjekkpunkt` and `GET vitne/{log}` need no token: they say how long a log is and what its root is, and nothing of
anybody. `POST vitne/add-checkpoint` is for systems (tlog-witness, C2SP).
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.edge import witness as edge
from akson.exchange.edge.witness import Published
from akson.exchange.hub import witness as hub
from akson.exchange.hub.witness import OtherSize
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated
from akson.record.context import Place
from akson.rest.platform.serving import body, with_outcomes
from akson.security import notes
from akson.security.actor import Kind
from akson.security.log_keys import LogKeys
from akson.security.scopes import require_scope

LIMIT = 20_000
"""Bytes of a body: a checkpoint and a proof."""
SIZE = "text/x.tlog.size"


def witness_routes(place: Place, keys: LogKeys) -> list[BaseRoute]:
    """The routes, for every node."""

    async def own(_request: Request) -> Response:
        return JSONResponse((await edge.latest(place, keys)).told())

    async def witness(_request: Request) -> Response:
        # By the checkpoint of its own log others learn to know a new key: the one before signs it too.
        return JSONResponse({"key": keys.witness().vkey, **await edge.own_checkpoint(place)})

    async def of_log(request: Request) -> Response:
        seen = await hub.published(place, request.path_params["log"])
        line = keys.signers()[0].seen(notes.read(seen.note).text, seen.moment)
        return JSONResponse(Published(seen.origin, seen.keys, f"{seen.note}{line}\n").told())

    async def add(request: Request) -> Response:
        actor = request.state.actor
        if actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, place.node, edge.RIGHT)
        if actor.kind is not Kind.SYSTEM:
            raise NotAllowed("For systems only")
        vkeys = [each for each in request.headers.get(edge.KEYS, "").split(",") if each.strip()]
        given = hub.offer(await _text(request), vkeys)
        try:
            line = await hub.countersign(place, keys, request.state.caller.client_id, given)
        except OtherSize as error:
            return Response(f"{error.size}\n", 409, media_type=SIZE)
        return PlainTextResponse(f"{line}\n")

    return [
        Route("/sjekkpunkt", with_outcomes(own)),
        Route("/vitne", with_outcomes(witness)),
        Route("/vitne/add-checkpoint", with_outcomes(add), methods=["POST"]),
        Route("/vitne/{log:path}", with_outcomes(of_log)),
    ]


async def _text(request: Request) -> str:
    try:
        return (await body(request, LIMIT)).decode()
    except UnicodeDecodeError as error:
        raise Malformed("the body is UTF-8") from error
