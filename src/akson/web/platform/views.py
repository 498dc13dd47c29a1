"""The platform's own pages: the message monitor."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.apps.keeping import keeps_apps
from akson.care import message_monitor
from akson.kit.clock import now
from akson.web.context import context
from akson.web.page import render


def platform_routes() -> list[BaseRoute]:
    """The pages below the platform node's own path."""
    return [Route("/", monitor), Route("/meldinger/{message}", act, methods=["POST"])]


async def monitor(request: Request) -> Response:
    """What needs a person first, then the traffic of the day."""
    ctx = context(request)
    seen = await message_monitor.overview(ctx)
    return render(
        request, "platform/monitor.html", menu="messages", may_apps=keeps_apps(ctx.actor), seen=seen, at=now()
    )


async def act(request: Request) -> Response:
    """Offer a letter again, or note that somebody has seen to it."""
    ctx = context(request)
    form = await request.form()
    do = message_monitor.handle if form.get("do") == "handled" else message_monitor.offer_again
    await do(ctx, request.path_params["message"])
    return RedirectResponse(f"{request.scope.get('root_path', '')}/", 303)
