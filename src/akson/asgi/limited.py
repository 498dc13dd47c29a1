"""What is sent to pages and to endpoints for small requests is small, whoever sends it: nobody fills the memory.

FHIR, DICOMweb, the message API and what carries files between systems take larger bodies and have limits of their own; a form with files is as
large as the files that it says it takes.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akson.kit.errors import TooLarge

LIMIT = 2_000_000
"""Bytes: the largest form is a long note, with each letter of it escaped."""
FILES, FILES_LIMIT = b"multipart/form-data", 30_000_000
"""A form with files, and its bytes: five of the largest."""
LARGER = frozenset({"fhir", "msh", "samarbeid", "samtale", "dicomweb"})
"""What stands below a node's name and has a limit of its own."""


class Limited:
    """ASGI middleware. TooLarge where the body is read, once it is too large; what is not read is nobody's burden."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_larger(scope["path"]):
            await self._app(scope, receive, send)
            return
        size, limit = 0, _limit(scope)

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise TooLarge(f"the request is larger than {limit} bytes")
            return message

        await self._app(scope, counted, send)


def _is_larger(path: str) -> bool:
    return not LARGER.isdisjoint(path.split("/", 3)[2:3])


def _limit(scope: Scope) -> int:
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return FILES_LIMIT if kind.strip().lower().startswith(FILES) else LIMIT
