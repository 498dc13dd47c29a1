"""Writing to a shared register from a chart: the form of a part, and the conflict when two change the same item at once.

What is written goes to the register of the platform; a change names the version it was made from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import entry
from akson.exchange.declare import InformationService, Part, Party
from akson.exchange.edge.platform import Platform
from akson.exchange.edge.share import Item, fetch, form_key, patient_reference, save
from akson.kit.errors import (
    Issue,
    Malformed,
    NotAllowed,
    NotFound,
    PeerSilent,
    Unprocessable,
    VersionMismatch,
)
from akson.record.context import Context
from akson.web import show
from akson.web.context import context, reach_of, whole
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.language import language_of
from akson.web.services import book, filling
from akson.web.services.filling import key_of


@dataclass(frozen=True, slots=True)
class Desk:
    """What one request works on: whose record, which part, and the register opened for that patient."""

    ctx: Context
    person: patient.Patient
    service: InformationService
    part: Part
    platform: Platform
    pid: str

    async def item(self, wanted: str) -> Item:
        """One item as it stands now. PeerSilent when the register does not answer, NotFound when it is not there."""
        found = await fetch(self.platform, self.service, self.pid)
        if found.silent:
            raise PeerSilent("The register does not answer")
        for item in found.of(self.part):
            if item.resource["id"] == wanted:
                return item
        raise NotFound("No such item")

    def path(self, root: str) -> str:
        """The page of the service."""
        return f"{root}/pasient/{self.person.id}/tjenester/{self.service.slug}"


def form_routes() -> list[BaseRoute]:
    """The forms, below the path of a record system."""
    base = "/pasient/{patient}/tjenester/{service}/{part}"
    return [
        Route(f"{base}/ny", new, methods=["GET"]),
        Route(f"{base}/ny", register, methods=["POST"]),
        Route(base + "/{item}/endre", edit, methods=["GET"]),
        Route(base + "/{item}/endre", register, methods=["POST"]),
    ]


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, await _desk(request), {}, version="")


async def edit(request: Request) -> Response:
    """The form with what is registered."""
    desk = await _desk(request)
    item = await desk.item(request.path_params["item"])
    return await _form(request, desk, entry.fields_of(desk.part, item.resource), version=str(item.version))


async def register(request: Request) -> Response:
    """Save a new item or a change; the conflict view when somebody else was faster."""
    desk = await _desk(request)
    form = {key: str(value) for key, value in (await request.form()).items()}
    version = whole(form.get("version", ""))
    wanted = request.path_params.get("item")
    if wanted and version is None:
        raise Malformed("A change must name the version it was made from", expression=("version",))
    try:
        earlier = (await desk.item(wanted)).resource if wanted else None
        resource = entry.build(desk.service, desk.part, form, patient_reference(desk.pid), earlier)
        if earlier is None:
            resource |= form_key(key_of(form))
        await save(desk.platform, desk.ctx.actor, desk.ctx.node, resource, version)
    except Unprocessable as error:
        return await _form(request, desk, form, version=form.get("version", ""), issues=error.issues)
    except VersionMismatch:
        return await _conflict(request, desk, form)
    return RedirectResponse(desk.path(request.scope["root_path"]), 303)


async def _desk(request: Request) -> Desk:
    ctx = context(request)
    found = book.named(request.path_params["service"])
    part = book.part_of(found, request.path_params["part"])
    if not book.writes(found, part, Party.PERSONNEL):
        raise NotAllowed("This is not registered by hand")
    person = await patient.load(ctx, request.path_params["patient"])
    pid = show.national_id(person.resource)
    return Desk(ctx, person, found, part, reach_of(request).platform(pid), pid)


async def _conflict(request: Request, desk: Desk, mine: Mapping[str, str]) -> HTMLResponse:
    """Mine, theirs and the original side by side; saving again goes on from the version that is there now."""
    theirs = await desk.item(request.path_params["item"])
    before = await desk.platform.read(f"{desk.part.type}/{theirs.resource['id']}/_history/{mine['version']}")
    fields = filling.disputed(desk.part, mine, theirs.resource, before, language_of(request))
    answer = await show_chart(
        request, desk.ctx, "services/chart_conflict.html", "services",
        patient=desk.person, service=desk.service, part=desk.part, disputed=fields, theirs=theirs,
    )  # fmt: skip
    answer.status_code = 409
    return answer


async def _form(
    request: Request, desk: Desk, values: Mapping[str, str], *, version: str, issues: tuple[Issue, ...] = ()
) -> HTMLResponse:
    answer = await show_chart(
        request, desk.ctx, "services/chart_form.html", "services",
        patient=desk.person, service=desk.service, part=desk.part, version=version, key=key_of(values),
        asked=filling.asked(desk.part, values, issues, language_of(request)),
    )  # fmt: skip
    answer.status_code = 422 if issues else 200
    return answer
