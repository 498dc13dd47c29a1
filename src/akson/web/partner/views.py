"""Whom a case worker works with, what each citizen shares, and the question to a citizen who shares nothing yet."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import shared_with
from akson.exchange.declare import InformationService, Party
from akson.exchange.hub import partner
from akson.exchange.hub.partner import Cooperation, Wish
from akson.fhir.model import Resource
from akson.kit.clock import now
from akson.kit.errors import Unprocessable
from akson.record.context import Context
from akson.security.rules.taking_part import PLANS, TEAMS
from akson.web.language import language_of
from akson.web.page import render
from akson.web.partner.cases import case_routes
from akson.web.partner.dialogue import dialogue_routes
from akson.web.partner.reports import report_routes
from akson.web.partner.together import together_routes
from akson.web.partner.worker import worker
from akson.web.portal import privacy_words as words
from akson.web.portal.attorney import last_day
from akson.web.services import book, cells

CITIZEN = "/innbygger/{patient}"
WRONG = {
    "pid": "partner.wrong_pid",
    "services": "partner.wrong_services",
    "until": "partner.wrong_until",
    "why": "partner.wrong_why",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as the page of a citizen lists it. `until`: its last day, None where the citizen does not share it."""

    service: InformationService
    until: date | None


def partner_routes() -> list[BaseRoute]:
    """The portal of cooperating services, served by the platform at /partner."""
    return [
        Route("/", home),
        Route(CITIZEN, citizen),
        Route(CITIZEN + "/tjenester/{service}", service),
        Route("/samtykke", ask_form, methods=["GET"]),
        Route("/samtykke", ask, methods=["POST"]),
        *together_routes(),
        *report_routes(),
        *case_routes(),
        *dialogue_routes(),
    ]


def cooperation_of(request: Request) -> Cooperation:
    """How the page asks the record systems."""
    found: Cooperation = request.state.cooperation
    return found


async def home(request: Request) -> Response:
    """The citizens who share something with the service, and what."""
    ctx = worker(request)
    people = [(each, _summed(ctx, each)) for each in await partner.citizens(ctx)]
    return show(request, "partner/home.html", "citizens", people=people)


async def citizen(request: Request) -> Response:
    """One citizen: what is shared, what is not."""
    ctx = worker(request)
    person = await partner.citizen(ctx, request.path_params["patient"])
    ends = _ends(ctx, person)
    offers = [Offer(each, ends.get(each.slug)) for each in shared_with.shareable()]
    return show(
        request,
        "partner/citizen.html",
        "citizens",
        person=person,
        together=bool({PLANS, TEAMS} & set(ends)),
        shared=[each for each in offers if each.until],
        others=[each for each in offers if not each.until],
    )


async def service(request: Request) -> Response:
    """What a service holds of a citizen who shares it. Refused otherwise, whoever it is."""
    ctx = worker(request)
    found = shared_with.named(request.path_params["service"])
    patient = request.path_params["patient"]
    partner.require_service(ctx, patient, found)
    person = await partner.citizen(ctx, patient)
    held = await partner.content(ctx, cooperation_of(request), person, found)
    language = language_of(request)
    return show(
        request,
        "partner/service.html",
        "citizens",
        person=person,
        service=found,
        until=_ends(ctx, person).get(found.slug),
        tables=[cells.table(each.part, each.resources, ctx.node, language) for each in held.parts],
        missing=held.missing,
    )


async def ask_form(request: Request) -> Response:
    """The form by which a citizen is asked to share."""
    worker(request)
    return _ask(request, FormData())


async def ask(request: Request) -> Response:
    """Ask; the form again, with what is missing."""
    ctx = worker(request)
    form = await request.form()
    until, _ = words.end_of_day(str(form.get("til", "")).strip())
    wish = Wish(
        pid="".join(str(form.get("nummer", "")).split()),
        services=tuple(str(each) for each in form.getlist("tjeneste")),
        until=until or now(),
        why=str(form.get("hvorfor", "")),
    )
    try:
        await partner.ask(ctx, wish)
    except Unprocessable as error:
        names = [name for issue in error.issues for name in issue.expression]
        return _ask(request, form, tuple(WRONG[name] for name in names))
    return RedirectResponse(f"{request.scope['root_path']}/samtykke?spurt=ja", 303)


def show(request: Request, template: str, menu: str, *, status: int = 200, **values: Any) -> Response:
    """A page of the portal."""
    return render(request, template, status=status, menu=menu, **values)


def _ask(request: Request, given: FormData, wrong: tuple[str, ...] = ()) -> Response:
    return show(
        request,
        "partner/ask.html",
        "ask",
        status=422 if wrong else 200,
        given=given,
        wrong=wrong,
        groups=book.grouped(each for each in shared_with.shareable() if Party.CITIZEN in each.parties),
        asked=request.query_params.get("spurt", ""),
    )


def _ends(ctx: Context, person: Resource) -> dict[str, date]:
    """By slug, the last day on which the citizen shares a service."""
    ends: dict[str, date] = {}
    for share in partner.shares_of(ctx, person["id"]):
        for slug in share.services:
            ends[slug] = max(last_day(share.high), ends.get(slug, last_day(share.high)))
    return ends


def _summed(ctx: Context, person: Resource) -> list[InformationService]:
    slugs = _ends(ctx, person)
    return [each for each in shared_with.shareable() if each.slug in slugs]
