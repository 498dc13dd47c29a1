"""The citizen's own pages: home, and what is critical."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import consent, partner
from akson.record import representation
from akson.record.context import Context
from akson.security.roles import RECORD
from akson.security.rules.attested_care import SHARED
from akson.security.topics import PRIVACY
from akson.web import critical
from akson.web.context import of_type, permitted, readable
from akson.web.critical import Line
from akson.web.ehr import work
from akson.web.page import render
from akson.web.portal.applications import application_routes
from akson.web.portal.apps import own_app_routes
from akson.web.portal.attorney import attorney_routes, last_day
from akson.web.portal.citizen import person
from akson.web.portal.cooperation import cooperation_routes
from akson.web.portal.dialogue import dialogue_routes
from akson.web.portal.measurements import measurement_routes
from akson.web.portal.meetings import meeting_routes
from akson.web.portal.papers import paper_routes
from akson.web.portal.privacy import privacy_routes
from akson.web.portal.privacy_words import TITLES
from akson.web.portal.referrals import referral_routes
from akson.web.portal.requests import request_routes
from akson.web.portal.results import result_routes
from akson.web.portal.seen import seen_routes
from akson.web.portal.team import team_routes


def portal_routes() -> list[BaseRoute]:
    """The citizen portal, below its own path on the platform node."""
    return [
        Route("/", home),
        Route("/helse", health),
        *paper_routes(),
        *result_routes(),
        *measurement_routes(),
        *dialogue_routes(),
        *application_routes(),
        *meeting_routes(),
        *referral_routes(),
        *seen_routes(),
        *privacy_routes(),
        *cooperation_routes(),
        *team_routes(),
        *request_routes(),
        *attorney_routes(),
        *own_app_routes(),
    ]


async def home(request: Request) -> Response:
    ctx = person(request)
    who = ("patient", f"Patient/{ctx.actor.patient}")
    questions = of_type(
        await permitted(ctx, "Task", ("owner", f"Patient/{ctx.actor.patient}"), work.OPEN), "Task"
    )
    return _show(
        request,
        "portal/home.html",
        "home",
        visits=await work.visits(ctx, who) if readable(ctx, "Appointment") else [],
        questions=[work.work(task, ctx.node) for task in questions],
        critical=await _critical(ctx),
        asking=await consent.waiting(ctx) if readable(ctx, PRIVACY) else [],
        charges=[] if ctx.actor.acts_for else await representation.of(ctx.tx, ctx.actor.pid),
        partners=await partner.waiting(ctx) if readable(ctx, PRIVACY) else [],
        titles=TITLES,
        last_day=last_day,
    )


async def health(request: Request) -> Response:
    """What is critical; the documents come as the systems answer."""
    ctx = person(request)
    return _show(request, "portal/health.html", "health", critical=await _critical(ctx))


async def _critical(ctx: Context) -> list[Line] | None:
    """What is critical; None for one who acts for another and may not read it."""
    return await critical.of_register(ctx, ctx.actor.patient) if readable(ctx, *SHARED & RECORD) else None


def _show(request: Request, template: str, menu: str, **values: Any) -> HTMLResponse:
    return render(request, template, menu=menu, **values)
