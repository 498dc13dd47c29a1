"""How the trust anchor's endpoints are spoken to."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from akson.kit.log import Event, log
from akson.security.door_log import REFUSAL, TOLD, Doing, Happened
from akson.security.dpop import NonceNeeded
from akson.security.jose import BadToken
from akson.security.oauth import Form, OAuthError, answer, read_form, required
from akson.trust.provider import Provider

__all__ = ["Form", "Handler", "OAuthError", "answer", "endpoint", "read_form", "required"]

Handler = Callable[[Provider, Request, Form], Awaitable[dict[str, Any]]]


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
    refused = "reason.no_token" if isinstance(error, OAuthError) else "reason.bad_token"
    reason = "reason.sign_in_refused" if doing is Doing.LOGIN else refused
    asked = f"{request.method} {request.url.path}"
    detail = f"{error.error}: {error.diagnostics}"
    await provider.door_log.note(Happened(doing, reason, detail=detail, asked=asked))


def _error(error: BadToken | OAuthError) -> dict[str, str]:
    return {"error": error.error, "error_description": error.diagnostics}
