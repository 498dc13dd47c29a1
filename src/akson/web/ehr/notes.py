"""Writing a note: the draft saves itself to the server, signing makes it part of the record."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from akson.care import notes, referrals
from akson.care.notes import Draft, Titles
from akson.kit.errors import Conflict, VersionMismatch
from akson.kit.text import text
from akson.record.context import Context
from akson.security.entry_marks import For
from akson.web.context import context, whole
from akson.web.ehr import documents, patient
from akson.web.ehr.chart import show_chart
from akson.web.ehr.frame import show_work
from akson.web.ehr.rows import shorten
from akson.web.language import language_of
from akson.web.say import when


async def editor(request: Request) -> Response:
    """The draft about this patient, or an empty note."""
    ctx = context(request)
    return await _editor(request, ctx, await notes.draft(ctx, request.path_params["patient"]))


async def _editor(request: Request, ctx: Context, draft: Draft, problem: str = "") -> Response:
    kinds = [(kind, text(f"chart.kind_{kind}", language_of(request))) for kind in notes.KINDS]
    whom = [(each.value, text(f"chart.for_{each}", language_of(request))) for each in For]
    return await show_chart(
        request, ctx, "ehr/note_editor.html", "notes", recent=await documents.notes(ctx, draft.patient, "4"),
        draft=draft, kinds=kinds, sections=notes.SECTIONS, problem=problem, whom=whom if ctx.actor.hpr else (),
    )  # fmt: skip


async def autosave(request: Request) -> Response:
    """Save the draft while it is written; answers with the new version and the words to show, or 409."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    try:
        saved = await notes.save(ctx, _read(await request.form(), person))
    except VersionMismatch:
        return JSONResponse({"conflict": True}, status_code=409)
    language = language_of(request)
    words = text("chart.draft_saved", language, when=when(saved.saved, language))
    return JSONResponse({"version": saved.version, "words": words})


async def finish(request: Request) -> Response:
    """The buttons of the form: sign, keep as a draft, or delete the draft."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    form = await request.form()
    chart = f"{request.scope.get('root_path', '')}/pasient/{person.id}"
    if form.get("do") == "discard":
        await notes.discard(ctx, person.id)
        return RedirectResponse(f"{chart}/notater", 303)
    draft = _read(form, person)
    if form.get("do") == "keep":
        await notes.save(ctx, draft)
        return RedirectResponse(f"{chart}/notater", 303)
    if not draft.words:
        return await _editor(request, ctx, draft, "chart.note_empty")
    made = await notes.sign(ctx, draft, _titles(draft, language_of(request)))
    return RedirectResponse(f"{chart}/notater/{made}", 303)


def _titles(draft: Draft, language: str) -> Titles:
    sections = {name: text(f"chart.section_{name}", language) for name in notes.SECTIONS}
    return Titles(text(f"chart.kind_{draft.kind}", language), sections)


def _read(form: FormData, person: patient.Patient) -> Draft:
    """The form as a draft. Conflict when the form belongs to another patient than the page."""
    if form.get("patient") != person.id:
        raise Conflict("the form is about another patient than the page")
    version = str(form.get("version") or "0")
    return Draft(
        patient=person.id,
        patient_name=person.name,
        kind=_kind(form),
        texts={name: str(form.get(name, "")) for name in notes.SECTIONS},
        version=whole(version) or 0,
        shared=str(form.get("shared", "")) if form.get("shared") in set(For) else "",
        hidden=form.get("hidden") == "ja",
    )


def _kind(form: FormData) -> str:
    """The chosen kind of note; the first where the form names none that there is."""
    chosen = str(form.get("kind", ""))
    return chosen if chosen in notes.KINDS else notes.KINDS[0]


async def drafts(request: Request) -> Response:
    """All one's own drafts."""
    ctx = context(request)
    return await show_work(request, ctx, "ehr/drafts.html", menu="drafts", drafts=await draft_lines(ctx))


async def draft_lines(ctx: Context) -> list[dict[str, str]]:
    """One's own drafts as lines: patient, its name, when saved, how it begins, and where one goes on writing."""
    found = [
        {
            "patient": each.patient,
            "patient_name": each.patient_name,
            "saved": each.saved,
            "beginning": shorten(each.words),
            "path": "notater/nytt",
            "kind": "chart.new_note",
        }
        for each in await notes.own_drafts(ctx)
    ]
    found += [
        {
            "patient": each.patient,
            "patient_name": str(each.fields.get("patient_name", "")),
            "saved": each.saved,
            "beginning": shorten(" ".join(str(each.fields.get(name, "")) for name in ("wanted", "story"))),
            "path": "henvisning/ny",
            "kind": "send.new_referral",
        }
        for each in await referrals.own_drafts(ctx)
    ]
    return sorted(found, key=lambda each: each["saved"], reverse=True)
