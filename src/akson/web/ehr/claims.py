"""The form of a claim in the chart: written, corrected and taken back; the registers are told by themselves (edge/report)."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import claiming
from akson.care.claiming import PART, SERVICE
from akson.exchange.edge.share import URI, form_key
from akson.exchange.entry import NO, YES
from akson.fhir.model import Resource, reference
from akson.fhir.search_parse import parse
from akson.kit.errors import Conflict, Issue, Malformed, NotAllowed, NotFound, Unprocessable, VersionMismatch
from akson.kit.text import text
from akson.record import gate
from akson.record.context import Context
from akson.security.actor import Action
from akson.web import say, show
from akson.web.context import context, one, whole
from akson.web.ehr.chart import show_chart
from akson.web.language import language_of
from akson.web.services import book
from akson.web.services.filling import WRONG, key_of

PATH = f"/pasient/{{patient}}/tjenester/{SERVICE}/{PART}"
WORDS = WRONG | {"value": "claim.wrong_number", "invariant": "claim.wrong_free"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the form says back."""

    issues: tuple[Issue, ...] = ()
    lacks: Mapping[str, Mapping[str, object]] | None = None
    """What the record lacks besides (texts)."""
    is_changed: bool = False


def claim_routes() -> list[BaseRoute]:
    """The pages, below the path of a record system and before the forms that are declared."""
    return [
        Route(f"{PATH}/ny", new, methods=["GET"]),
        Route(f"{PATH}/ny", save, methods=["POST"]),
        Route(PATH + "/{item}/endre", edit, methods=["GET"]),
        Route(PATH + "/{item}/endre", save, methods=["POST"]),
        Route(PATH + "/{item}/trekk", withdraw, methods=["POST"]),
    ]


async def new(request: Request) -> Response:
    """An empty form."""
    return await _page(request, _allowed(request), {})


async def edit(request: Request) -> Response:
    """The form with a claim."""
    ctx = _allowed(request)
    claim = await _own(ctx, request)
    values = claiming.form_of(claim) | {"version": claim["meta"]["versionId"]}
    return await _page(request, ctx, values)


async def save(request: Request) -> Response:
    """Write a claim or a change of it; the form again where something is missing, or to count the sum."""
    ctx, patient = _allowed(request), request.path_params["patient"]
    form = {name: str(value).strip() for name, value in (await request.form()).items()}
    earlier = await _own(ctx, request) if "item" in request.path_params else None
    _fits(form, patient, earlier)
    if "count" in form:
        return await _page(request, ctx, form)
    encounters = await claiming.consultations(ctx, patient)
    try:
        kept = earlier is not None and claiming.form_of(earlier)["diagnosis"] == claiming.AS_IT_IS
        claiming.check(form, encounters, await claiming.diagnoses(ctx, patient), kept=kept)
    except Unprocessable as error:
        return await _page(request, ctx, form, Told(error.issues))
    held = next(each for each in encounters if reference(each) == form["encounter"])
    made = claiming.made(form, patient, ctx.actor, held, earlier)
    if missing := await claiming.lacks(ctx, made):
        return await _page(request, ctx, form, Told(lacks=missing))
    try:
        await _write(ctx, made, form, is_new=earlier is None)
    except VersionMismatch:
        newer = await _own(ctx, request)
        return await _page(
            request, ctx, form | {"version": newer["meta"]["versionId"]}, Told(is_changed=True)
        )
    return _back(request)


async def withdraw(request: Request) -> Response:
    """Take a claim back: what HELFO has of it is credited."""
    ctx = _allowed(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    claim = await _own(ctx, request)
    _fits(form, request.path_params["patient"], claim)
    await gate.update(ctx, claim | {"status": "cancelled"}, if_match=whole(form["version"]))
    return _back(request)


async def _write(ctx: Context, made: Resource, form: Mapping[str, str], *, is_new: bool) -> None:
    if not is_new:
        await gate.update(ctx, made, if_match=whole(form["version"]))
        return
    key = key_of(form)  # what is sent twice is registered once
    once = parse("Claim", [("identifier", f"{URI}|urn:uuid:{key}")], base=ctx.node.fhir)
    await gate.create(ctx, made | form_key(key), if_none_exist=once)


def _allowed(request: Request) -> Context:
    """NotFound where the service is switched off, NotAllowed for a role that writes no claims."""
    book.named(SERVICE)
    ctx = context(request)
    if not gate.may(ctx, Action.CREATE, "Claim"):
        raise NotAllowed("the role writes no claims")
    return ctx


async def _own(ctx: Context, request: Request) -> Resource:
    """The claim of the address, which is about the patient of the page and stands."""
    claim = await one(ctx, "Claim", request.path_params["item"])
    if claim["patient"].get("reference") != f"Patient/{request.path_params['patient']}":
        raise NotFound("No such claim")
    if claim.get("status") != "active":
        raise Conflict("the claim was taken back")
    return claim


def _fits(form: Mapping[str, str], patient: str, earlier: Resource | None) -> None:
    if form.get("patient") != patient:
        raise Conflict("the form is about another patient than the page")
    if earlier is not None and whole(form.get("version", "")) is None:
        raise Malformed("A change must name the version it was made from", expression=("version",))


def _back(request: Request) -> Response:
    patient = request.path_params["patient"]
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{patient}/tjenester/{SERVICE}", 303)


async def _page(
    request: Request, ctx: Context, values: Mapping[str, str], told: Told | None = None
) -> HTMLResponse:
    told, language, patient = told or Told(), language_of(request), request.path_params["patient"]
    encounters = [
        (reference(each), _met(each, language)) for each in await claiming.consultations(ctx, patient)
    ]
    conditions = [
        (reference(each), f"{show.concept(each['code'])} ({show.code(each['code'])})")
        for each in await claiming.diagnoses(ctx, patient)
    ]
    if values.get("diagnosis") == claiming.AS_IT_IS:
        conditions.insert(0, (claiming.AS_IT_IS, text("claim.as_it_is", language)))
    answer = await show_chart(
        request, ctx, "ehr/claim_form.html", "services", values=values, rows=claiming.rows(values),
        total=str(claiming.total(values)), encounters=encounters, conditions=conditions, told=told,
        key=key_of(values), item=request.path_params.get("item", ""), service=SERVICE,
        wrong={name: WORDS[issue.code] for issue in told.issues for name in issue.expression},
        reasons=[(code, text(f"claim.free_{code.lower()}", language)) for code in claiming.REASONS],
        answers=[(each, text(f"web.{each}", language)) for each in (YES, NO)],
    )  # fmt: skip
    answer.status_code = 422 if told.issues or told.lacks else 409 if told.is_changed else 200
    return answer


def _met(encounter: Resource, language: str) -> str:
    """A consultation in words: when, and where."""
    where = show.display(encounter.get("serviceProvider"))
    return ", ".join(filter(None, (say.when(encounter["period"]["start"], language), where)))
