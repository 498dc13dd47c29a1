"""How the trust anchor's endpoints are spoken to: forms without duplicates in, JSON or an OAuth error out."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.security.door_log import REFUSAL, TOLD, Doing, Happened
from akson.security.dpop import NonceNeeded
from akson.security.jose import BadToken
from akson.trust.provider import Provider

FORM = "application/x-www-form-urlencoded"
FORM_LIMIT = 100_000

Form = Mapping[str, str]
Handler = Callable[[Provider, Request, Form], Awaitable[dict[str, Any]]]


class OAuthError(AksonError):
    """An error as RFC 6749 5.2 writes it. `error` is the code, the text is for developers."""

    status = 400

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


def answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON that nobody keeps."""
    fixed = {"Cache-Control": "no-store"}
    return Response(json.dumps(body), status, {**fixed, **(headers or {})}, "application/json")


async def read_form(request: Request) -> Form:
    """The form of a request. OAuthError when it is not one, too long, or says a thing twice (RFC 6749 3.2)."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != FORM or int(request.headers.get("content-length") or 0) > FORM_LIMIT:
        raise OAuthError("invalid_request", f"send {FORM}, at most {FORM_LIMIT} bytes")
    async with request.form(max_files=0) as form:
        items = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if len({name for name, _ in items}) != len(items):
        raise OAuthError("invalid_request", "a parameter stands twice")
    return dict(items)


def endpoint(
    provider: Provider, handler: Handler, status: int = 200
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that answers JSON, with errors in OAuth's way and a fresh nonce where one is needed."""

    async def serve(request: Request) -> Response:
        try:
            return answer(await handler(provider, request, await read_form(request)), status)
        except NonceNeeded as error:
            return answer(_error(error), 400, {"DPoP-Nonce": provider.nonces.fresh()})
        except (BadToken, OAuthError) as error:
            log(Event.TOKEN_REFUSED, node=provider.node.name, error=error.error, reason=error.diagnostics)
            await turned_away(provider, request, error, Doing.TOKEN)
            return answer(_error(error), 401 if error.error == "invalid_client" else 400)

    return serve


async def turned_away(
    provider: Provider, request: Request, error: BadToken | OAuthError, doing: Doing
) -> None:
    """The row of somebody who is not signed in, or given no token; of whom it would have been, nothing is proven."""
    request.scope.setdefault("state", {})[REFUSAL] = TOLD
    reason = "reason.sign_in_refused" if doing is Doing.LOGIN else "reason.no_token"
    asked = f"{request.method} {request.url.path}"
    detail = f"{error.error}: {error.diagnostics}"
    await provider.door_log.note(Happened(doing, reason, detail=detail, asked=asked))


def required(form: Form, name: str) -> str:
    """A parameter that must be there. OAuthError when it is not."""
    if not form.get(name):
        raise OAuthError("invalid_request", f"{name} is missing")
    return form[name]


def _error(error: BadToken | OAuthError) -> dict[str, str]:
    return {"error": error.error, "error_description": error.diagnostics}
