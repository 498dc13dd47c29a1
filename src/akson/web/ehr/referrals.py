"""Writing a referral: whom to, what one asks for, what goes along; look it over, then send.

The draft saves itself. What the record and the shared register hold is prefilled, and the writer may leave things out.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from akson.care import referrals
from akson.care.referrals import Draft
from akson.exchange.edge import send
from akson.exchange.edge.mailroom import Mailroom
from akson.exchange.edge.send import Order
from akson.fhir.model import Resource, reference
from akson.kit.errors import AksonError, Conflict, PeerFailed, PeerSilent, VersionMismatch
from akson.kit.text import text
from akson.messaging.addresses import Entry
from akson.messaging.mapping import reading
from akson.record.context import Context
from akson.web import show
from akson.web.context import context, one, whole
from akson.web.ehr import along, patient
from akson.web.ehr.along import Offer
from akson.web.ehr.chart import show_chart
from akson.web.language import language_of
from akson.web.page import render
from akson.web.say import when

PRIORITIES = ("routine", "urgent", "asap", "stat")
WORDS = ("to", "wanted", "priority", "reason", "story", "replaces")


def mailroom_of(request: Request) -> Mailroom:
    """The mailroom of the node that the page belongs to."""
    found: Mailroom = request.state.mailroom
    return found


async def editor(request: Request) -> Response:
    """The draft about this patient, an empty form, or a rejected referral to put right (`rett`: its ServiceRequest)."""
    ctx = context(request)
    draft = await referrals.draft(ctx, request.path_params["patient"])
    wrong = request.query_params.get("rett", "")
    if wrong and not draft.version:
        draft = replace(draft, fields=_again(await one(ctx, "ServiceRequest", wrong)))
    return await _form(request, ctx, draft)


async def receivers(request: Request) -> Response:
    """The addresses that fit what is typed; the part of the form that changes while one types."""
    entries = await _found(mailroom_of(request), request.query_params.get("words", ""))
    return render(
        request, "ehr/referral_receivers.html", entries=entries, to=request.query_params.get("to", "")
    )


async def autosave(request: Request) -> Response:
    """Save the draft while it is written; answers with the new version and the words to show, or 409."""
    ctx = context(request)
    draft = await _read(request, ctx)
    try:
        saved = await referrals.save(ctx, draft)
    except VersionMismatch:
        return JSONResponse({"conflict": True}, status_code=409)
    language = language_of(request)
    words = text("chart.draft_saved", language, when=when(saved.saved, language))
    return JSONResponse({"version": saved.version, "words": words})


async def finish(request: Request) -> Response:
    """The buttons of the form: search a receiver, look over, send, go back to writing, keep or delete the draft."""
    ctx = context(request)
    form = await request.form()
    draft = await _read(request, ctx)
    chart = f"{request.scope.get('root_path', '')}/pasient/{draft.patient}"
    do = str(form.get("do", ""))
    if do == "discard":
        await referrals.discard(ctx, draft.patient)
        return RedirectResponse(f"{chart}/meldinger", 303)
    if do == "keep":
        await referrals.save(ctx, draft)
        return RedirectResponse(f"{chart}/meldinger", 303)
    wrong = _missing(draft.fields)
    if do in ("edit", "search") or wrong:
        return await _form(request, ctx, draft, wrong if do not in ("edit", "search") else {})
    return await _send(request, ctx, draft) if do == "send" else await _preview(request, ctx, draft)


async def _preview(request: Request, ctx: Context, draft: Draft) -> Response:
    """The letter as the receiver will read it, before it is sent."""
    person = await patient.load(ctx, draft.patient)
    offered = await along.offer(request, ctx, person)
    order = _order(draft, offered)
    made = await send.compose(ctx, mailroom_of(request), order)
    return await show_chart(
        request, ctx, "ehr/referral_preview.html", "messages", patient=person, shared=offered.critical,
        draft=draft, letter=made.letter, parts=tuple(reading.paragraphs(made.letter, language_of(request))),
        fields=[(name, str(draft.fields.get(name, ""))) for name in WORDS],
        include=draft.fields.get("include", []),
    )  # fmt: skip


async def _send(request: Request, ctx: Context, draft: Draft) -> Response:
    person = await patient.load(ctx, draft.patient)
    order = _order(draft, await along.offer(request, ctx, person))
    await send.send_referral(ctx, mailroom_of(request), order)
    if order.replaces:
        await referrals.replaced(ctx, order.replaces)
    await referrals.discard(ctx, person.id)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/pasient/{person.id}/meldinger", 303)


async def _form(
    request: Request, ctx: Context, draft: Draft, wrong: Mapping[str, str] | None = None
) -> HTMLResponse:
    person = await patient.load(ctx, draft.patient)
    offered = await along.offer(request, ctx, person)
    language = language_of(request)
    words = str(draft.fields.get("words", ""))
    entries: list[Entry] = []
    silent = False
    try:
        entries = await _found(mailroom_of(request), words)
    except (PeerSilent, PeerFailed):
        silent = True
    answer = await show_chart(
        request, ctx, "ehr/referral_form.html", "messages", patient=person, shared=offered.critical,
        draft=draft, fields=draft.fields, wrong=wrong or {}, entries=entries, silent_addresses=silent,
        choices=offered.by_kind, list_missing=offered.missing,
        include=draft.fields.get("include"), words=words,
        priorities=[(code, text(f"send.priority_{code}", language)) for code in PRIORITIES],
    )  # fmt: skip
    answer.status_code = 422 if wrong else 200
    return answer


async def _found(mailroom: Mailroom, words: str) -> list[Entry]:
    return await send.receivers(mailroom, words)


def _order(draft: Draft, offered: Offer) -> Order:
    """The form as an order: only what stands in the record or a register can go along."""
    fields = draft.fields
    include = fields.get("include", [])
    reason = next((each for each in offered.choices if each.reference == fields.get("reason")), None)
    return Order(
        patient=draft.patient,
        to=str(fields.get("to", "")),
        wanted=str(fields.get("wanted", "")),
        story=str(fields.get("story", "")),
        priority=str(fields.get("priority") or PRIORITIES[0]),
        reasons=[reason.resource["code"]] if reason else [],
        include=[e.reference for e in offered.choices if e.reference in include and not e.shared],
        shared=offered.shared(include),
        replaces=str(fields.get("replaces", "")),
    )


def _missing(fields: Mapping[str, Any]) -> dict[str, str]:
    """What is not filled in: field and the key of what to say."""
    needed = {"to": "send.needs_receiver", "wanted": "send.needs_wanted", "story": "send.needs_story"}
    return {name: key for name, key in needed.items() if not str(fields.get(name, "")).strip()}


async def _read(request: Request, ctx: Context) -> Draft:
    """The form as a draft. Conflict when the form belongs to another patient than the page."""
    form = await request.form()
    if form.get("patient") != request.path_params["patient"]:
        raise Conflict("the form is about another patient than the page")
    person = await one(ctx, "Patient", request.path_params["patient"])
    fields: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in (*WORDS, "words")}
    if fields["priority"] not in PRIORITIES:
        fields["priority"] = PRIORITIES[0]
    fields["patient_name"] = show.name(person)
    fields["include"] = [str(value) for value in form.getlist("include")]
    version = str(form.get("version") or "0")
    return Draft(request.path_params["patient"], fields, whole(version) or 0)


def _again(request: Resource) -> dict[str, Any]:
    """The fields of a referral that was sent before."""
    if request.get("status") not in ("active", "on-hold"):
        raise AksonError("the referral cannot be sent again")
    receiver = next((p.get("identifier", {}).get("value", "") for p in request.get("performer", [])), "")
    return {
        "to": receiver,
        "wanted": show.concept(request.get("code")),
        "priority": request.get("priority", PRIORITIES[0]),
        "story": "\n\n".join(note.get("text", "") for note in request.get("note", [])),
        "replaces": reference(request),
    }
