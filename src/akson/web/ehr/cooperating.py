"""Requests from and to NAV, schools, child welfare and others, for those who treat: what the owner is asked, and what it asks.

Of all that concerns the owner one sees what is about patients whom one treats.
"""

from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import reports
from akson.exchange import cases, codelists, cooperating, reported
from akson.exchange.cases import State
from akson.exchange.cooperating import ORDER, PROVISION, Category, Cooperating
from akson.exchange.edge.cooperating import Desk
from akson.kit.errors import NotAllowed, NotFound, PeerFailed, PeerSilent, Unprocessable
from akson.kit.text import text
from akson.record import gate
from akson.record.context import Context
from akson.record.identity import numbers
from akson.record.people import People
from akson.security.actor import Action
from akson.web.context import context, reach_of, readable
from akson.web.dialogue import LIMITS, served
from akson.web.ehr import patient
from akson.web.ehr.frame import show_work
from akson.web.partner.cases import asked_in, checked, fault, line, moved
from akson.web.show import national_id

BASE = "/anmodninger"
CHART = "/pasient/{patient}/samarbeid"
FIELDS = ("to", "category", "basis", "what", "why", "until")
SHELL: dict[str, Any] = {"shell": "ehr/shell.html", "base": BASE}


def cooperating_routes() -> list[BaseRoute]:
    """Below the node's own path."""
    return [
        Route(BASE, overview),
        Route(BASE + "/{case}", one, methods=["GET"]),
        Route(BASE + "/{case}", move, methods=["POST"]),
        Route(BASE + "/{case}/fil/{binary}", file),
        Route(BASE + "/{case}/ta-inn", take_in, methods=["POST"]),
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
    """Answer, or bring it on; the page again where words are missing or a file is not taken."""
    _, desk = _desk(request)
    given, case = await moved(request), request.path_params["case"]
    await _treated(request, desk)
    try:
        await desk.move(case, given.to, given.sent.words, checked(given.sent))
    except Unprocessable as error:
        return await _one(request, fault(error), given.sent.words)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}/{case}", 303)


async def file(request: Request) -> Response:
    """A file of what was told in a request."""
    _, desk = _desk(request)
    found = await _treated(request, desk)
    wanted = request.path_params["binary"]
    every = {each.binary: each for told in reported.told(found.answers) for each in told.files}
    if wanted not in every:
        raise NotFound("No such file")
    return served(await desk.file(every[wanted]))


async def take_in(request: Request) -> Response:
    """What the other party told becomes documents of the patient's record; a report is read by that, and its case done."""
    ctx, desk = _desk(request)
    form = await request.form()
    found = await _treated(request, desk)
    told = next((each for each in reported.told(found.answers) if each.id == form.get("told")), None)
    if told is None or told.by == ctx.node.organization:
        raise NotFound("Nothing of the other party's by that name")
    patient = await People(ctx.place).treated(ctx.tx, ctx.actor, numbers(found.patient)[0])
    contents = {each.binary: await desk.file(each) for each in told.files}
    await reports.take_in(ctx, told, contents, patient, line(found).what)
    is_report = cooperating.code_of(found.request, ORDER) == Category.REPORT
    if is_report and State.COMPLETED in found.moves:
        await desk.move(found.case["id"], State.COMPLETED, text("cooperate.read_and_taken", "nb"))
    return RedirectResponse(f"{request.scope['root_path']}{BASE}/{found.case['id']}", 303)


async def _treated(request: Request, desk: Desk) -> Cooperating:
    """The request of the page. NotFound where it is about somebody whom the reader does not treat."""
    found = await desk.one(request.path_params["case"])
    if not await _treats(context(request), found):
        raise NotFound("No such request")
    return found


async def new(request: Request) -> Response:
    """The form of a new request about a patient."""
    return await _form(request, FormData(), ())


async def ask(request: Request) -> Response:
    """Send it; the form again where something is missing or cannot be."""
    ctx, desk = _desk(request)
    form = await request.form()
    person = await _patient(request, ctx)
    asking = asked_in(form, national_id(person.resource))
    wrong = [*([] if asking.to else ["to"]), *asking.faults()]
    if not wrong:
        try:
            case = await desk.ask(asking)
        except Unprocessable as error:
            told = [name for issue in error.issues for name in issue.expression]
            wrong = [name for name in told if name in FIELDS] or ["basis"]
        else:
            return RedirectResponse(f"{request.scope['root_path']}{BASE}/{case['id']}", 303)
    return await _form(request, form, tuple(f"cooperate.wrong_{name}" for name in FIELDS if name in wrong))


async def _patient(request: Request, ctx: Context) -> patient.Patient:
    """The patient of the page, whom the reader treats."""
    person = await patient.load(ctx, request.path_params["patient"])
    if not await People(ctx.place).treated(ctx.tx, ctx.actor, national_id(person.resource)):
        raise NotAllowed("requests are about those whom one treats")
    return person


async def _one(request: Request, wrong: str = "", words: str = "") -> Response:
    ctx, desk = _desk(request)
    found = await _treated(request, desk)
    told = reported.told(found.answers)
    patient = await People(ctx.place).treated(ctx.tx, ctx.actor, numbers(found.patient)[0])
    answer = await show_work(
        request,
        ctx,
        "partner/case.html",
        menu="cases",
        item=line(found),
        answers=told,
        asker=cooperating.number_of(found.case["requester"]),
        own=ctx.node.organization,
        takes=gate.may(ctx, Action.CREATE, "Binary", "DocumentReference"),
        taken={each.id for each in told if await reports.is_taken(ctx, each.id, patient)},
        said=cases.said(found.case),
        wrong=wrong,
        words=words,
        limits=LIMITS,
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
