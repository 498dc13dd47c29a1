"""IHE MHD on the platform: Find Document References (ITI-67) and Retrieve Document (ITI-68) across all sources.

The identity number comes in the body of a POST, never in an address.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub.look import AskSource, DocumentLook
from akson.fhir.strict_json import dumps
from akson.kit.errors import Malformed, NotAuthenticated
from akson.record.identity import SYSTEMS
from akson.rest.platform.serving import Serve, with_outcomes
from akson.security.scopes import require_scope

FHIR_JSON = "application/fhir+json"

ForAsker = Callable[[Request], AskSource]
"""How the sources are asked on behalf of the one who sent this request."""

Opens = Callable[[Request, str], Awaitable[None]]
"""Raises unless the asker's token opens the person with this identity number; leaves the audit row."""


def mhd_routes(look: DocumentLook, asker: ForAsker, opens: Opens) -> list[BaseRoute]:
    """Routes to mount at /mhd."""

    async def find(request: Request) -> Response:
        form = await request.form()
        system, _, pid = str(form.get("patient.identifier", "")).partition("|")
        if system not in SYSTEMS or not pid:
            raise Malformed(
                "patient.identifier must be a national identity number", expression=("patient.identifier",)
            )
        await opens(request, pid)
        bundle = await look.find(asker(request), pid, str(form.get("_content", "")))
        return Response(dumps(bundle), media_type=FHIR_JSON)

    async def fetch(request: Request) -> Response:
        source, binary = request.path_params["source"], request.path_params["binary"]
        answer = await look.fetch(asker(request), source, binary)
        return Response(answer.content, media_type=FHIR_JSON)

    return [
        Route("/DocumentReference/_search", _answered(find), methods=["POST"]),
        Route("/Binary/{source}/{binary}", _answered(fetch), methods=["GET"]),
    ]


def _answered(view: Serve) -> Serve:
    """Only for those who are known; errors as OperationOutcome."""

    async def serve(request: Request) -> Response:
        if request.state.actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, request.state.node)
        return await view(request)

    return with_outcomes(serve)
