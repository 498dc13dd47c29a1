"""The citizen's own pages: what is critical, documents, referrals, and who has seen the record."""

from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import access_log
from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.kit.errors import NotAllowed
from akson.record.context import Context
from akson.security.actor import Kind
from akson.web import critical, show
from akson.web.context import context, find, of_type
from akson.web.ehr import rows, work
from akson.web.page import render

NEWS = timedelta(days=30)
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
        Route("/innsyn", who_has_seen),
    ]


async def home(request: Request) -> Response:
    ctx = _citizen(request)
    who = ("patient", f"Patient/{ctx.actor.patient}")
    looks = [look for look in await access_log.looks(ctx) if not look.oneself]
    questions = of_type(await find(ctx, "Task", ("owner", f"Patient/{ctx.actor.patient}"), work.OPEN), "Task")
    return _show(
        request,
        "portal/home.html",
        "home",
        visits=await work.visits(ctx, who),
        questions=[work.work(task, ctx.node) for task in questions],
        critical=await critical.of_register(ctx, ctx.actor.patient),
        referrals=await _referrals(ctx),
        seen=len({look.who for look in looks if look.last > now() - NEWS}),
    )


async def health(request: Request) -> Response:
    """What is critical, and the documents."""
    ctx = _citizen(request)
    who = ("patient", f"Patient/{ctx.actor.patient}")
    papers = await find(ctx, "DocumentReference", who, ("status", "current"), ("_sort", "-date"))
    return _show(
        request,
        "portal/health.html",
        "health",
        critical=await critical.of_register(ctx, ctx.actor.patient),
        documents=[rows.document(each, ctx.node) for each in of_type(papers, "DocumentReference")],
        missing=[],
        silent=False,
    )


async def referrals(request: Request) -> Response:
    ctx = _citizen(request)
    return _show(request, "portal/referrals.html", "referrals", referrals=await _referrals(ctx))


async def who_has_seen(request: Request) -> Response:
    ctx = _citizen(request)
    return _show(request, "portal/seen.html", "seen", looks=await access_log.looks(ctx))


async def _referrals(ctx: Context) -> list[dict[str, str]]:
    who = ("patient", f"Patient/{ctx.actor.patient}")
    found = await find(ctx, "ServiceRequest", who, ("_sort", "-authored"), ("_count", "50"))
    return [_referral(each) for each in of_type(found, "ServiceRequest")]


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


def _citizen(request: Request) -> Context:
    """The context of a citizen; NotAllowed for anyone else."""
    ctx = context(request)
    if ctx.actor.kind is not Kind.CITIZEN or not ctx.actor.patient:
        raise NotAllowed("the portal is for citizens")
    return ctx


def _show(request: Request, template: str, menu: str, **values: Any) -> HTMLResponse:
    return render(request, template, menu=menu, **values)
