"""The short way to the FHIR API of a node, past the routes of its pages.

A read by another system takes so little else that a tenth of it went into finding the way. Behind it stand the same
authentication and the same API as behind the routes, and what goes wrong is told by the same page.
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akson.kit.errors import AksonError
from akson.web.error import show_error


class Straight:
    """ASGI middleware. `apis`: by the name of the node whose resources are below /<name>/fhir/."""

    def __init__(self, app: ASGIApp, apis: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._apis = apis

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        api = self._api(scope)
        if api is None:
            await self._app(scope, receive, send)
            return
        began = False

        async def noting(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await api(scope, receive, noting)
        except AksonError as error:
            if began:
                raise
            place = scope["root_path"].removesuffix("/fhir")  # where the pages of the node begin
            answer = await show_error(Request({**scope, "root_path": place}), error)
            await answer(scope, receive, send)

    def _api(self, scope: Scope) -> ASGIApp | None:
        """The API that the path is below, as a Mount would have set its place; not what stands there beside it."""
        if scope["type"] != "http":
            return None
        _, _, path = scope["path"].partition("/")
        name, _, rest = path.partition("/")
        if not rest.startswith("fhir/") or rest.startswith("fhir/."):
            return None
        api = self._apis.get(name)
        if api is not None:
            scope["root_path"] = f"{scope.get('root_path', '')}/{name}/fhir"
        return api
