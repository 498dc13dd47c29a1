"""Letters: writing a referral from the chart, reading what came, taking it into the record, answering it."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import summaries
from akson.care.correspondence import STATES
from akson.care.summaries import Written
from akson.exchange.edge import send
from akson.exchange.edge.mailroom import Mailroom, register_patient
from akson.exchange.edge.send import Opened, Order
from akson.fhir.model import Resource, reference
from akson.kit.errors import Conflict, PeerFailed, PeerSilent
from akson.messaging.addresses import Entry
from akson.messaging.mapping import reading
from akson.messaging.model import Referral
from akson.record.context import Context
from akson.web import show
from akson.web.context import context
from akson.web.ehr import patient, rows
from akson.web.ehr.chart import show_chart
from akson.web.ehr.frame import show_work
from akson.web.language import language_of

PRIORITIES = ("routine", "urgent", "asap", "stat")


def letter_routes() -> list[BaseRoute]:
    """The pages of letters, below the path of a record system."""
    return [
        Route("/pasient/{patient}/henvisning", referral_form, methods=["GET"]),
        Route("/pasient/{patient}/henvisning", send_referral, methods=["POST"]),
        Route("/brev/{letter}", read, methods=["GET"]),
        Route("/brev/{letter}/pasient", tell_patient, methods=["POST"]),
        Route("/brev/{letter}/ta-inn", take_in, methods=["POST"]),
        Route("/brev/{letter}/epikrise", answer, methods=["POST"]),
    ]


def mailroom_of(request: Request) -> Mailroom:
    """The node's own post."""
    found: Mailroom = request.state.mailroom
    return found


async def referral_form(request: Request) -> Response:
    """The form, filled in with what the record has."""
    return await _form(request, context(request), {})


async def _form(request: Request, ctx: Context, values: Mapping[str, str], problem: str = "") -> Response:
    person = await patient.load(ctx, request.path_params["patient"])
    record = await send.prefill(ctx, person.id)
    addresses, silent = await _receivers(request)
    return await show_chart(
        request,
        ctx,
        "ehr/referral.html",
        "messages",
        patient=person,
        receivers=[(each.her_id, each.label) for each in addresses],
        silent=silent,
        problems=[(reference(each), show.concept(each.get("code"))) for each in record.conditions],
        medicines=[(reference(each), rows.medicine_name(each)) for each in record.medications],
        allergies=[(reference(each), show.concept(each.get("code"))) for each in record.allergies],
        priorities=PRIORITIES,
        values=values,
        problem=problem,
    )


async def _receivers(request: Request) -> tuple[list[Entry], bool]:
    """Addresses that take referrals, and whether the address register failed to answer."""
    try:
        return await send.receivers(mailroom_of(request)), False
    except (PeerSilent, PeerFailed):
        return [], True


async def send_referral(request: Request) -> Response:
    """Send it, or show the form again with what is missing."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    form = await request.form()
    if form.get("patient") != person.id:
        raise Conflict("the form is about another patient than the page")
    values = {
        name: str(form.get(name, "")).strip() for name in ("to", "wanted", "story", "reason", "priority")
    }
    if not (values["to"] and values["wanted"] and values["story"]):
        answer = await _form(request, ctx, values, "chart.referral_incomplete")
        answer.status_code = 422
        return answer
    await send.send_referral(ctx, mailroom_of(request), await _order(ctx, person.id, form, values))
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{person.id}/meldinger", 303)


async def _order(ctx: Context, patient_id: str, form: FormData, values: Mapping[str, str]) -> Order:
    record = await send.prefill(ctx, patient_id)
    reasons: list[Resource] = [
        each["code"] for each in record.conditions if reference(each) == values["reason"] and "code" in each
    ]
    return Order(
        patient=patient_id,
        to=values["to"],
        wanted=values["wanted"],
        story=values["story"],
        priority=values["priority"] if values["priority"] in PRIORITIES else PRIORITIES[0],
        reasons=reasons,
        include={str(each) for each in form.getlist("include")} | ({values["reason"]} if reasons else set()),
    )


async def read(request: Request) -> Response:
    """A letter: what it says, what became of it, and what can be done with it."""
    return await _letter(request, context(request))


async def _letter(request: Request, ctx: Context, problem: str = "") -> Response:
    mailroom, language = mailroom_of(request), language_of(request)
    entry = await send.opened(ctx, mailroom, request.path_params["letter"])
    steps = await send.history_of(ctx, mailroom, entry.message.id)
    values = _shown(entry, language) | {
        "steps": [(when, STATES.get(state, "received"), detail) for when, state, detail in steps],
        "problem": problem,
    }
    if not entry.message.patient:
        return await show_work(request, ctx, "ehr/letter_unplaced.html", menu="inbox", **values)
    person = await patient.load(ctx, entry.message.patient)
    return await show_chart(request, ctx, "ehr/letter.html", "messages", patient=person, **values)


def _shown(entry: Opened, language: str) -> dict[str, Any]:
    letter, message = entry.letter, entry.message
    incoming = message.direction == "in"
    return {
        "letter": message.id,
        "incoming": incoming,
        "title": reading.title(letter, language),
        "other": (letter.header.sender if incoming else letter.header.receiver).name,
        "state": STATES.get(message.state, "received"),
        "about": letter.header.patient.full_name,
        "about_born": letter.header.patient.born,
        "paragraphs": list(reading.paragraphs(letter, language)),
        "proposals": entry.proposals,
        "open": incoming and message.state in {"new", "opened"},
        "answerable": incoming and isinstance(letter, Referral) and bool(message.patient),
        "headings": summaries.headings(),
    }


async def tell_patient(request: Request) -> Response:
    """Make the person of the letter a patient here, so that the letter gets a record to stand in."""
    letter = request.path_params["letter"]
    await register_patient(context(request), mailroom_of(request), letter)
    return RedirectResponse(f"{request.scope['root_path']}/brev/{letter}", 303)


async def take_in(request: Request) -> Response:
    """Write the accepted items into the record and finish the entry."""
    ctx = context(request)
    letter = request.path_params["letter"]
    entry = await send.opened(ctx, mailroom_of(request), letter)
    accepted = {str(key) for key in (await request.form()).getlist("accept")}
    await send.take_in(ctx, mailroom_of(request), letter, accepted)
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{entry.message.patient}", 303)


async def answer(request: Request) -> Response:
    """Send the summary back to the one who referred."""
    ctx = context(request)
    form = await request.form()
    written = Written(
        str(form.get("title", "")).strip(), {code: str(form.get(code, "")) for code in summaries.HEADINGS}
    )
    if not (written.title and written.sections):
        return await _letter(request, ctx, "chart.summary_incomplete")
    letter = request.path_params["letter"]
    sent = await summaries.answer(ctx, mailroom_of(request), letter, written)
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{sent.patient}/meldinger", 303)
