"""A request given to the application as a server of HTTP gives it, and its answer taken piece by piece."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from akson.rest.wire.http import App

Take = Callable[[bytes], Awaitable[None]]


@dataclass(slots=True)
class Told:
    """The answer. `body` is empty where somebody takes the pieces as they come."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


async def ask(
    app: App,
    path: str,
    *,
    method: str = "GET",
    query: bytes = b"",
    headers: Mapping[bytes, bytes] | None = None,
    body: bytes = b"",
    leaves: bool = False,
    take: Take | None = None,
) -> Told:
    """What the application answers; the client `leaves` before all of the body has come."""
    told = Told()
    messages = _messages(body, leaves=leaves)

    async def receive() -> dict[str, Any]:
        return await anext(messages)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.status, told.headers = message["status"], list(message["headers"])
        elif (piece := message.get("body", b"")) and take is not None:
            await take(piece)
        else:
            told.body += piece

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": list((headers or {}).items()),
    }
    await app(scope, receive, send)
    return told


async def _messages(body: bytes, *, leaves: bool) -> AsyncIterator[dict[str, Any]]:
    yield {"type": "http.request", "body": body, "more_body": leaves}
    while True:
        yield {"type": "http.disconnect"}
