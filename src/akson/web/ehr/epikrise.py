"""Writing the discharge summary (epikrise) that answers a referral: what was found and done, and what follows."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akson.care import referrals
from akson.exchange.edge import answer, send
from akson.exchange.edge.send import Along, Opened
from akson.fhir.model import Resource, reference
from akson.kit.errors import Conflict, Unprocessable
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.messaging import codes
from akson.messaging.inbox import DONE, move
from akson.messaging.mapping import reading
from akson.messaging.mapping.outgoing import Record, Summary
from akson.messaging.model import Referral
from akson.record.context import Context
from akson.web import show
from akson.web.context import context
from akson.web.ehr import along, patient
from akson.web.ehr.chart import show_chart
from akson.web.ehr.referrals import mailroom_of
from akson.web.language import language_of

SECTIONS = ("AI", "FO", "FU", "VU", "ME", "OP", "IP")
"""Headings of V8311, in the order in which a doctor reads them."""


async def editor(request: Request) -> Response:
    """The form, with what the referral asked for as the reason."""
    ctx = context(request)
    entry, found = await _entry(request, ctx)
    title = text("messaging.kind_epikrise", language_of(request))
    fields = {"title": ", ".join(filter(None, (title, ctx.actor.unit_name))), "text-AI": found.wanted}
    return await _form(request, ctx, entry, fields, None)


async def finish(request: Request) -> Response:
    """The buttons of the form: look over, go back to writing, send."""
    ctx, mailroom = context(request), mailroom_of(request)
    entry, found = await _entry(request, ctx)
    form = await request.form()
    if form.get("patient") != entry.message.patient:
        raise Conflict("the form is about another patient than the letter")
    names = ("title", "main", *(f"text-{code}" for code in SECTIONS))
    fields = {name: str(form.get(name, "")).strip() for name in names}
    include = [str(value) for value in form.getlist("include")]
    if form.get("do") == "edit":
        return await _form(request, ctx, entry, fields, include)
    offered = await along.offer(request, ctx, await patient.load(ctx, entry.message.patient))
    record, shared = _chosen(await send.prefill(ctx, entry.message.patient), include), offered.shared(include)
    summary = Summary(
        document_id=new_id(), title=fields["title"], answers=found,
        sections=[(code, words) for code in SECTIONS if (words := fields[f"text-{code}"])],
        main=fields["main"].partition("/")[2],
    )  # fmt: skip
    if not (summary.title and summary.sections and record.conditions):
        return await _form(request, ctx, entry, fields, include, "send.needs_words")
    if form.get("do") != "send":
        return await _preview(request, ctx, entry, (summary, record, shared), (fields, include))
    await answer.send_epikrise(ctx, mailroom, entry.message.id, summary, record, shared)
    await referrals.finish_tasks(ctx, entry.message.reference)
    await move(ctx.tx, entry.message.id, DONE)
    return RedirectResponse(
        f"{request.scope.get('root_path', '')}/pasient/{entry.message.patient}/meldinger", 303
    )


async def _entry(request: Request, ctx: Context) -> tuple[Opened, Referral]:
    """The referral to answer. Unprocessable when it is something else, or nobody knows whom it is about."""
    entry = await send.opened(ctx, mailroom_of(request), request.path_params["message"])
    if not isinstance(entry.letter, Referral) or not entry.message.patient or not entry.message.reference:
        raise Unprocessable("only a referral whose patient is known can be answered with a summary")
    return entry, entry.letter


async def _form(
    request: Request,
    ctx: Context,
    entry: Opened,
    fields: Mapping[str, str],
    include: Sequence[str] | None,
    wrong: str = "",
) -> HTMLResponse:
    person = await patient.load(ctx, entry.message.patient)
    offered = await along.offer(request, ctx, person)
    answer = await show_chart(
        request, ctx, "ehr/epikrise_form.html", "messages",
        patient=person, shared=offered.critical, message=entry.message, letter=entry.letter,
        fields=fields, include=include, choices=offered.by_kind, list_missing=offered.missing, wrong=wrong,
        sections=[(code, codes.display(codes.SUMMARY_HEADINGS, code)) for code in SECTIONS],
    )  # fmt: skip
    answer.status_code = 422 if wrong else 200
    return answer


async def _preview(
    request: Request,
    ctx: Context,
    entry: Opened,
    made: tuple[Summary, Record, Along],
    form: tuple[Mapping[str, str], Sequence[str]],
) -> HTMLResponse:
    summary, record, shared = made
    fields, include = form
    mailroom = mailroom_of(request)
    _, letter = await answer.compose_epikrise(ctx, mailroom, entry.message.id, summary, record, shared)
    return await show_chart(
        request, ctx, "ehr/epikrise_preview.html", "messages",
        patient=await patient.load(ctx, entry.message.patient), message=entry.message, letter=letter,
        parts=tuple(reading.paragraphs(letter, language_of(request))), fields=fields, include=include,
    )  # fmt: skip


def _chosen(record: Record, include: Sequence[str]) -> Record:
    def kept(resources: Sequence[Resource]) -> list[Resource]:
        return [each for each in resources if reference(each) in include]

    return Record(
        conditions=[each for each in kept(record.conditions) if show.concept(each.get("code"))],
        medications=kept(record.medications),
        allergies=kept(record.allergies),
        practitioner=record.practitioner,
    )
