"""POST /hendelser/registre on the platform: what changed in the shared registers for the patients of a record system.

    {"after": "<cursor>" or null, "wait": seconds}  ->  {"after": "<cursor>", "again": false, "changes": [...]}

A long poll for systems whose token has the scope `akson:<platform>/hendelser`. Identity numbers stand in bodies only.
"""

from collections.abc import Sequence
from math import isfinite

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import zones
from akson.documents.mhd import Source
from akson.exchange.hub.changes import Cursor, Told, told
from akson.exchange.hub.hotel import source_of
from akson.fhir.strict_json import loads_any
from akson.kit.clock import instant
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated
from akson.record.context import Place
from akson.rest.platform.serving import body, with_outcomes
from akson.security.actor import Kind
from akson.security.scopes import require_scope

RIGHT = "hendelser"


def change_routes(place: Place, sources: Sequence[Source]) -> list[BaseRoute]:
    """The route, for the platform node."""

    async def serve(request: Request) -> Response:
        actor = request.state.actor
        if actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, place.node, RIGHT)
        if actor.kind is not Kind.SYSTEM:
            raise NotAllowed("For systems only")
        after, wait = _asked(loads_any(await body(request)))
        found = await told(place, source_of(sources, actor.client_id).slug, after, wait, zones.alarm)
        return JSONResponse(_words(found), headers={"cache-control": "no-store"})

    return [Route("/hendelser/registre", with_outcomes(serve), methods=["POST"])]


def _asked(asked: object) -> tuple[Cursor | None, float]:
    """From where, and how long to wait. Malformed when it is none of that."""
    if not isinstance(asked, dict):
        raise Malformed("The body is an object with after and wait")
    after, wait = asked.get("after"), asked.get("wait", 0)
    if not isinstance(wait, int | float) or not isfinite(wait):
        raise Malformed("wait is a number of seconds", expression=("wait",))
    if after is not None and not isinstance(after, str):
        raise Malformed("after is a cursor that an earlier answer gave", expression=("after",))
    return Cursor.of(after) if after else None, float(wait)


def _words(found: Told) -> dict[str, object]:
    changes = [
        {
            "number": each.number,
            "patient": each.pid,
            "service": each.service,
            "reference": each.reference,
            "version": each.version,
            "moment": instant(each.moment),
        }
        | ({"alarm": each.alarm} if each.alarm else {})
        for each in found.changes
    ]
    return {"after": str(found.after), "again": found.again, "changes": changes}
