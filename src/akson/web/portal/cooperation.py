"""The citizen agrees that a cooperating service (NAV, school, PPT, child welfare ...) sees kinds of information until a day.

Before it is saved it is said in one sentence. What was agreed stands with the other choices, where one click ends it.
"""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import shared_with
from akson.exchange.declare import Party
from akson.exchange.hub import partner
from akson.exchange.hub.privacy import SHARING
from akson.record import partners
from akson.record.context import Context
from akson.security.privacy import FETCHING, Subject, Terms
from akson.security.representation import PRIVACY
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal import privacy_words as words
from akson.web.portal.citizen import person
from akson.web.services import book

BASE = "/personvern/samarbeid"


def cooperation_routes() -> list[BaseRoute]:
    """The form, and the answer to a service that asks."""
    return [
        Route(BASE, form, methods=["GET"]),
        Route(BASE, agree, methods=["POST"]),
        Route(f"{BASE}/svar", answer, methods=["POST"]),
    ]


async def form(request: Request) -> Response:
    """Who may see what, and until when."""
    return await _form(request, person(request, PRIVACY), FormData(list(request.query_params.multi_items())))


async def agree(request: Request) -> Response:
    """The form again where something is missing; else the sentence to agree to; then it holds."""
    ctx = person(request, PRIVACY)
    given = await request.form()
    subject = next((each for each in await _bodies(ctx) if each.key == given.get("hvem")), None)
    known = {each.slug for each in shared_with.shareable()}
    services = tuple(str(each) for each in given.getlist("tjeneste") if each in known)
    until = str(given.get("til", "")).strip()
    high, is_day = words.end_of_day(until)
    wrong = [] if subject else ["partner.wrong_whom"]
    wrong += [] if services else ["partner.wrong_services"]
    wrong += [] if until and is_day else ["partner.wrong_until"]
    if wrong or subject is None or high is None:
        return await _form(request, ctx, given, wrong)
    if "lagre" not in given:
        sentence = words.sentence(SHARING, Terms(FETCHING, (subject,), parts=services), language_of(request))
        kept = [("hvem", subject.key), ("til", until), *(("tjeneste", each) for each in services)]
        return render(
            request,
            "portal/cooperation_review.html",
            menu="privacy",
            sentence=sentence,
            until=until,
            kept=kept,
        )
    await partner.agree(ctx, subject, services, high)
    return RedirectResponse(f"{request.scope['root_path']}/personvern?lagret=ja", 303)


async def answer(request: Request) -> Response:
    """Yes or no to a service that asks."""
    ctx = person(request, PRIVACY)
    given = await request.form()
    agreed = given.get("svar") == "ja"
    await partner.answer(ctx, str(given.get("id", "")), agreed=agreed)
    return RedirectResponse(f"{request.scope['root_path']}/personvern{'?lagret=ja' if agreed else ''}", 303)


async def _bodies(ctx: Context) -> list[Subject]:
    """The cooperating services that one can choose."""
    return [
        Subject("unit" if each.get("partOf") else "org", partners.number(each), each["name"])
        for each in await partner.bodies(ctx)
        if partners.number(each)
    ]


async def _form(request: Request, ctx: Context, given: FormData, wrong: list[str] | None = None) -> Response:
    return render(
        request,
        "portal/cooperation.html",
        status=422 if wrong else 200,
        menu="privacy",
        bodies=await _bodies(ctx),
        groups=book.grouped(each for each in shared_with.shareable() if Party.CITIZEN in each.parties),
        given=given,
        wrong=wrong or [],
    )
