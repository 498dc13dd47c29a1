"""Requests between health care and other services over HTTP, for the parties' own systems: `POST /samarbeid` and `POST /samarbeid/{id}`.

The first takes a ServiceRequest and opens its case; the second a Task with the state that the case is to come to. Both answer with
the Task. What there is, is read over FHIR: `Task?code=...|anmodning`, with its ServiceRequest, Patient and Communications.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange import cooperating
from akson.exchange.cases import State
from akson.exchange.cooperating import ORDER, PROVISION, Asking
from akson.exchange.hub import cooperating as hub
from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated
from akson.record.context import Context
from akson.record.identity import SYSTEMS
from akson.rest.platform.serving import Serve, body, with_outcomes
from akson.security.actor import Kind
from akson.security.scopes import require_scope
from akson.security.sharing import SCOPE

Opens = Callable[[Request], AbstractAsyncContextManager[Context]]
"""The transaction of the one who asks."""


def cooperating_routes(opens: Opens) -> list[BaseRoute]:
    """The routes, for the platform node."""

    async def ask(request: Request) -> Response:
        asking = _asking(loads(await body(request)))
        async with opens(request) as ctx:
            return as_json(await hub.ask(ctx, asking), 201)

    async def move(request: Request) -> Response:
        told = loads(await body(request))
        words = " ".join(str(each.get("text", "")) for each in told.get("note", []))
        try:
            to = State(told.get("status", ""))
        except ValueError as error:
            raise Malformed("Task.status is no state of a case", expression=("Task.status",)) from error
        async with opens(request) as ctx:
            return as_json(await hub.move(ctx, request.path_params["case"], to, words))

    return [
        Route("/samarbeid", answered(ask), methods=["POST"]),
        Route("/samarbeid/{case}", answered(move), methods=["POST"]),
    ]


def answered(view: Serve) -> Serve:
    """A route for a party's own system, with the right to ask as one."""

    async def serve(request: Request) -> Response:
        actor = request.state.actor
        if actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, request.state.node, SCOPE)
        if actor.kind is not Kind.PARTNER:
            raise NotAllowed("For parties to requests")
        return await view(request)

    return with_outcomes(serve)


def _asking(told: Resource) -> Asking:
    if told.get("resourceType") != "ServiceRequest":
        raise Malformed("A ServiceRequest is needed", expression=("ServiceRequest",))
    whom = told.get("subject", {}).get("identifier", {})
    performers = told.get("performer", [])
    reasons = told.get("reasonCode", [])
    return Asking(
        pid=str(whom.get("value", "")) if whom.get("system") in SYSTEMS else "",
        to=cooperating.number_of(performers[0]) if len(performers) == 1 else "",
        category=cooperating.code_of(told, ORDER),
        what=str(told.get("code", {}).get("text", "")),
        why=str(reasons[0].get("text", "")) if reasons else "",
        basis=cooperating.code_of(told, PROVISION),
    )


def as_json(resource: Resource, status: int = 200) -> Response:
    """A resource as an answer that nobody keeps."""
    headers = {"cache-control": "no-store"}
    return Response(dumps(resource), status, headers, "application/fhir+json")
