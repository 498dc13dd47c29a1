"""A received letter: read it, take in what it says item by item, decide on a referral, answer with a summary."""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akson.care import correspondence, referrals
from akson.exchange.edge import answer, send
from akson.exchange.edge.mailroom import register_patient
from akson.exchange.edge.send import Opened
from akson.exchange.edge.share import Item as Shelf
from akson.exchange.edge.share import Shared
from akson.fhir.model import Resource
from akson.kit import norwegian
from akson.kit.errors import Conflict, Unprocessable
from akson.messaging.laboratory import Report
from akson.messaging.mapping import reading
from akson.messaging.mapping.incoming import Proposal
from akson.messaging.model import Letter, Referral
from akson.record.context import Context
from akson.web import critical, show
from akson.web.context import context, find, one, whole
from akson.web.ehr import cases, patient, register, results, rows
from akson.web.ehr.chart import show_chart
from akson.web.ehr.frame import show_work
from akson.web.ehr.referrals import mailroom_of
from akson.web.language import language_of

WARNINGS = frozenset({"AllergyIntolerance", "Flag"})
"""What the shared register of critical information may hold already."""


@dataclass(frozen=True, slots=True)
class Item:
    """One structured item of a letter. `here` are the words of what this record has."""

    key: str
    kind: str
    title: str
    same: bool
    differs: bool
    here: str = ""


async def letter(request: Request) -> Response:
    """An entry of the inbox."""
    ctx = context(request)
    entry = await send.opened(ctx, mailroom_of(request), request.path_params["message"])
    return await _show(request, ctx, entry)


async def take_in(request: Request) -> Response:
    """Write the items that were accepted. A referral stays open until it is decided on."""
    ctx, mailroom = context(request), mailroom_of(request)
    form = await request.form()
    wanted = {str(key) for key, value in form.items() if value == "take"}
    message = request.path_params["message"]
    entry = await send.opened(ctx, mailroom, message)
    is_referral = isinstance(entry.letter, Referral)
    written = await send.take_in(ctx, mailroom, message, wanted, finish=not is_referral)
    if not is_referral and entry.message.reference:
        await referrals.finish_tasks(ctx, entry.message.reference)
    return RedirectResponse(f"{_here(request)}?tatt={len(written)}", 303)


async def finish(request: Request) -> Response:
    """Read, nothing to take in: the entry and its task are done."""
    ctx, mailroom = context(request), mailroom_of(request)
    entry = await send.opened(ctx, mailroom, request.path_params["message"])
    if isinstance(entry.letter, Referral | Report):
        raise Conflict("a referral is decided on and a report signed for, not only read")
    await send.take_in(ctx, mailroom, entry.message.id, ())
    if entry.message.reference:
        await referrals.finish_tasks(ctx, entry.message.reference)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/innboks", 303)


async def decide(request: Request) -> Response:
    """What the unit decides on what it is asked for; the one who asked is told, with the reason."""
    ctx, mailroom = context(request), mailroom_of(request)
    entry = await send.opened(ctx, mailroom, request.path_params["message"])
    at = await answer.case_of(ctx, entry.message)
    if at is None or not entry.message.patient:
        raise Unprocessable("only a request whose patient is known can be decided on")
    step = await cases.step_of(request, at)
    if isinstance(step, cases.Wrong):
        return await _show(request, ctx, entry, wrong=step)
    await cases.act(ctx, mailroom, at, step)
    return RedirectResponse(_here(request), 303)


async def choose_patient(request: Request) -> Response:
    """Say whom a letter is about: one of those who may be meant, or somebody new."""
    ctx, mailroom = context(request), mailroom_of(request)
    chosen = str((await request.form()).get("chosen", ""))
    entry = await send.opened(ctx, mailroom, request.path_params["message"])
    if chosen not in ("new", *(each["id"] for each in await _candidates(ctx, entry.letter))):
        raise Unprocessable("the patient is none of those that the page showed")
    await register_patient(ctx, mailroom, entry.message.id, "" if chosen == "new" else chosen)
    return RedirectResponse(_here(request), 303)


