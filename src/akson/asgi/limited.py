"""What is sent to pages and to endpoints for small requests is small, whoever sends it: nobody fills the memory.

FHIR, DICOMweb and the message API take larger bodies and have limits of their own.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akson.kit.errors import TooLarge

LIMIT = 2_000_000
"""Bytes: the largest form is a long note, with each letter of it escaped."""
LARGER = frozenset({"fhir", "msh", "dicomweb"})
"""What stands below a node's name and has a limit of its own."""


class Limited:
    """ASGI middleware. TooLarge where the body is read, once it is too large; what is not read is nobody's burden."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_larger(scope["path"]):
            await self._app(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LIMIT:
                raise TooLarge(f"the request is larger than {LIMIT} bytes")
            return message

        await self._app(scope, counted, send)


def _is_larger(path: str) -> bool:
    return not LARGER.isdisjoint(path.split("/", 3)[2:3])
