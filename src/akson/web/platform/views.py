"""The platform's own pages: the message monitor."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.care import message_monitor
from akson.web.context import context
from akson.web.page import render


def platform_routes() -> list[BaseRoute]:
    """The pages below the platform node's own path."""
    return [Route("/", monitor)]


async def monitor(request: Request) -> Response:
    """What needs a person first, then the traffic of the day."""
    ctx = context(request)
    return render(request, "platform/monitor.html", menu="messages", seen=await message_monitor.overview(ctx))