async def _show(
    request: Request, ctx: Context, entry: Opened, *, wrong: cases.Wrong | None = None
) -> HTMLResponse:
    language = language_of(request)
    message, found = entry.message, entry.letter
    values: dict[str, Any] = {
        "message": message,
        "letter": found,
        "title": reading.title(found, language),
        "parts": tuple(reading.paragraphs(found, language)),
        "line": await correspondence.entry(ctx, message, language),
    }
    if not message.patient:
        people = [patient.build(ctx, each, [], []) for each in await _candidates(ctx, found)]
        return await show_work(
            request, ctx, "ehr/letter_unmatched.html", menu="inbox", people=people, **values
        )
    is_referral = isinstance(found, Referral)
    sender = found.header.sender.professional
    taken = request.query_params.get("tatt", "")
    person = await patient.load(ctx, message.patient)
    shared = await register.shared_of(request, person)
    answer = await show_chart(
        request, ctx, "ehr/letter.html", "messages", patient=person, shared=shared,
        items=[await _item(ctx, each, _shared_words(shared)) for each in entry.proposals], is_referral=is_referral,
        links=await _links(request, ctx, found, person, shared), report=await results.of_report(ctx, message.reference, language),
        case=await cases.about(ctx, message), case_at=f"/innboks/{message.id}/vurder",
        sender=sender.person.full_name if sender else "", taken=whole(taken),
        wrong=wrong, **values,
    )  # fmt: skip
    answer.status_code = 422 if wrong else 200
    return answer


def _shared_words(shared: Shared) -> frozenset[str]:
    """What the shared register holds, by name: it is on everybody's screen and need not be copied into the record."""
    return frozenset(line.what.casefold() for line in critical.lines(shared.items) if line.what)


async def _item(ctx: Context, proposal: Proposal, shared: frozenset[str]) -> Item:
    kind = proposal.key.partition("-")[0]
    here = _here_says(ctx, await one(ctx, *proposal.same_as.split("/", 1))) if proposal.differs else ""
    warning = proposal.resource["resourceType"] in WARNINGS
    known = warning and any(words in proposal.title.casefold() for words in shared)
    is_same = known or (bool(proposal.same_as) and not proposal.differs)
    return Item(proposal.key, kind, proposal.title, is_same, proposal.differs, here)


@dataclass(frozen=True, slots=True)
class Link:
    """What a letter leads to in a shared register, as it stands there now for this reader; `what` empty where it does not."""

    title: str
    what: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    """Keys of labels, with words."""
    told: tuple[str, ...] = ()
    """Of which part it is, and who wrote it."""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a letter. `missing`: a register did not answer, or the reader may not look there."""

    found: tuple[Link, ...] = ()
    missing: bool = False
    has_medicines: bool = False
    has_critical: bool = False


async def _links(
    request: Request, ctx: Context, found: Letter, person: patient.Patient, shared: Shared
) -> Links:
    """Links of a letter into the registers that this node reads; those to other places are not followed."""
    base = f"{ctx.node.platform}/fhir/"
    led = [a for a in found.attachments if a.is_link and a.reference.startswith(base)]
    of_list = [a for a in led if a.reference.removeprefix(base).startswith("MedicationStatement/")]
    listed = await register.medicines_of(request, person) if of_list else Shared(())
    now = {line.id: _critical(line) for line in critical.lines(shared.items)}
    now |= {item.resource["id"]: _medicine(ctx, item) for item in listed.items}
    others = len(led) > len(of_list)
    missing = listed.silent or listed.refused or (others and (shared.silent or shared.refused))
    lines = (replace(now.get(a.reference.rpartition("/")[2], Link("")), title=a.title) for a in led)
    return Links(tuple(lines), missing, bool(of_list), others)


def _critical(line: critical.Line) -> Link:
    return Link("", line.what, line.facts, (line.part, line.who), line.when)


def _medicine(ctx: Context, item: Shelf) -> Link:
    line = rows.medicine(item.resource, ctx.node)
    facts = tuple(
        (label, words)
        for label, words in (("medicine.dose", line.dosing), ("medicine.why", line.reason))
        if words
    )
    return Link("", line.name, facts, (item.part.title, item.who), item.when)


def _here_says(ctx: Context, there: Resource) -> str:
    """What this record has, in words, of something that a letter says otherwise."""
    if there["resourceType"] == "MedicationStatement":
        line = rows.medicine(there, ctx.node)
        return " – ".join(filter(None, (line.name, line.dosing)))
    if there["resourceType"] == "EpisodeOfCare":
        row = rows.service(there, ctx.node)
        return " – ".join(filter(None, (row.title, row.detail)))
    if there["resourceType"] == "RelatedPerson":
        phones = (str(each.get("value", "")) for each in there.get("telecom", ()))
        return ", ".join(filter(None, (show.name(there), *phones)))
    return show.concept(there.get("code"))


async def _candidates(ctx: Context, found: Letter) -> list[dict[str, Any]]:
    """Patients of this record whom the letter may mean: by identity number, else by birth date and family name."""
    who = found.header.patient
    if who.national_id:
        number = f"{norwegian.FNR}|{who.national_id},{norwegian.DNR}|{who.national_id}"
        return await find(ctx, "Patient", ("identifier", number))
    if who.born and who.family:
        return await find(ctx, "Patient", ("birthdate", who.born), ("family", who.family))
    return []


def _here(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}/innboks/{request.path_params['message']}"
