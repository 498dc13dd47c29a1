"""The platform's own pages: the message monitor."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.apps.keeping import keeps_apps
from akson.care import message_monitor
from akson.kit.clock import now
from akson.security.rules.access_log import PRIVACY_OFFICER
from akson.web.context import context
from akson.web.ehr import questions
from akson.web.page import render


def platform_routes() -> list[BaseRoute]:
    """The pages below the platform node's own path."""
    return [
        Route("/", monitor),
        Route("/meldinger/{message}", act, methods=["POST"]),
        Route("/logg/sporsmaal", questions.inbox, methods=["GET"]),
        Route("/logg/sporsmaal/{question}", questions.answer, methods=["POST"]),
    ]


async def monitor(request: Request) -> Response:
    """What needs a person first, then the traffic of the day."""
    ctx = context(request)
    if ctx.actor.role == PRIVACY_OFFICER:  # has nothing to do with messages
        return RedirectResponse(f"{request.scope.get('root_path', '')}/logg/sporsmaal", 303)
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
