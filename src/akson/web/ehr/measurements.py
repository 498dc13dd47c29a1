"""What personnel measure and count at the bedside, written into the own record: one kind at a time."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import measuring
from akson.care.measuring import CLINICAL
from akson.exchange.edge.share import URI, form_key
from akson.fhir.search_parse import parse
from akson.kit.clock import instant
from akson.kit.errors import Conflict, Issue, Malformed, NotAllowed, Unprocessable
from akson.record import gate
from akson.security.actor import Action
from akson.web.context import context
from akson.web.ehr.chart import show_chart
from akson.web.measured import faults, moment_of
from akson.web.services.filling import key_of

PATH = "/pasient/{patient}/maalinger"
SERVICE = "undersoekelser-og-maalinger"


def measurement_routes() -> list[BaseRoute]:
    """The form, below the path of a record system."""
    return [Route(PATH, editor, methods=["GET"]), Route(PATH, write, methods=["POST"])]


async def editor(request: Request) -> Response:
    """The form of one kind."""
    wanted = request.query_params.get("slag", "")
    return await _page(request, {"kind": wanted if wanted in CLINICAL else "pressure"}, ())


async def write(request: Request) -> Response:
    """Write a measurement down; the form as it was when it cannot be one. Conflict when the form is of another patient."""
    ctx, patient = context(request), request.path_params["patient"]
    form = {name: str(value) for name, value in (await request.form()).items()}
    if form.get("patient") != patient:
        raise Conflict("the form is about another patient than the page")
    if form.get("kind") not in CLINICAL:
        raise Malformed("no such kind of measurement", expression=("kind",))
    kind = CLINICAL[form["kind"]]
    try:
        values, moment = measuring.numbers(kind, form), moment_of(form)
    except Unprocessable as error:
        return await _page(request, form, error.issues)
    who = {"reference": ctx.actor.practitioner, "display": ctx.actor.name}
    made = measuring.clinical(kind, values, instant(moment), patient, who)
    key = key_of(form)  # what is sent twice is registered once
    once = parse("Observation", [("identifier", f"{URI}|urn:uuid:{key}")], base=ctx.node.fhir)
    await gate.create(ctx, made | form_key(key), if_none_exist=once)
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{patient}/tjenester/{SERVICE}", 303)


async def _page(request: Request, given: Mapping[str, str], issues: tuple[Issue, ...]) -> HTMLResponse:
    ctx = context(request)
    if not gate.may(ctx, Action.CREATE, "Observation"):
        raise NotAllowed("the role measures nothing")
    answer = await show_chart(
        request, ctx, "ehr/measure.html", "services", kinds=list(CLINICAL.values()), kind=CLINICAL[given["kind"]],
        given=given, wrong=faults(issues), key=key_of(given),
    )  # fmt: skip
    answer.status_code = 422 if issues else 200
    return answer
