"""Requests between health care and other services over HTTP, for the parties' own systems: `POST /samarbeid` and `POST /samarbeid/{id}`.

The first takes a ServiceRequest and opens its case; the second a Task with the state that the case is to come to. Both answer with
the Task. What there is, is read over FHIR: `Task?code=...|anmodning`, with its ServiceRequest, Patient, Communications and Binaries.
Files are sent as contained DocumentReferences, each with one attachment (title, data); what a report says, as the first note.
"""

import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.documents import harmless
from akson.documents.harmless import File
from akson.exchange import cooperating, reported
from akson.exchange.cases import State
from akson.exchange.cooperating import ORDER, PROVISION, Asking
from akson.exchange.hub import cooperating as hub
from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated, Unprocessable
from akson.record.context import Context
from akson.record.identity import SYSTEMS
from akson.rest.platform.serving import Serve, body, with_outcomes
from akson.security.actor import Kind
from akson.security.scopes import require_scope
from akson.security.sharing import SCOPE

LIMIT = 4 * reported.MOST_FILES * harmless.LARGEST // 3 + 1_000_000
"""Bytes of one request: the files in base64, and the rest."""
Opens = Callable[[Request], AbstractAsyncContextManager[Context]]
"""The transaction of the one who asks."""


def cooperating_routes(opens: Opens) -> list[BaseRoute]:
    """The routes, for the platform node."""

    async def ask(request: Request) -> Response:
        asking = _asking(loads(await body(request, limit=LIMIT)))
        async with opens(request) as ctx:
            return as_json(await hub.ask(ctx, asking), 201)

    async def move(request: Request) -> Response:
        told = loads(await body(request, limit=LIMIT))
        words, files = " ".join(str(each.get("text", "")) for each in told.get("note", [])), _files(told)
        try:
            to = State(told.get("status", ""))
        except ValueError as error:
            raise Malformed("Task.status is no state of a case", expression=("Task.status",)) from error
        async with opens(request) as ctx:
            return as_json(await hub.move(ctx, request.path_params["case"], to, words, files))

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
    reasons, notes = told.get("reasonCode", []), told.get("note", [])
    return Asking(
        pid=str(whom.get("value", "")) if whom.get("system") in SYSTEMS else "",
        to=cooperating.number_of(performers[0]) if len(performers) == 1 else "",
        category=cooperating.code_of(told, ORDER),
        what=str(told.get("code", {}).get("text", "")),
        why=str(reasons[0].get("text", "")) if reasons else "",
        basis=cooperating.code_of(told, PROVISION),
        told=str(notes[0].get("text", "")) if notes else "",
        until=str(told.get("occurrencePeriod", {}).get("end", "")),
        files=_files(told),
    )


def _files(told: Resource) -> list[File]:
    """The files that a resource contains, looked through. Malformed for what is none, Unprocessable for what is not taken."""
    found = [each for each in told.get("contained", []) if each.get("resourceType") == "DocumentReference"]
    if len(found) > reported.MOST_FILES:
        raise Unprocessable(f"At most {reported.MOST_FILES} files", expression=("contained",))
    try:
        read = [each["content"][0]["attachment"] for each in found]
        pairs = [(str(each.get("title", "")), base64.b64decode(each["data"], validate=True)) for each in read]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Malformed(
            "A file is an attachment with title and data in base64", expression=("contained",)
        ) from error
    return [harmless.checked(*each) for each in pairs]


def as_json(resource: Resource, status: int = 200) -> Response:
    """A resource as an answer that nobody keeps."""
    headers = {"cache-control": "no-store"}
    return Response(dumps(resource), status, headers, "application/fhir+json")
