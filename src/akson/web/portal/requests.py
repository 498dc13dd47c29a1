"""Requests and reports between other services and health care about the citizen: what was asked and told, by whom, with its files."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange import cases, reported
from akson.exchange.hub import cooperating as hub
from akson.security.representation import RECORD
from akson.security.rules.partner_case import PARTY
from akson.web.dialogue import served
from akson.web.page import render
from akson.web.partner.cases import line
from akson.web.portal.citizen import person

BASE = "/anmodninger"


def request_routes() -> list[BaseRoute]:
    """Below the path of the portal."""
    return [
        Route(BASE, every),
        Route(BASE + "/{case}", one),
        Route(BASE + "/{case}/fil/{binary}", file),
    ]


async def every(request: Request) -> Response:
    """All of them, the newest first."""
    ctx = person(request, RECORD)
    found = [each for each in await hub.mine(ctx) if _between_services(each.case)]
    return render(request, "portal/requests.html", menu="information", items=[line(each) for each in found])


async def one(request: Request) -> Response:
    """One, with all that was told in it."""
    ctx = person(request, RECORD)
    found = await hub.one(ctx, request.path_params["case"])
    parties = [str(found.case[side].get("display", "")) for side in ("requester", "owner")]
    return render(
        request,
        "portal/request.html",
        menu="information",
        item=line(found),
        parties=parties,
        answers=reported.told(found.answers),
        said=cases.said(found.case),
    )


async def file(request: Request) -> Response:
    """A file of what was told."""
    ctx = person(request, RECORD)
    return served(await hub.file(ctx, request.path_params["case"], request.path_params["binary"]))


def _between_services(case: dict[str, object]) -> bool:
    """Whether a case has parties: an application to the municipality has a page of its own."""
    meta = case.get("meta")
    labels = meta.get("security", []) if isinstance(meta, dict) else []
    return any(each.get("system") == PARTY for each in labels)
