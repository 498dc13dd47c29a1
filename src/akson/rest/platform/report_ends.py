"""The interfaces of registers for trying, over HTTP, mounted at /samhandling/register: claims as KUHR Krav API has them, and FHIR."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from akson.exchange.hub import report_ends
from akson.exchange.hub.report_ends import Practice
from akson.messaging.msh import Caller
from akson.rest.platform.msh import Enter
from akson.rest.platform.serving import body, with_outcomes
from akson.store.database.pool import Tx

BODY_LIMIT = 2_000_000
Handler = Callable[[Request, Tx, Caller], Awaitable[Response]]
FHIR = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class ReportEnds:
    """The routes, with what they need from the node."""

    enter: Enter
    practices: Callable[[Caller], Awaitable[Sequence[Practice]]]
    """Those of the caller's units that may send claims over the interface."""

    def routes(self) -> list[Route]:
        """All routes, relative to where they are mounted."""
        handlers: list[tuple[str, str, Handler]] = [
            ("/kuhr/data/praksis", "GET", self._practices),
            ("/kuhr/process/sendinnbehandlerkravmelding", "POST", self._claim),
            ("/kuhr/data/behandlerkravmelding", "GET", self._claims),
            ("/kuhr/data/behandlerkravmelding/{id}", "GET", self._claim_of),
            ("/kvalitetsregister/fhir", "POST", self._bundle),
            ("/kvalitetsregister/svar/{id}", "GET", self._answer),
        ]
        return [Route(path, self._within(handler), methods=[method]) for path, method, handler in handlers]

    def _within(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            async with self.enter(request) as (tx, caller):
                answer = await handler(request, tx, caller)
            answer.headers["cache-control"] = "no-store"
            return answer

        return with_outcomes(handle)

    async def _practices(self, _request: Request, _tx: Tx, caller: Caller) -> Response:
        return JSONResponse(report_ends.practices(await self.practices(caller)))

    async def _claim(self, request: Request, tx: Tx, caller: Caller) -> Response:
        raw = await body(request, BODY_LIMIT)
        return JSONResponse(await report_ends.claim(tx, caller, await self.practices(caller), raw))

    async def _claims(self, _request: Request, tx: Tx, caller: Caller) -> Response:
        return JSONResponse(await report_ends.claims_of(tx, caller))

    async def _claim_of(self, request: Request, tx: Tx, caller: Caller) -> Response:
        return JSONResponse(await report_ends.claim_of(tx, caller, request.path_params["id"]))

    async def _bundle(self, request: Request, tx: Tx, caller: Caller) -> Response:
        id_ = await report_ends.bundle(tx, caller, await body(request, BODY_LIMIT))
        # The asynchronous pattern of FHIR: taken now, with the address of the outcome (http://hl7.org/fhir/R4/async.html).
        place = f"{request.url.path.rpartition('/')[0]}/svar/{id_}"
        return Response(status_code=202, headers={"Content-Location": place})

    async def _answer(self, request: Request, tx: Tx, caller: Caller) -> Response:
        found = await report_ends.bundle_answer(tx, caller, request.path_params["id"])
        if found is None:
            return Response(status_code=202, headers={"Retry-After": "1"})
        return JSONResponse(found, media_type=FHIR)
