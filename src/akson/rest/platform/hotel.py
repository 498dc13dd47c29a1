"""POST /hotell on the platform: a record system tells what it has written and taken away, for the data hotel.

For systems whose token has the scope `akson:<platform>/hotell`; the copies are those of the system that the token is of.
Identity numbers stand in the body only.
"""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from akson.documents.mhd import Source
from akson.exchange.hub import hotel
from akson.exchange.hub.hotel import MOST, News
from akson.fhir.strict_json import loads
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated
from akson.record.context import Place
from akson.rest.platform.serving import body, with_outcomes
from akson.rest.wire.incoming import check_structure
from akson.security.actor import Kind
from akson.security.scopes import require_scope

RIGHT = "hotell"
LIMIT = 20_000_000
"""Bytes of one telling."""


def hotel_routes(place: Place, sources: Sequence[Source]) -> list[BaseRoute]:
    """The route, for the platform node."""

    async def serve(request: Request) -> Response:
        actor = request.state.actor
        if actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, place.node, RIGHT)
        if actor.kind is not Kind.SYSTEM:
            raise NotAllowed("For systems only")
        source = hotel.source_of(sources, actor.client_id)
        taken = await hotel.take(place, source, _news(loads(await body(request, limit=LIMIT))))
        return JSONResponse({"copied": taken.copied, "retell": taken.retell})

    return [Route("/hotell", with_outcomes(serve), methods=["POST"])]


def _news(told: dict[str, Any]) -> News:
    changed, people = told.get("changed", []), told.get("people", {})
    if not isinstance(changed, list) or len(changed) > MOST:
        raise Malformed(f"changed is a list of at most {MOST} resources", expression=("changed",))
    if not isinstance(people, dict) or not all(isinstance(each, str) for each in people.values()):
        raise Malformed("people are identity numbers by ids of Patients", expression=("people",))
    for resource in changed:
        check_structure(resource)
        if "id" not in resource:
            raise Malformed("A resource that is told of has an id", expression=("changed",))
    return News(
        changed,
        _texts(told, "gone"),
        people,
        _texts(told, "withheld"),
        _inventory(told.get("inventory", {})),
        whole=told.get("whole") is True,
    )


def _inventory(found: object) -> dict[int, list[str]]:
    try:
        return {int(pat): _texts({"inventory": names}, "inventory") for pat, names in dict(found).items()}  # type: ignore[call-overload]
    except (TypeError, ValueError) as error:
        raise Malformed(
            "inventory is references by numbers of Patients", expression=("inventory",)
        ) from error


def _texts(told: dict[str, Any], name: str) -> list[str]:
    found = told.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Malformed(f"{name} is a list of texts", expression=(name,))
    return found
