"""Messages on screen: the lists that follow by themselves, and a sent message with what happened to it."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care import correspondence
from akson.exchange.edge import send
from akson.kit.text import SOURCE, catalogue, text
from akson.messaging.mapping import reading
from akson.record.context import Context
from akson.store.underway.messages import Message
from akson.web.context import context, one
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.ehr.referrals import mailroom_of
from akson.web.language import language_of
from akson.web.page import render


async def of_patient(request: Request) -> Response:
    """The list of a chart's messages alone, asked for again while something is under way."""
    found = await correspondence.about(context(request), request.path_params["patient"], language_of(request))
    return render(request, "ehr/message_list_chart.html", messages=found)


async def waiting(request: Request) -> Response:
    """The list of the inbox alone."""
    found = await correspondence.waiting(context(request), language_of(request))
    return render(request, "ehr/message_list_inbox.html", messages=found)


async def either(request: Request) -> Response:
    """From a task to the page of its letter, which came or was sent."""
    ctx = context(request)
    opened = await send.opened(ctx, mailroom_of(request), request.path_params["message"])
    entry = await correspondence.entry(ctx, opened.message, language_of(request))
    return RedirectResponse(f"{request.scope.get('root_path', '')}{entry.address}", 303)


async def sent(request: Request) -> Response:
    """One sent message: what it says, every step, and why it was rejected, with a way to put it right."""
    ctx, mailroom = context(request), mailroom_of(request)
    language = language_of(request)
    opened = await send.opened(ctx, mailroom, request.path_params["message"])
    message = opened.message
    steps = await send.history_of(ctx, mailroom, message.id)
    return await show_chart(
        request, ctx, "ehr/sent.html", "messages",
        patient=await patient.load(ctx, message.patient), message=message, letter=opened.letter,
        title=reading.title(opened.letter, language), parts=tuple(reading.paragraphs(opened.letter, language)),
        line=await correspondence.entry(ctx, message, language), steps=steps,
        reasons=reasons(message, language), again=await _again(ctx, message),
    )  # fmt: skip


def reasons(message: Message, language: str) -> list[str]:
    """Why a message was rejected: each code of V8221 in plain words, then what the other system wrote."""
    if message.state not in ("rejected", "failed"):
        return []
    found = []
    for part in filter(None, message.detail.split("; ")):
        key = f"send.error_{part.partition(' ')[0].lower()}"
        found.append(f"{text(key, language)} ({part})" if key in catalogue(SOURCE) else part)
    return found


async def _again(ctx: Context, message: Message) -> str:
    """Id of the ServiceRequest that can be put right and sent anew; empty when that was done or it is no referral."""
    kind, _, id_ = message.reference.partition("/")
    if message.state not in ("rejected", "failed", "overdue") or kind != "ServiceRequest":
        return ""
    request = await one(ctx, "ServiceRequest", id_)
    return id_ if request.get("status") == "active" else ""
