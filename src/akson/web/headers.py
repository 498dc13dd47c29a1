"""Security headers on every page: no script or style but our own files, no framing, no trace of the address left.

Source: OWASP Secure Headers; the policy is the strictest under which the pages work (no inline script or style).
"""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FORM_ACTION = "form-action 'self'"
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

_RAW = [(name.encode(), told.encode()) for name, told in {**HEADERS, "cache-control": "no-store"}.items()]
"""As they are sent, what is not said by then."""


def policy_to(origins: Iterable[str]) -> str:
    """The policy of a page whose forms may lead on to these origins too: those of an approved app."""
    return POLICY.replace(FORM_ACTION, " ".join([FORM_ACTION, *sorted(origins)]))


class SecurityHeaders:
    """ASGI middleware: adds the headers, and keeps what is about people out of every cache."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message["headers"] = list(message["headers"])
                names = {name for name, _ in said}
                said += [pair for pair in _RAW if pair[0] not in names]
            await send(message)

        await self.app(scope, receive, send_with_headers)
