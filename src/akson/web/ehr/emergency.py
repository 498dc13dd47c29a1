"""Opening a record in an emergency, closing it again, and the list of those who follow up."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import emergency_review
from akson.care.emergency_review import OUTCOMES
from akson.kit.errors import NotAllowed, NotFound, Unprocessable
from akson.kit.text import text
from akson.record import emergency
from akson.record.emergency import LONGEST, REASONS, SHORTEST
from akson.security.rules.emergency import may_open
from akson.web import looks
from akson.web.context import context
from akson.web.ehr import patient
from akson.web.ehr.frame import show_work
from akson.web.language import language_of

WRONG = {"reason": "emergency.wrong_reason", "why": "emergency.wrong_why"}
"""What to say at a field that is not filled in."""


def emergency_routes() -> list[BaseRoute]:
    """Below the node's own path."""
    chart = "/pasient/{patient}/nodapning"
    return [
        Route("/nodapning", ask, methods=["GET"]),
        Route("/nodapning", open_number, methods=["POST"]),
        Route(chart, ask, methods=["GET"]),
        Route(chart, open_record, methods=["POST"]),
        Route(f"{chart}/avslutt", end, methods=["POST"]),
        Route("/logg/nodapning", cases, methods=["GET"]),
        Route("/logg/nodapning/{opening}", review, methods=["POST"]),
    ]


async def ask(request: Request) -> Response:
    """The form: a reason, why, and what the patient will see."""
    return await _form(request, {}, {})


async def open_record(request: Request) -> Response:
    """Open, and go to the chart; the form again, with what is missing."""
    ctx = context(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    id_ = request.path_params["patient"]
    try:
        await emergency.open_record(ctx, id_, form.get("reason", ""), form.get("why", ""))
    except Unprocessable as error:
        return await _form(request, form, _wrong(error))
    return RedirectResponse(f"/{ctx.node.name}/pasient/{id_}", 303)


async def open_number(request: Request) -> Response:
    """Open the record of an identity number, which stands in the body only."""
    ctx = context(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    pid = form.get("number", "").replace(" ", "")
    try:
        opening = await emergency.open_of(ctx, pid, form.get("reason", ""), form.get("why", ""))
    except Unprocessable as error:
        return await _form(request, form, _wrong(error))
    except NotFound:
        return await _form(request, form, {"number": "emergency.wrong_number"})
    return RedirectResponse(f"/{ctx.node.name}/pasient/{opening.patient}", 303)


def _wrong(error: Unprocessable) -> dict[str, str]:
    """What to say at which field."""
    return {name: WRONG[name] for issue in error.issues for name in issue.expression if name in WRONG}


async def end(request: Request) -> Response:
    """Close what is open, and go back to the chart, which now shows who the patient is and no more."""
    ctx = context(request)
    id_ = request.path_params["patient"]
    await emergency.end(ctx, id_)
    return RedirectResponse(f"/{ctx.node.name}/pasient/{id_}", 303)


async def cases(request: Request) -> Response:
    """What is to be followed up, first what waits."""
    ctx = context(request)
    language = language_of(request)
    return await show_work(
        request,
        ctx,
        "ehr/emergency_cases.html",
        menu="log",
        cases=await emergency_review.cases(ctx),
        outcomes=[(each, text(f"emergency.outcome_{each}", language)) for each in OUTCOMES],
        role=lambda code: looks.role(code, language),
    )


async def review(request: Request) -> Response:
    """Keep what a follow-up came to."""
    ctx = context(request)
    form = await request.form()
    outcome, note = str(form.get("outcome", "")), str(form.get("note", ""))
    await emergency_review.review(ctx, request.path_params["opening"], outcome, note)
    return RedirectResponse(f"/{ctx.node.name}/logg/nodapning", 303)


async def _form(request: Request, given: dict[str, str], wrong: dict[str, str]) -> Response:
    ctx = context(request)
    if not may_open(ctx.actor):
        raise NotAllowed("only health personnel open a record in an emergency")
    language = language_of(request)
    id_ = request.path_params.get("patient")
    person = await patient.load(ctx, id_) if id_ else None
    answer = await show_work(
        request,
        ctx,
        "ehr/emergency.html",
        menu="patients",
        patient=person,
        reasons=[(each, text(f"emergency.reason_{each}", language)) for each in REASONS],
        given=given,
        wrong=wrong,
        minutes=int(ctx.place.emergency.total_seconds() // 60),
        shortest=SHORTEST,
        longest=LONGEST,
        you=", ".join(
            filter(None, [ctx.actor.name, looks.role(ctx.actor.role, language), ctx.actor.unit_name])
        ),
    )
    answer.status_code = 422 if wrong else 200
    return answer
