"""Who is in the teams around the citizen, and taking another service out of one."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import taking_part
from akson.exchange.hub import taking_part as hub
from akson.security.representation import PRIVACY, RECORD
from akson.web.context import find
from akson.web.page import render
from akson.web.portal.citizen import person

BASE = "/team"


def team_routes() -> list[BaseRoute]:
    """Below the path of the portal."""
    return [Route(BASE, teams), Route(BASE + "/{team}/ut", leave, methods=["POST"])]


async def teams(request: Request) -> Response:
    """The teams with their members; other services are told apart."""
    ctx = person(request, RECORD)
    part = taking_part.teams().part(taking_part.TEAM)
    pairs = [("patient", f"Patient/{ctx.actor.patient}"), *part.pairs, ("_count", "100")]
    found = [each for each in await find(ctx, part.type, *pairs) if taking_part.is_open(each)]
    acts = ctx.actor.acts_for
    return render(
        request,
        "portal/team.html",
        menu="information",
        teams=[(each["id"], each.get("name", ""), taking_part.members(each)) for each in found],
        may=acts is None or PRIVACY in acts.areas,
        gone=request.query_params.get("ute", ""),
    )


async def leave(request: Request) -> Response:
    """A service is in the team no more."""
    ctx = person(request, PRIVACY)
    form = await request.form()
    await hub.leave(ctx, request.path_params["team"], str(form.get("hvem", "")))
    return RedirectResponse(f"{request.scope['root_path']}{BASE}?ute=ja", 303)
