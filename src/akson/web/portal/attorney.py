"""Acting for others, and letting others act for oneself."""

from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import attorney
from akson.kit import clock
from akson.kit.clock import now
from akson.kit.errors import Unprocessable
from akson.record import representation
from akson.security.representation import PRIVACY, RECORD
from akson.web.page import render
from akson.web.portal.citizen import citizen
from akson.web.portal.privacy_words import end_of_day

BASE = "/fullmakt"
AREAS = (RECORD, PRIVACY)
USUAL = timedelta(days=365)
"""How long a power of attorney lasts unless another day is chosen."""


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
    """Let somebody close act for oneself; the page with what is wrong, as it was filled in, where that cannot be."""
    ctx = citizen(request)
    form = await request.form()
    given = {"hvem": str(form.get("hvem", "")), "til": str(form.get("til", "")).strip()}
    areas = frozenset(map(str, form.getlist("omraade")))
    until, is_day = end_of_day(given["til"])
    if not given["hvem"] or not areas:
        return await _page(request, given, areas, wrong="attorney.wrong")
    if until is None or not is_day:
        return await _page(request, given, areas, wrong="attorney.wrong_until")
    try:
        await attorney.give(ctx, given["hvem"], areas, until)
    except Unprocessable as error:
        key = {"until": "attorney.wrong_until", "holder": "attorney.wrong_age"}.get(
            error.issues[0].expression[0], ""
        )
        if not key:
            raise
        return await _page(request, given, areas, wrong=key)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}", 303)


async def take_back(request: Request) -> Response:
    """Nobody acts by a power of attorney from now on."""
    await attorney.take_back(citizen(request), str((await request.form()).get("id", "")))
    return RedirectResponse(f"{request.scope['root_path']}{BASE}", 303)


async def _page(
    request: Request,
    given: dict[str, str] | None = None,
    chosen: frozenset[str] = frozenset(),
    *,
    wrong: str = "",
) -> Response:
    ctx = citizen(request)
    powers = await attorney.given(ctx)
    received = await attorney.received(ctx)
    return render(
        request,
        "portal/attorney.html",
        status=422 if wrong else 200,
        menu="privacy",
        charges=await representation.of(ctx.tx, ctx.actor.pid),
        powers=[each for each in powers if each.end > now()],
        ended=[each for each in powers if each.end <= now()],
        received=received,
        moment=now(),
        last=lambda power: last_day(power.end),
        relatives=await attorney.close_to(ctx),
        may_give=await representation.may_give(ctx.tx, ctx.actor.pid),
        areas=AREAS,
        chosen=chosen,
        given=given or {"hvem": "", "til": (clock.today() + USUAL).isoformat()},
        wrong=wrong,
    )


def last_day(end: datetime) -> date:
    """The last day on which a power holds, or on which it ended."""
    return clock.day_of(end - timedelta(seconds=1))
