"""Requests from and to NAV, schools, child welfare and others, for those who treat: what the owner is asked, and what it asks.

Of all that concerns the owner one sees what is about patients whom one treats.
"""

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import cases, codelists, cooperating
from akson.exchange.cooperating import ORDER, PROVISION, Asking, Category, Cooperating
from akson.exchange.edge.cooperating import Desk
from akson.kit.errors import NotAllowed, NotFound, PeerFailed, PeerSilent, Unprocessable
from akson.record.context import Context
from akson.record.identity import numbers
from akson.record.people import People
from akson.web.context import context, reach_of, readable
from akson.web.ehr import patient
from akson.web.ehr.frame import show_work
from akson.web.partner.cases import MOVES, line
from akson.web.show import national_id

BASE = "/anmodninger"
CHART = "/pasient/{patient}/samarbeid"
SHELL: dict[str, Any] = {"shell": "ehr/shell.html", "base": BASE}


def cooperating_routes() -> list[BaseRoute]:
    """Below the node's own path."""
    return [
        Route(BASE, overview),
        Route(BASE + "/{case}", one, methods=["GET"]),
        Route(BASE + "/{case}", move, methods=["POST"]),
        Route(CHART, new, methods=["GET"]),
        Route(CHART, ask, methods=["POST"]),
    ]


def _desk(request: Request) -> tuple[Context, Desk]:
    ctx = context(request)
    if not readable(ctx, "ServiceRequest", "Task", "Communication"):
        raise NotAllowed("the role works with no requests")
    return ctx, Desk(ctx.node, ctx.actor, reach_of(request).peer)


async def _treats(ctx: Context, found: Cooperating) -> bool:
    pids = numbers(found.patient)
    return bool(pids and await People(ctx.place).treated(ctx.tx, ctx.actor, pids[0]))


async def overview(request: Request) -> Response:
    """What the owner is asked and has asked for, about those whom the reader treats."""
    ctx, desk = _desk(request)
    silent = False
    try:
        found = [line(each) for each in await desk.mine() if await _treats(ctx, each)]
    except (PeerSilent, PeerFailed):
        found, silent = [], True
    asked, sent = [each for each in found if not each.mine], [each for each in found if each.mine]
    return await show_work(
        request, ctx, "partner/cases.html", menu="cases", asked=asked, sent=sent, silent=silent, **SHELL
    )


async def one(request: Request) -> Response:
    """A request with its answers, and what one can do with it."""
    return await _one(request)


async def move(request: Request) -> Response:
    """Answer, or bring it on; the page again where words are missing."""
    ctx, desk = _desk(request)
    form = await request.form()
    to, case = MOVES.get(str(form.get("do", ""))), request.path_params["case"]
    if to is None:
        raise Unprocessable("No such move")
    if not await _treats(ctx, await desk.one(case)):
        raise NotFound("No such request")
    try:
        await desk.move(case, to, str(form.get("words", "")))
    except Unprocessable:
        return await _one(request, wrong=True)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}/{case}", 303)


async def new(request: Request) -> Response:
    """The form of a new request about a patient."""
    return await _form(request, FormData(), ())


async def ask(request: Request) -> Response:
    """Send it; the form again where something is missing or cannot be."""
    ctx, desk = _desk(request)
    form = await request.form()
    person = await _patient(request, ctx)
    given = {name: str(form.get(name, "")).strip() for name in ("to", "category", "what", "why", "basis")}
    asking = Asking(pid=national_id(person.resource), **given)
    wrong = tuple(asking.faults()) + (() if asking.to else ("to",))
    if not wrong:
        try:
            case = await desk.ask(asking)
        except Unprocessable:
            wrong = ("basis",)
        else:
            return RedirectResponse(f"{request.scope['root_path']}{BASE}/{case['id']}", 303)
    return await _form(request, form, tuple(f"cooperate.wrong_{name}" for name in wrong))


async def _patient(request: Request, ctx: Context) -> patient.Patient:
    """The patient of the page, whom the reader treats."""
    person = await patient.load(ctx, request.path_params["patient"])
    if not await People(ctx.place).treated(ctx.tx, ctx.actor, national_id(person.resource)):
        raise NotAllowed("requests are about those whom one treats")
    return person


async def _one(request: Request, *, wrong: bool = False) -> Response:
    ctx, desk = _desk(request)
    found = await desk.one(request.path_params["case"])
    if not await _treats(ctx, found):
        raise NotFound("No such request")
    answer = await show_work(
        request,
        ctx,
        "partner/case.html",
        menu="cases",
        item=line(found),
        answers=cooperating.said(found.answers),
        said=cases.said(found.case),
        wrong=wrong,
        **SHELL,
    )
    answer.status_code = 422 if wrong else 200
    return answer


async def _form(request: Request, given: FormData, wrong: tuple[str, ...]) -> Response:
    ctx, desk = _desk(request)
    person = await _patient(request, ctx)
    answer = await show_work(
        request,
        ctx,
        "partner/case_form.html",
        menu="patients",
        units=await desk.partners(),
        categories=[(each.value, codelists.display(ORDER, each.value)) for each in Category],
        bases=[(code, codelists.display(PROVISION, code)) for code in cooperating.provisions("")],
        given=given,
        wrong=wrong,
        about=person.name,
        send_to=f"{request.scope['root_path']}/pasient/{person.id}/samarbeid",
        **SHELL,
    )
    answer.status_code = 422 if wrong else 200
    return answer
