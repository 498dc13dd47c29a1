"""Messages on screen: the lists that follow by themselves, and a sent message with what happened to it."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care import correspondence
from akson.care import stalled as care_stalled
from akson.exchange.edge import answer, send
from akson.exchange.edge.send import Opened
from akson.exchange.reports.catalogue import MESSAGES
from akson.kit.errors import Unprocessable
from akson.kit.text import SOURCE, catalogue, text
from akson.messaging.mapping import reading
from akson.record.context import Context
from akson.security.roles import DUTIES
from akson.store.underway.messages import Message
from akson.web.context import context, one
from akson.web.ehr import cases, patient, reporting, work
from akson.web.ehr.chart import show_chart
from akson.web.ehr.frame import show_work
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


async def stalled(request: Request) -> Response:
    """What does not go its way by itself: with what to do, and whose it is to do it."""
    ctx, mailroom = context(request), mailroom_of(request)
    return await show_work(
        request,
        ctx,
        "ehr/stalled.html",
        menu="inbox",
        seen=await care_stalled.overview(ctx, mailroom.book, language_of(request)),
        tasks=await work.stalled(ctx),
        role=mailroom.role if mailroom.role in DUTIES else "",
        days=mailroom.unread_days,
    )


async def seen_to(request: Request) -> Response:
    """Take something off that page."""
    await care_stalled.seen_to(context(request), str((await request.form()).get("id", "")))
    return RedirectResponse(f"{request.scope.get('root_path', '')}/innboks/oppfolging", 303)


async def either(request: Request) -> Response:
    """From a task to the page of its letter, which came or was sent."""
    ctx, mailroom, message = context(request), mailroom_of(request), request.path_params["message"]
    root = request.scope.get("root_path", "")
    if (await send.mine(ctx, mailroom, message)).type in MESSAGES:
        return RedirectResponse(f"{root}{reporting.PATH}", 303)
    opened = await send.opened(ctx, mailroom, message)
    entry = await correspondence.entry(ctx, opened.message, language_of(request))
    return RedirectResponse(f"{root}{entry.address}", 303)


async def sent(request: Request) -> Response:
    """One sent message: what it says, every step, and why it was rejected, with a way to put it right."""
    ctx, mailroom = context(request), mailroom_of(request)
    return await _sent(request, ctx, await send.opened(ctx, mailroom, request.path_params["message"]))


async def step(request: Request) -> Response:
    """Answer what the other side asks for, or take back what one has asked for."""
    ctx, mailroom = context(request), mailroom_of(request)
    opened = await send.opened(ctx, mailroom, request.path_params["message"])
    at = await answer.case_of(ctx, opened.message)
    if at is None:
        raise Unprocessable("the message opened no case")
    wanted = await cases.step_of(request, at)
    if isinstance(wanted, cases.Wrong):
        return await _sent(request, ctx, opened, wrong=wanted)
    await cases.act(ctx, mailroom, at, wanted)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/sendt/{opened.message.id}", 303)


async def _sent(
    request: Request, ctx: Context, opened: Opened, *, wrong: cases.Wrong | None = None
) -> Response:
    mailroom, message = mailroom_of(request), opened.message
    language = language_of(request)
    steps = await send.history_of(ctx, mailroom, message.id)
    shown = await show_chart(
        request, ctx, "ehr/sent.html", "messages",
        patient=await patient.load(ctx, message.patient), message=message, letter=opened.letter,
        title=reading.title(opened.letter, language), parts=tuple(reading.paragraphs(opened.letter, language)),
        line=await correspondence.entry(ctx, message, language), steps=steps,
        reasons=reasons(message, language), again=await _again(ctx, message), wrong=wrong,
        case=await cases.about(ctx, message), case_at=f"/sendt/{message.id}/sak",
    )  # fmt: skip
    shown.status_code = 422 if wrong else 200
    return shown


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
