"""Requests as a case worker sees them: what the service is asked, what it has asked for, how far each has come, and the answer."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.documents.harmless import File
from akson.exchange import cases, codelists, cooperating, reported
from akson.exchange.cases import Side, State
from akson.exchange.cooperating import ORDER, PROVISION, Asking, Category, Cooperating
from akson.exchange.hub import cooperating as hub
from akson.fhir.model import Resource
from akson.kit.errors import Unprocessable
from akson.record import partners
from akson.record.context import Context
from akson.web.context import find
from akson.web.dialogue import LIMITS, Sent, sent, served, written
from akson.web.dialogue import fault as file_fault
from akson.web.page import render
from akson.web.partner.worker import worker

BASE = "/saker"
SHELL: dict[str, Any] = {"shell": "partner/shell.html", "base": BASE}
MOVES = {each.name.lower(): each for each in State}


@dataclass(frozen=True, slots=True)
class Line:
    """A case in words. `state` is a key of the catalogues; `moves` names what one can do."""

    id: str
    what: str
    why: str
    kind: str
    basis: str
    patient: Resource
    other: str
    state: str
    when: str
    mine: bool
    moves: tuple[str, ...]
    due: str = ""
    """The last day for an answer, while there is none."""
    is_late: bool = False


def case_routes() -> list[BaseRoute]:
    """Below /partner."""
    return [
        Route(BASE, overview),
        Route(f"{BASE}/ny", new, methods=["GET"]),
        Route(f"{BASE}/ny", ask, methods=["POST"]),
        Route(BASE + "/{case}", one, methods=["GET"]),
        Route(BASE + "/{case}", move, methods=["POST"]),
        Route(BASE + "/{case}/fil/{binary}", file),
    ]


def line(found: Cooperating) -> Line:
    """A case as it is shown."""
    mine = found.side is Side.ASKER
    due = "" if cases.state(found.case) in cases.FINAL else cases.due(found.case)
    other = found.case["owner"] if mine else found.case["requester"]
    return Line(
        id=found.case["id"],
        what=str(found.request.get("code", {}).get("text", "")),
        why=" ".join(str(each.get("text", "")) for each in found.request.get("reasonCode", [])),
        kind=codelists.display(ORDER, cooperating.code_of(found.request, ORDER)) or "",
        basis=codelists.display(PROVISION, cooperating.code_of(found.request, PROVISION)) or "",
        patient=found.patient,
        other=str(other.get("display", "")),
        state=f"case.state_{cases.state(found.case).name.lower()}",
        when=str(found.case.get("authoredOn", "")),
        mine=mine,
        moves=tuple(each.name.lower() for each in found.moves),
        due=due,
        is_late=bool(due) and not cooperating.is_coming(due[:10]),
    )


async def overview(request: Request) -> Response:
    """What one is asked, and what one has asked for."""
    found = [line(each) for each in await hub.mine(worker(request))]
    return render(
        request,
        "partner/cases.html",
        menu="cases",
        **SHELL,
        asked=[each for each in found if not each.mine],
        sent=[each for each in found if each.mine],
    )


async def one(request: Request) -> Response:
    """A case with its answers, and what one can do with it."""
    return await _one(request)


async def move(request: Request) -> Response:
    """Answer, or bring the case on; the page again where words are missing."""
    ctx = worker(request)
    given = await moved(request)
    try:
        await hub.move(ctx, request.path_params["case"], given.to, given.sent.words, checked(given.sent))
    except Unprocessable as error:
        return await _one(request, fault(error), given.sent.words)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}/{request.path_params['case']}", 303)


async def file(request: Request) -> Response:
    """A file of what was told in a case."""
    ctx = worker(request)
    return served(await hub.file(ctx, request.path_params["case"], request.path_params["binary"]))


@dataclass(frozen=True, slots=True)
class Moved:
    """A move as its form was filled in."""

    to: State
    sent: Sent


async def moved(request: Request) -> Moved:
    """The form of a case. Unprocessable for no move."""
    _, held = await sent(request)
    to = MOVES.get(str((await request.form()).get("do", "")))
    if to is None:
        raise Unprocessable("No such move")
    return Moved(to, held)


def checked(held: Sent) -> list[File]:
    """The files of a form, looked through. Unprocessable names what is wrong with one."""
    return list(written(held).files)


def fault(error: Unprocessable) -> str:
    """The key of the words for what is wrong with what was told."""
    found = next((each.expression[0] for each in error.issues if each.expression), "words")
    return "case.needs_words" if found == "words" else file_fault(error)


async def new(request: Request) -> Response:
    """The form of a new request."""
    return await _form(request, worker(request), FormData(), ())


async def ask(request: Request) -> Response:
    """Send it; the form again with what is missing."""
    ctx = worker(request)
    form = await request.form()
    pid = "".join(str(form.get("pid", "")).split())
    try:
        case = await hub.ask(ctx, asked_in(form, pid))
    except Unprocessable as error:
        names = [name for issue in error.issues for name in issue.expression]
        return await _form(request, ctx, form, tuple(f"cooperate.wrong_{name}" for name in names))
    return RedirectResponse(f"{request.scope['root_path']}{BASE}/{case['id']}", 303)


def asked_in(form: FormData, pid: str) -> Asking:
    """A request about somebody as its form was filled in."""
    names = ("to", "category", "what", "why", "basis", "until")
    to, category, what, why, basis, until = (str(form.get(name, "")).strip() for name in names)
    return Asking(pid, to, category, what, why, basis, until=until)


async def _one(request: Request, wrong: str = "", words: str = "") -> Response:
    found = await hub.one(worker(request), request.path_params["case"])
    return render(
        request,
        "partner/case.html",
        status=422 if wrong else 200,
        menu="cases",
        **SHELL,
        item=line(found),
        answers=reported.told(found.answers),
        asker=cooperating.number_of(found.case["requester"]),
        said=cases.said(found.case),
        wrong=wrong,
        words=words,
        limits=LIMITS,
    )


async def _form(request: Request, ctx: Context, given: FormData, wrong: tuple[str, ...]) -> Response:
    units, bases = await choices(ctx)
    return render(
        request,
        "partner/case_form.html",
        status=422 if wrong else 200,
        menu="cases",
        **SHELL,
        units=units,
        categories=[
            (each.value, codelists.display(ORDER, each.value))
            for each in Category
            if each not in {Category.CONCERN, Category.REPORT}
        ],
        bases=bases,
        given=given,
        wrong=wrong,
    )


async def choices(ctx: Context) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Whom one can ask: those who give health care, by the platform's register; and on what it may rest."""
    found = await find(ctx, "Organization", ("_count", "500"), ("_sort", "name"))
    units = [
        (partners.number(each), str(each["name"]))
        for each in found
        if not partners.kind_of(each) and each.get("partOf")
    ]
    own = next((each for each in found if partners.number(each) == ctx.actor.unit_number), {})
    codes = cooperating.provisions(partners.kind_of(own), "")
    return units, [(code, codelists.display(PROVISION, code) or "") for code in codes]
