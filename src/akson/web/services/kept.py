"""A shared list with an order of versions, in a chart: who changed what and why, and going through the whole list (samstemming)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care.prescribing import Warned
from akson.exchange.edge.kept import Keeper, Move
from akson.exchange.edge.platform import Platform
from akson.exchange.edge.share import Item, Shared, fetch, patient_reference
from akson.exchange.kept import Step, Why, ended, name_of, steps
from akson.fhir.model import Resource
from akson.kit.errors import NotFound, PeerSilent, VersionMismatch
from akson.record.context import Context
from akson.web import show
from akson.web.context import context, permitted, reach_of, whole
from akson.web.ehr import patient
from akson.web.ehr.chart import PAGE, show_chart
from akson.web.language import language_of
from akson.web.services import book, weighing
from akson.web.services.forms import list_version, missed
from akson.web.services.steps import lines, versions_of

CHART = "/pasient/{patient}/tjenester/{service}"
IN_USE = frozenset({"active", "on-hold", "intended"})
CONFIRM, DOSE, PAUSE, STOP, ADD, LEAVE = "bekreft", "dose", "pause", "avsluttet", "startet", "utenfor"
"""What is decided of each medicine when a list is gone through. DOSE, PAUSE, STOP and ADD are kinds of change."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One medicine that is decided on: of the shared list, or (`own`) of this record alone."""

    key: str
    name: str
    dose: str
    use: str
    status: str
    choices: tuple[str, ...]
    choice: str = ""
    new_dose: str = ""
    why: str = ""
    error: str = ""
    """Key of the catalogues: what is missing."""


