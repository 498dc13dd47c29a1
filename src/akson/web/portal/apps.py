"""The citizen's own apps: what each may read of one's data, since when, when it was last used, and how to end it."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.apps import own
from akson.apps.own import Mine
from akson.apps.registry import App
from akson.kit.errors import NotFound
from akson.web.apps import wording
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal.citizen import citizen

BASE = "/apper"


@dataclass(frozen=True, slots=True)
class Line:
    """An app as the page shows it."""

    app: App
    may: list[str]
    since: datetime
    used: datetime | None
    goes_on: bool


def own_app_routes() -> list[BaseRoute]:
    """The page, and what it sends."""
    return [Route(BASE, every, methods=["GET"]), Route(f"{BASE}/avslutt", end, methods=["POST"])]


async def every(request: Request) -> Response:
    """GET /apper: the apps that have rights to one's data now."""
    return await _page(request)


async def end(request: Request) -> Response:
    """POST /apper/avslutt: an app has no rights from now on. One that has none any more is no error: that was wanted."""
    ctx = citizen(request)
    app_id = str((await request.form()).get("app", ""))
    try:
        await own.end(ctx, request.state.session.caller, app_id)
    except NotFound:
        app_id = ""
    return RedirectResponse(f"{request.scope['root_path']}{BASE}?avsluttet={app_id}", 303)


async def _page(request: Request) -> Response:
    ctx, language = citizen(request), language_of(request)
    found = await own.mine(ctx, request.state.session.caller)
    ended = await own.named(ctx, request.query_params.get("avsluttet", ""))
    return render(
        request,
        "portal/apps.html",
        menu="privacy",
        lines=[_line(each, language) for each in found],
        services=[
            (each, wording.lines(each.scope, language, wording.OFFICE)) for each in await own.services(ctx)
        ],
        ended=ended if ended and ended.id not in {each.app.id for each in found} else None,
    )


def _line(mine: Mine, language: str) -> Line:
    used = datetime.fromisoformat(mine.used) if mine.used else None
    may = wording.lines(mine.scope, language, wording.OWN)
    return Line(mine.app, may, datetime.fromisoformat(mine.since), used, mine.goes_on)
