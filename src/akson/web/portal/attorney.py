"""Acting for others, and letting others act for oneself."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import attorney
from akson.record import representation
from akson.security.representation import PRIVACY, RECORD
from akson.web.page import render
from akson.web.portal.citizen import citizen

BASE = "/fullmakt"
AREAS = (RECORD, PRIVACY)


def attorney_routes() -> list[BaseRoute]:
    """The page, and what it sends."""
    return [
        Route(BASE, overview, methods=["GET"]),
        Route(BASE, give, methods=["POST"]),
        Route(f"{BASE}/ta-tilbake", take_back, methods=["POST"]),
    ]


async def overview(request: Request) -> Response:
    """Whom one may act for, and who may act for oneself."""
    return await _page(request)


async def give(request: Request) -> Response:
    """Let somebody close act for oneself."""
    ctx = citizen(request)
    form = await request.form()
    relative, areas = str(form.get("hvem", "")), frozenset(map(str, form.getlist("omraade")))
    if not relative or not areas:
        return await _page(request, wrong="attorney.wrong", status=422)
    await attorney.give(ctx, relative, areas)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}", 303)


async def take_back(request: Request) -> Response:
    """Nobody acts by a power of attorney from now on."""
    await attorney.take_back(citizen(request), str((await request.form()).get("id", "")))
    return RedirectResponse(f"{request.scope['root_path']}{BASE}", 303)


async def _page(request: Request, *, wrong: str = "", status: int = 200) -> Response:
    ctx = citizen(request)
    powers = await attorney.given(ctx)
    return render(
        request,
        "portal/attorney.html",
        status=status,
        menu="privacy",
        charges=await representation.of(ctx.tx, ctx.actor.pid),
        powers=[each for each in powers if each.withdrawn is None],
        relatives=await attorney.close_to(ctx),
        areas=AREAS,
        wrong=wrong,
    )
