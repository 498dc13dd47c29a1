"""What stays open: streams of server-sent events and websockets of one node."""

from akson.kit.errors import AksonError
from akson.record.context import Place
from akson.rest.subscriptions.address import address_of
from akson.rest.subscriptions.positions import Positions
from akson.rest.subscriptions.stream import EVENTS, is_stream, stream
from akson.rest.subscriptions.websocket import PATH, websocket
from akson.rest.wire.attempt import Door
from akson.rest.wire.http import App, Receive, Request, Scope, Send
from akson.rest.wire.outcome import error_answer


class Live:
    """The open connections of one node in this process."""

    def __init__(self, place: Place, door: Door) -> None:
        self._place = place
        self._door = door
        self._positions = Positions(place.database)

    def around(self, inner: App) -> App:
        """The application of all other requests, and these beside it."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "websocket":
                await self._socket(scope, receive, send)
            elif not scope["path"].endswith(EVENTS) or not await self._stream(scope, receive, send):
                await inner(scope, receive, send)

        return application

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Whether this was a stream: it is over by then."""
        request = Request(scope, receive, self._place.node.fhir, 0)
        if not is_stream(request):
            return False
        try:
            await stream(self._place, self._positions, self._door, request, (receive, send))
        except AksonError as error:
            await error_answer(error).send(send)
        return True

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.rstrip("/") == PATH:
            await websocket(self._place, self._positions, address_of(scope), (receive, send))
        else:
            await send({"type": "websocket.close", "code": 1000})
