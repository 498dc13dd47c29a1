"""Which foreign pages may read a node's answers: those of approved apps, on the paths that apps use; no others.

Cookies count for nothing there, so no answer allows credentials. Source: https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akson.apps import registry
from akson.store.database.pool import Database

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
ASKED = "Authorization, Content-Type, Accept, If-Match, If-None-Match, If-None-Exist, Prefer, X-Request-Id"
TOLD = "ETag, Location, Content-Location, Last-Modified, X-Request-Id, WWW-Authenticate"
KEEP = "600"
"""Seconds that a browser remembers what it was allowed."""


class Cors:
    """ASGI middleware around what a node serves. `paths`: full paths below which apps may ask."""

    def __init__(self, app: ASGIApp, database: Database, paths: tuple[str, ...]) -> None:
        self._app = app
        self._database = database
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not any(name == b"origin" for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin", "")
        if not origin or not self._concerns(scope["path"]) or not await self._known(origin):
            await self._app(scope, receive, send)
            return
        headers = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": TOLD,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Vary": "Origin",
        }
        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            asking = {
                "Access-Control-Allow-Methods": METHODS,
                "Access-Control-Allow-Headers": ASKED,
                "Access-Control-Max-Age": KEEP,
            }
            await Response(status_code=204, headers=headers | asking)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = MutableHeaders(scope=message)
                for name, value in headers.items():
                    told.add_vary_header(value) if name == "Vary" else told.__setitem__(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _concerns(self, path: str) -> bool:
        return any(path == each or path.startswith(f"{each}/") for each in self._paths)

    async def _known(self, origin: str) -> bool:
        async with self._database.transaction(read_only=True) as tx:
            return await registry.is_origin(tx, origin)
