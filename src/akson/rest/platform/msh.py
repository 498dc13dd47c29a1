"""The platform's message API over HTTP, mounted at /samhandling/msh/api/v2 (shape: MSH API v2, Norsk helsenett)."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from akson.kit.errors import AksonError, Malformed
from akson.kit.ids import new_id
from akson.messaging import digest, msh
from akson.messaging.transport import DAMAGED
from akson.rest.platform.serving import body
from akson.store.database.pool import Tx

Enter = Callable[[Request], AbstractAsyncContextManager[tuple[Tx, msh.Caller]]]
"""Checks the request's token, opens the transaction and tells which addresses the caller acts for."""

Handler = Callable[[Request, Tx, msh.Caller], Awaitable[Response]]
VALIDATION = 1000
"""Error code of the API for a request that does not fit its model."""
# Base64 takes a third more than the document, and the rest of the request is small.
BODY_LIMIT = msh.SEND_LIMIT * 4 // 3 + 10_000


@dataclass(frozen=True, slots=True)
class MessageApi:
    """The routes, with what they need from the node."""

    enter: Enter
    known: msh.Known

    def routes(self) -> list[Route]:
        """All routes, relative to where they are mounted."""
        handlers: list[tuple[str, str, Handler]] = [
            ("/Messages", "GET", self._list),
            ("/Messages", "POST", self._post),
            ("/Messages/{id}", "GET", self._get),
            ("/Messages/{id}/business-document", "GET", self._document),
            ("/Messages/{id}/status", "GET", self._status),
            ("/Messages/{id}/apprec", "GET", self._apprec),
            ("/Messages/{id}/apprec/{her_id:int}", "POST", self._post_apprec),
            ("/Messages/{id}/read/{her_id:int}", "PUT", self._read),
            ("/Tallies/{day}", "PUT", self._tally),
        ]
        return [Route(path, self._within(handler), methods=[method]) for path, method, handler in handlers]

    def _within(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                async with self.enter(request) as (tx, caller):
                    answer = await handler(request, tx, caller)
            except AksonError as error:
                answer = _refused(error)
            answer.headers[digest.HEADER] = digest.of(bytes(answer.body))
            return answer

        return handle

    async def _list(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        query = request.query_params
        listing = msh.Listing(
            her_ids=tuple(_number(value) for value in query.getlist("ReceiverHerIds")),
            sender=_number(query.get("SenderHerId", "")),
            msg_id=query.get("BusinessDocumentId", ""),
            newest=query.get("OrderBy", "1") in ("2", "Descending"),
            limit=int(_number(query.get("MessagesToFetch", "10")) or 0),
            metadata=query.get("IncludeMetadata", "false").lower() == "true",
        )
        return JSONResponse(await msh.list_messages(tx, caller, listing))

    async def _post(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        id_ = await msh.post_message(tx, caller, await _body(request), self.known)
        return JSONResponse(id_, 201, {"Location": f"{request.url.path}/{id_}"})

    async def _get(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        return JSONResponse(await msh.get_message(tx, caller, request.path_params["id"]))

    async def _document(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        return JSONResponse(await msh.business_document(tx, caller, request.path_params["id"]))

    async def _status(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        return JSONResponse(await msh.status(tx, caller, request.path_params["id"]))

    async def _apprec(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        return JSONResponse(await msh.apprec_info(tx, caller, request.path_params["id"]))

    async def _post_apprec(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        path = request.path_params
        id_ = await msh.post_apprec(tx, caller, path["id"], str(path["her_id"]), await _body(request))
        return JSONResponse(id_, 201, {"Location": f"{request.url.path.rsplit('/', 3)[0]}/{id_}"})

    async def _read(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        await msh.mark_read(tx, caller, request.path_params["id"], str(request.path_params["her_id"]))
        return Response(status_code=204)

    async def _tally(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        found = await msh.exchange_tallies(tx, caller, request.path_params["day"], await _body(request))
        return JSONResponse(found)


class Damaged(Malformed):
    """A request whose content is not what its digest says: it is to be sent again."""


async def _body(request: Request) -> Any:
    content = await body(request, BODY_LIMIT)
    if not digest.fits(request.headers.get(digest.HEADER, ""), content):
        raise Damaged("the content does not fit its digest")
    try:
        return orjson.loads(content)
    except ValueError as error:
        raise msh.BadRequest("Model validation error occurred", "the request is not JSON") from error


def _number(value: str) -> str:
    if value and not (value.isascii() and value.isdigit() and len(value) <= 10):
        raise msh.BadRequest("Model validation error occurred", "a HER-id is a number")
    return value


def _refused(error: AksonError) -> Response:
    """ErrorMessage of the API."""
    is_malformed = isinstance(error, Malformed) or error.status in (413, 415, 422)
    code = DAMAGED if isinstance(error, Damaged) else VALIDATION if is_malformed else 0
    body = {
        "error": error.diagnostics,
        "errorCode": code,
        "validationErrors": list(getattr(error, "errors", ())) or None,
        "stackTrace": None,
        "requestId": new_id(),
    }
    return JSONResponse(body, 400 if error.status in (415, 422) else error.status)
