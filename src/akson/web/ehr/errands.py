"""Errands of a supplier's people: asking for one, approving, ending and following it up, and what a technical one shows."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import errand_review
from akson.care.errand_review import OUTCOMES
from akson.kit.clock import NORWAY
from akson.kit.errors import Unprocessable
from akson.kit.text import catalogue, text
from akson.record import errands
from akson.record.errands import HOURS, LONGEST, SHORTEST, TICKET, Wish
from akson.security.rules.access_log import sees_all
from akson.security.rules.supplier_errand import PARTS, errand_of
from akson.web import looks
from akson.web.context import context
from akson.web.ehr.frame import show_work
from akson.web.language import language_of

OWN, LIST = "/oppdrag", "/logg/oppdrag"
LATER = "%Y-%m-%dT%H:%M"


def errand_routes() -> list[BaseRoute]:
    """Below the node's own path."""
    return [
        Route(OWN, own, methods=["GET"]),
        Route(OWN, ask, methods=["POST"]),
        Route(f"{OWN}/teknisk", technical, methods=["GET"]),
        Route(OWN + "/{errand}/avslutt", end_own, methods=["POST"]),
        Route(LIST, cases, methods=["GET"]),
        Route(LIST + "/{errand}/godkjenn", approve, methods=["POST"]),
        Route(LIST + "/{errand}/avslaa", decline, methods=["POST"]),
        Route(LIST + "/{errand}/avslutt", end, methods=["POST"]),
        Route(LIST + "/{errand}", review, methods=["POST"]),
    ]


async def own(request: Request) -> Response:
    """What one has asked for, and the form."""
    return await _own(request, {}, {})


async def ask(request: Request) -> Response:
    """Ask, and back to the list; the form again, with what is missing."""
    ctx = context(request)
    sent = await request.form()
    form = {name: str(value) for name, value in sent.items()} | {"topics": sent.getlist("topics")}
    hours = str(form.get("hours", ""))
    wish = Wish(
        str(form.get("ticket", "")),
        str(form.get("why", "")),
        str(form.get("kind", "")),
        [str(each) for each in sent.getlist("topics")],
        _moment(str(form.get("starts", ""))),
        int(hours) if hours in map(str, HOURS) else 0,
    )
    try:
        await errands.ask(ctx, wish)
    except Unprocessable as error:
        return await _own(request, form, _wrong(error))
    return RedirectResponse(f"/{ctx.node.name}{OWN}", 303)


async def end_own(request: Request) -> Response:
    """End one's own errand."""
    ctx = context(request)
    await errands.end(ctx, request.path_params["errand"])
    return RedirectResponse(f"/{ctx.node.name}{OWN}", 303)


async def technical(request: Request) -> Response:
    """How the node does: counts, and nothing of a record."""
    ctx = context(request)
    found = await errand_review.technical(ctx)
    return await show_work(
        request,
        ctx,
        "ehr/errand_technical.html",
        menu="errands",
        counts_=found,
        errand=errand_of(ctx.actor, ""),
    )


async def cases(request: Request) -> Response:
    """What waits for a decision, what lasts, what is to be followed up."""
    return await _cases(request, "", {})


async def approve(request: Request) -> Response:
    """Approve; the list again where nobody has the number."""
    ctx = context(request)
    number = str((await request.form()).get("number", "")).replace(" ", "")
    errand = request.path_params["errand"]
    try:
        await errands.approve(ctx, errand, number)
    except Unprocessable:
        key = "errand.wrong_number" if sees_all(ctx.actor) else "errand.wrong_number_leader"
        return await _cases(request, errand, {"number": key})
    return RedirectResponse(f"/{ctx.node.name}{LIST}", 303)


async def decline(request: Request) -> Response:
    """Say no, with a word to the one who asked."""
    ctx = context(request)
    await errands.decline(ctx, request.path_params["errand"], str((await request.form()).get("note", "")))
    return RedirectResponse(f"/{ctx.node.name}{LIST}", 303)


async def end(request: Request) -> Response:
    """End somebody's errand before its time."""
    ctx = context(request)
    await errands.end(ctx, request.path_params["errand"])
    return RedirectResponse(f"/{ctx.node.name}{LIST}", 303)


async def review(request: Request) -> Response:
    """Keep what a follow-up came to."""
    ctx = context(request)
    form = await request.form()
    outcome, remark = str(form.get("outcome", "")), str(form.get("remark", ""))
    await errand_review.review(ctx, request.path_params["errand"], outcome, remark)
    return RedirectResponse(f"/{ctx.node.name}{LIST}", 303)


async def _own(request: Request, given: dict[str, Any], wrong: dict[str, str]) -> Response:
    ctx = context(request)
    language = language_of(request)
    answer = await show_work(
        request,
        ctx,
        "ehr/errands.html",
        menu="errands",
        cases=await errand_review.own(ctx),
        topics=_topics(language),
        parts=lambda topics: parts(topics, language),
        hours=[(str(each), text("errand.hours", language, n=each)) for each in HOURS],
        given=given,
        wrong=wrong,
        limits={"shortest": SHORTEST, "longest": LONGEST, "ticket": TICKET},
        earliest=datetime.now(NORWAY).strftime(LATER),
    )
    answer.status_code = 422 if wrong else 200
    return answer


async def _cases(request: Request, errand: str, wrong: dict[str, str]) -> Response:
    ctx = context(request)
    language = language_of(request)
    answer = await show_work(
        request,
        ctx,
        "ehr/errand_cases.html",
        menu="log",
        cases=await errand_review.cases(ctx),
        parts=lambda topics: parts(topics, language),
        outcomes=[(each, text(f"errand.outcome_{each}", language)) for each in OUTCOMES],
        wrong={errand: wrong} if wrong else {},
    )
    answer.status_code = 422 if wrong else 200
    return answer


def parts(topics: tuple[str, ...], language: str) -> str:
    """Parts of a record in words."""
    return looks.joined([_topic(topic, language) for topic in topics], language)


def _topics(language: str) -> list[tuple[str, str]]:
    return [(topic, _topic(topic, language)) for topic in PARTS]


def _topic(topic: str, language: str) -> str:
    key = f"errand.topic_{topic}"
    return text(key if key in catalogue("nb") else f"seen.topic_{topic}", language)


def _wrong(error: Unprocessable) -> dict[str, str]:
    """What to say at which field."""
    return {name: f"errand.wrong_{name}" for issue in error.issues for name in issue.expression}


def _moment(value: str) -> datetime | None:
    """A time of the form, in Norwegian time; now where the field is empty, None where it holds no time."""
    if not value:
        return datetime.now(NORWAY)
    try:
        return datetime.fromisoformat(value[:16]).replace(tzinfo=NORWAY)
    except ValueError:
        return None
