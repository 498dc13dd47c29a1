"""Asking a patient to open what is closed to the one who treats: on the patient's own page, or in the room."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.edge import consent
from akson.exchange.edge.consent import ASKED, RIGHT, SPOKEN
from akson.exchange.edge.platform import NoAttest
from akson.exchange.wish import HOURS, LONGEST, ME, SHORTEST, UNIT, Wish
from akson.kit.errors import NotAllowed, NotFound, PeerFailed, PeerSilent, Unprocessable
from akson.kit.text import text
from akson.record import closed, trail
from akson.record.context import Context
from akson.web import looks
from akson.web.context import context, reach_of, whole
from akson.web.ehr import patient
from akson.web.ehr.frame import show_work
from akson.web.language import language_of
from akson.web.show import national_id

CHART = "/pasient/{patient}/samtykke"
WRONG = {
    "way": "consent.wrong_way",
    "timer": "consent.wrong_hours",
    "gjelder": "consent.wrong_whom",
    "begrunnelse": "consent.wrong_why",
    "said": "consent.wrong_said",
}
"""What to say at a field."""


def consent_routes() -> list[BaseRoute]:
    """Below the node's own path."""
    return [Route(CHART, form, methods=["GET"]), Route(CHART, send, methods=["POST"])]


async def form(request: Request) -> Response:
    """The form: how, for whom, how long and why, and what the patient will see."""
    return await _form(request, {"gjelder": ME, "timer": "1"}, {})


async def send(request: Request) -> Response:
    """Ask, or write down; the form again, with what is missing or what stood in the way."""
    ctx = context(request)
    given = {name: str(value) for name, value in (await request.form()).items()}
    way, wrong = given.get("way", ""), []
    try:
        wish = Wish.read(given | {"timer": whole(given.get("timer", ""))})
    except Unprocessable as error:
        wrong = [name for issue in error.issues for name in issue.expression]
    wrong += [] if way in {ASKED, SPOKEN} else ["way"]
    wrong += ["said"] if way == SPOKEN and "said" not in given else []
    if wrong:
        return await _form(request, given, {name: WRONG[name] for name in wrong})
    person = await _treated(request, ctx)
    pid = national_id(person.resource)
    try:
        await consent.send(reach_of(request).ask(pid, RIGHT), ctx.node.platform, way, wish)
    except (PeerSilent, PeerFailed, NoAttest):
        return await _form(request, given, {"platform": "consent.silent"}, status=503)
    if way == ASKED:
        return await _form(request, given, {}, asked=True)
    await trail.consented(ctx, person.id, wish.why)
    # There it is waited for, when this transaction has ended, which what is followed is told after.
    return RedirectResponse(f"/{ctx.node.name}/pasient/{person.id}/samtykke/aapnet", 303)


async def _treated(request: Request, ctx: Context) -> patient.Patient:
    """The patient of the page. NotAllowed where nothing is closed to the reader that a consent opens."""
    person = await patient.load(ctx, request.path_params["patient"])
    if not ctx.actor.hpr or not await closed.may_ask(ctx, person.id):
        raise NotAllowed("nothing is closed to this person that the patient can be asked to open")
    if not national_id(person.resource):
        raise NotFound("no citizen by that number")
    return person


async def _form(
    request: Request, given: dict[str, str], wrong: dict[str, str], *, asked: bool = False, status: int = 422
) -> Response:
    ctx = context(request)
    person = await _treated(request, ctx)
    language = language_of(request)
    role = looks.role(ctx.actor.role, language)
    answer = await show_work(
        request,
        ctx,
        "ehr/consent.html",
        menu="patients",
        patient=person,
        given=given,
        wrong=wrong,
        asked=asked,
        ways=(SPOKEN, ASKED),
        whom=(ME, UNIT),
        hours=[(str(each), text(f"consent.hours_{each}", language)) for each in HOURS],
        shortest=SHORTEST,
        longest=LONGEST,
        unit=ctx.actor.unit_name,
        you=", ".join(filter(None, [ctx.actor.name, role, ctx.actor.unit_name])),
    )
    answer.status_code = status if wrong else 200
    return answer
