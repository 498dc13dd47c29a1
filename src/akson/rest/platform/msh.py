"""The platform's message API over HTTP, mounted at /samhandling/msh/api/v2 (shape: MSH API v2, Norsk helsenett)."""

import asyncio
import time
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
from akson.messaging import digest, msh, together
from akson.messaging.transport import DAMAGED
from akson.rest.platform.serving import body
from akson.store.database.bells import Bells
from akson.store.database.pool import Tx

Enter = Callable[[Request], AbstractAsyncContextManager[tuple[Tx, msh.Caller]]]
"""Checks the request's token, opens the transaction and tells which addresses the caller acts for."""

Handler = Callable[[Request, Tx, msh.Caller], Awaitable[Response]]
VALIDATION = 1000
"""Error code of the API for a request that does not fit its model."""
NOTHING = b"[]"
LONGEST = 20.0
"""Seconds that a list may wait for something to come."""
GATHER = 0.03
"""Seconds that it waits for more, when something has come."""
# Base64 takes a third more than the document, and the rest of the request is small.
BODY_LIMIT = msh.SEND_LIMIT * 4 // 3 + 10_000


@dataclass(frozen=True, slots=True)
class MessageApi:
    """The routes, with what they need from the node."""

    enter: Enter
    known: msh.Known
    bells: Bells
    """Those of the platform's database."""

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
            # Beside MSH API v2: see akson.messaging.together.
            ("/Together/Messages", "POST", self._post_together),
            ("/Together/Receipts", "POST", self._receipts_together),
            ("/Together/Read", "PUT", self._read_together),
        ]
        return [Route(path, self._within(handler), methods=[method]) for path, method, handler in handlers]

    def _within(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                answer = await self._patiently(request, handler)
            except AksonError as error:
                answer = _refused(error)
            answer.headers[digest.HEADER] = digest.of(bytes(answer.body))
            return answer

        return handle

    async def _patiently(self, request: Request, handler: Handler) -> Response:
        """The answer; where a list is empty and its reader would wait, the one that is given when something has come."""
        until = time.monotonic() + _patience(request)
        names = [msh.bell(her_id) for her_id in request.query_params.getlist("ReceiverHerIds")]
        while True:
            since = self.bells.count(names)
            async with self.enter(request) as (tx, caller):
                answer = await handler(request, tx, caller)
            left = until - time.monotonic()
            if left <= 0 or bytes(answer.body) != NOTHING or not await self.bells.heard(names, since, left):
                return answer
            await asyncio.sleep(GATHER)

    async def _list(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        query = request.query_params
        listing = msh.Listing(
            her_ids=tuple(_number(value) for value in query.getlist("ReceiverHerIds")),
            sender=_number(query.get("SenderHerId", "")),
            msg_id=query.get("BusinessDocumentId", ""),
            newest=query.get("OrderBy", "1") in ("2", "Descending"),
            limit=int(_number(query.get("MessagesToFetch", "10")) or 0),
            metadata=query.get("IncludeMetadata", "false").lower() == "true",
            documents=query.get("IncludeDocuments", "false").lower() == "true",
        )
        if listing.documents:
            return _json(await together.offered(tx, caller, listing))
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

    async def _post_together(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        return _items(await together.post_messages(tx, caller, await _body(request), self.known))

    async def _receipts_together(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        return _items(await together.post_receipts(tx, caller, await _body(request)))

    async def _read_together(self, request: Request, tx: Tx, caller: msh.Caller) -> Response:
        return _items(await together.read(tx, caller, await _body(request)))


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


def _json(found: Any) -> Response:
    return Response(orjson.dumps(found), media_type="application/json")


def _items(found: list[together.Said]) -> Response:
    return _json({"items": found})


def _patience(request: Request) -> float:
    """Seconds that the reader of a list would wait for something to come."""
    asked = request.query_params.get("Wait", "") if request.method == "GET" else ""
    return min(float(asked), LONGEST) if asked.isascii() and asked.isdigit() else 0


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
