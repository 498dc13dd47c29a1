"""POST /hendelser on the platform: what changed in the registers for the patients a record system has on screen.

A long poll for systems (client credentials). Identity numbers stand in the body only.
"""

from collections.abc import Sequence
from math import isfinite

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub.watch import MOST, Changes, changes
from akson.fhir.strict_json import loads_any
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated
from akson.record.context import Place
from akson.rest.platform.serving import body, with_outcomes
from akson.security.actor import Kind
from akson.security.scopes import require_scope
from akson.store.record.events import Mark


def watch_routes(place: Place) -> list[BaseRoute]:
    """The route, for the platform node."""

    async def serve(request: Request) -> Response:
        actor = request.state.actor
        if actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, place.node)
        if actor.kind is not Kind.SYSTEM:
            raise NotAllowed("For systems only")
        pids, mark, wait = _asked(loads_any(await body(request)))
        return JSONResponse(_told(await changes(place, pids, mark, wait)))

    return [Route("/hendelser", with_outcomes(serve), methods=["POST"])]


def _asked(body: object) -> tuple[Sequence[str], Mark | None, float]:
    """Who, since when, how long to wait. Malformed when it is none of that."""
    if not isinstance(body, dict) or not isinstance(body.get("patients"), list):
        raise Malformed("patients must be a list of identity numbers", expression=("patients",))
    after, wait = body.get("after"), body.get("wait", 0)
    if len(body["patients"]) > MOST:
        raise Malformed(f"at most {MOST} patients in one call", expression=("patients",))
    if (
        not isinstance(wait, int | float)
        or not isfinite(wait)
        or not all(isinstance(pid, str) for pid in body["patients"])
    ):
        raise Malformed("wait is a number of seconds, patients are texts", expression=("wait",))
    try:
        mark = Mark(*(int(part) for part in after.split("."))) if after else None
    except (AttributeError, TypeError, ValueError) as error:
        raise Malformed("after is a mark that an earlier answer gave", expression=("after",)) from error
    return body["patients"], mark, float(wait)


def _told(found: Changes) -> dict[str, object]:
    mark = f"{found.mark.xid}.{found.mark.sequence}"
    return {
        "after": mark,
        "changes": [{"patient": each.pid, "reference": each.reference} for each in found.changes],
    }