def kept_routes() -> list[BaseRoute]:
    """The pages, below the path of a record system."""
    return [
        Route(f"{CHART}/endringer", history),
        Route(f"{CHART}/samstemming", going_through, methods=["GET"]),
        Route(f"{CHART}/samstemming", gone_through, methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one request works on: the list as it stands, and what this record itself says the patient takes."""

    ctx: Context
    person: patient.Patient
    keeper: Keeper
    pid: str
    found: Shared
    own: tuple[Resource, ...]

    @property
    def items(self) -> dict[str, Item]:
        """The items in use by their ids."""
        return {
            each.resource["id"]: each
            for each in self.found.items
            if each.part.kinds and each.resource.get("status") in IN_USE
        }

    async def warned(self, rows: Sequence[Checked], language: str) -> dict[str, list[Warned]]:
        """What to think over of each medicine, by the key of its row, as it will be when what is decided so far holds."""
        own = {f"own-{each['id']}": each for each in self.own}
        held = {key: each.resource for key, each in self.items.items()} | own
        will = {
            row.key: held[row.key] | ({"dosage": [{"text": row.new_dose}]} if row.choice == DOSE else {})
            for row in rows
            if row.choice not in {PAUSE, STOP, LEAVE}
        }
        taken = {key: each for key, each in will.items() if key not in own}
        taken |= {row.key: will[row.key] for row in rows if row.choice == ADD}
        asked = {key: each for key, each in will.items() if key not in taken}
        return await weighing.weighed(self.keeper.platform, self.pid, taken, asked, language)

    def rows(self, form: Mapping[str, str]) -> list[Checked]:
        """All that is decided on, with what was filled in."""
        listed = [
            _row(key, each.resource, (CONFIRM, DOSE, PAUSE, STOP), form) for key, each in self.items.items()
        ]
        names = {row.name.casefold() for row in listed}
        return listed + [
            _row(f"own-{each['id']}", each, (ADD, LEAVE), form)
            for each in self.own
            if name_of(each).casefold() not in names
        ]


async def history(request: Request) -> Response:
    """Who changed what, when and why, the newest first."""
    ctx, person, platform, found = await _opened(request)
    service = book.named(request.path_params["service"])
    made = steps(service, found.told)
    names = dict.fromkeys(each.item for each in made if each.item)
    bundles = await platform.batch([f"{name}/_history?_count=100" for name in names]) if names else []
    versions = versions_of(
        entry["resource"] for each in bundles for entry in each.get("entry", []) if "resource" in entry
    )
    return await show_chart(
        request, ctx, "services/chart_history.html", "services", patient=person, service=service,
        lines=lines(made, versions, service, language_of(request)), held=found,
    )  # fmt: skip


async def going_through(request: Request) -> Response:
    """The list, each medicine with what can be decided of it."""
    return await _page(request, await _sheet(request), {})


async def gone_through(request: Request) -> Response:
    """Save what was decided, all at once, with the date and who went through it."""
    sheet = await _sheet(request)
    form = {key: str(value) for key, value in (await request.form()).items()}
    rows = sheet.rows(form)
    if form.get("list_version", "") != list_version(sheet.found):
        return await _page(request, sheet, form, since=missed(sheet.keeper.service, sheet.found, form))
    if any(row.error for row in rows) or not form.get("how", "").strip():
        return await _page(request, sheet, form, is_faulty=True)
    on, doubts = form.get("anyway", "").strip(), await sheet.warned(rows, language_of(request))
    if doubts and not on:
        return await _page(request, sheet, form, is_faulty=True)
    moves = [move for row in rows if (move := _move(sheet, row)) is not None]
    try:
        listed = await sheet.keeper.opened(sheet.pid, whole(form.get("list_version", "")))
        await sheet.keeper.save(
            listed, moves, reconciled=". ".join(filter(None, [form["how"].strip(), on if doubts else ""]))
        )
    except VersionMismatch:
        again = await _sheet(request)
        return await _page(request, again, form, since=missed(again.keeper.service, again.found, form))
    slug = sheet.keeper.service.slug
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{sheet.person.id}/tjenester/{slug}", 303)


async def _page(
    request: Request,
    sheet: Sheet,
    form: Mapping[str, str],
    *,
    since: list[Step] | None = None,
    is_faulty: bool = False,
) -> HTMLResponse:
    rows = sheet.rows(form)
    answer = await show_chart(
        request, sheet.ctx, "services/chart_reconcile.html", "services", patient=sheet.person,
        service=sheet.keeper.service, held=sheet.found, rows=rows, missed=since,
        list_version=list_version(sheet.found), how=form.get("how", ""), faulty=is_faulty,
        doubts=await sheet.warned(rows, language_of(request)), notices=weighing.of_list(sheet.found), anyway=form.get("anyway", ""),
    )  # fmt: skip
    answer.status_code = 422 if is_faulty else 200 if since is None else 409
    return answer


async def _sheet(request: Request) -> Sheet:
    ctx, person, platform, found = await _opened(request)
    pid = show.national_id(person.resource)
    service = book.named(request.path_params["service"])
    about = (("patient", f"Patient/{person.id}"), ("status", ",".join(sorted(IN_USE))), ("_count", PAGE))
    own = await permitted(ctx, "MedicationStatement", *about)
    return Sheet(ctx, person, Keeper(platform, ctx.actor, ctx.node, service), pid, found, tuple(own))


async def _opened(request: Request) -> tuple[Context, patient.Patient, Platform, Shared]:
    """The list as it stands. NotFound for a service that keeps none; PeerSilent when the register does not answer."""
    ctx = context(request)
    service = book.named(request.path_params["service"])
    if not service.kinds:
        raise NotFound("No such list")
    person = await patient.load(ctx, request.path_params["patient"])
    pid = show.national_id(person.resource)
    platform = reach_of(request).platform(pid)
    found = await fetch(platform, service, pid)
    if found.silent:
        raise PeerSilent("The register does not answer")
    return ctx, person, platform, found


def _row(key: str, resource: Resource, choices: tuple[str, ...], form: Mapping[str, str]) -> Checked:
    reasons = [show.concept(each) for each in resource.get("reasonCode", [])]
    choice, why, dose = (form.get(f"{name}-{key}", "").strip() for name in ("do", "why", "dose"))
    return Checked(
        key,
        name_of(resource),
        next((str(each.get("text", "")) for each in resource.get("dosage", [])), ""),
        ", ".join(filter(None, reasons)),
        str(resource.get("status", "")),
        choices,
        choice if choice in choices else "",
        dose,
        why,
        _fault(choice if choice in choices else "", why, dose) if form else "",
    )


def _fault(choice: str, why: str, dose: str) -> str:
    if not choice:
        return "medicine.wrong_choose"
    if choice == DOSE and not dose:
        return "medicine.wrong_dose"
    return "medicine.wrong_why" if choice in {DOSE, PAUSE, STOP} and not why else ""


def _move(sheet: Sheet, row: Checked) -> Move | None:
    """What was decided of one medicine; None where it stands as it was."""
    if row.choice in {CONFIRM, LEAVE}:
        return None
    if row.choice == ADD:
        own = next(each for each in sheet.own if f"own-{each['id']}" == row.key)
        kept = {
            name: own[name]
            for name in ("medicationCodeableConcept", "dosage", "reasonCode", "effectivePeriod")
            if name in own
        }
        made = {
            "resourceType": own["resourceType"],
            "status": own["status"],
            "subject": {"reference": patient_reference(sheet.pid)},
            "meta": {"tag": [sheet.keeper.service.tag]},
        }
        return Move(made | kept, None, Why(ADD, row.why or row.use or row.name))
    item = sheet.items[row.key]
    resource = dict(item.resource) | {"subject": {"reference": patient_reference(sheet.pid)}}
    if row.choice == DOSE:
        resource["dosage"] = [{"text": row.new_dose}]
    why = Why(row.choice, row.why)
    return Move(ended(resource, why), item.version, why)
