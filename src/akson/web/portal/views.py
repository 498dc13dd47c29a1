"""The citizen's own pages: home, what is critical, referrals."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from akson.fhir.model import Resource
from akson.web import critical, show
from akson.web.context import find, inquiry_of, of_type
from akson.web.ehr import work
from akson.web.page import frame_of, render
from akson.web.portal.citizen import citizen
from akson.web.portal.papers import paper_routes
from akson.web.portal.seen import seen_routes

REFERRAL_STATUS = {
    "draft": ("portal.referral_draft", ""),
    "active": ("portal.referral_sent", "info"),
    "on-hold": ("portal.referral_waiting", "warning"),
    "completed": ("portal.referral_done", "success"),
    "revoked": ("portal.referral_stopped", ""),
}


def portal_routes() -> list[BaseRoute]:
    """The citizen portal, below its own path on the platform node."""
    return [
        Route("/", home),
        Route("/helse", health),
        Route("/henvisninger", referrals),
        *paper_routes(),
        *seen_routes(),
    ]


async def home(request: Request) -> Response:
    ctx = citizen(request)
    who = ("patient", f"Patient/{ctx.actor.patient}")
    questions = of_type(await find(ctx, "Task", ("owner", f"Patient/{ctx.actor.patient}"), work.OPEN), "Task")
    return _show(
        request,
        "portal/home.html",
        "home",
        visits=await work.visits(ctx, who),
        questions=[work.work(task, ctx.node) for task in questions],
        critical=await critical.of_register(ctx, ctx.actor.patient),
    )


async def health(request: Request) -> Response:
    """What is critical; the documents come as the systems answer."""
    ctx = citizen(request)
    return _show(
        request,
        "portal/health.html",
        "health",
        critical=await critical.of_register(ctx, ctx.actor.patient),
    )


async def referrals(request: Request) -> Response:
    """Referrals of all systems, each once, with how far it has come. As a part of a page when htmx asks."""
    citizen(request)
    if not frame_of(request).fragment:
        return _show(request, "portal/referrals.html", "referrals")
    found = await inquiry_of(request).referrals()
    # The receiver's copy names the sender's id; it comes last, for it knows best how far the referral has come.
    ordered = sorted(found.documents, key=lambda each: _same(each) != each["id"])
    once = {_same(each): _referral(each) for each in ordered}
    lines = sorted(once.values(), key=lambda each: each["when"], reverse=True)
    return _show(request, "portal/referral_list.html", "referrals", referrals=lines, missing=found.missing)


def _same(request: Resource) -> str:
    """What the sender's and the receiver's copy of a referral share: the sender's id."""
    named = [str(each.get("value", "")) for each in request.get("identifier", [])]
    own = str(request["id"])
    return next((name.removeprefix("urn:uuid:") for name in named if name.startswith("urn:uuid:")), own)


def _referral(request: Resource) -> dict[str, str]:
    status, tone = REFERRAL_STATUS.get(str(request.get("status", "")), ("portal.referral_sent", "info"))
    reasons = [show.concept(reason) for reason in request.get("reasonCode", [])]
    return {
        "to": ", ".join(filter(None, map(show.display, request.get("performer", [])))),
        "by": show.display(request.get("requester")),
        "why": ", ".join(filter(None, reasons)) or show.concept(request.get("code")),
        "when": str(request.get("authoredOn", "")),
        "status": status,
        "tone": tone,
    }


def _show(request: Request, template: str, menu: str, **values: Any) -> HTMLResponse:
    return render(request, template, menu=menu, **values)
