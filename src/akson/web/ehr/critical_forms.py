"""Writing critical information: the form of a category, and the conflict when two people change the same thing at once.

What is written goes to the shared register of the platform; a change names the version it was made from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care.critical import FIELDS, Field, build, fields_of
from akson.exchange.codelists import codes
from akson.exchange.declare import Part, service
from akson.exchange.edge.platform import Platform
from akson.exchange.edge.share import Item, Shared, fetch, form_key, patient_reference, save
from akson.kit.errors import Issue, Malformed, NotFound, PeerSilent, Unprocessable, VersionMismatch
from akson.kit.text import text
from akson.record.context import Context
from akson.web import critical, show
from akson.web.context import context, reach_of, whole
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.language import language_of
from akson.web.services.filling import Disputed, key_of

WRONG = {
    "required": "critical.wrong_missing",
    "code-invalid": "critical.wrong_choice",
    "value": "critical.wrong_date",
}
"""What to say at a field, by the code of the issue."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of the form as it is shown: its value and what is wrong with it (a key, or empty)."""

    field: Field
    value: str
    options: tuple[tuple[str, str], ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """What one request works on: whose record, which category, and the register opened for that patient."""

    ctx: Context
    person: patient.Patient
    part: Part
    platform: Platform
    pid: str

    async def shared(self) -> Shared:
        """All that the register holds now. PeerSilent when it does not answer."""
        found = await fetch(self.platform, service(critical.SERVICE), self.pid)
        if found.silent:
            raise PeerSilent("The register does not answer")
        return found

    async def item(self, wanted: str) -> Item:
        """One item as it stands now."""
        for item in (await self.shared()).of(self.part):
            if item.resource["id"] == wanted:
                return item
        raise NotFound("No such item")


def critical_routes() -> list[BaseRoute]:
    """The forms, below the path of a record system."""
    base = "/pasient/{patient}/kritisk/{part}"
    return [
        Route(f"{base}/ny", new, methods=["GET"]),
        Route(f"{base}/ny", register, methods=["POST"]),
        Route(base + "/{item}/endre", edit, methods=["GET"]),
        Route(base + "/{item}/endre", register, methods=["POST"]),
    ]


async def new(request: Request) -> Response:
    """An empty form of one category."""
    desk = await _desk(request)
    return await _form(request, desk, {}, version="")


async def edit(request: Request) -> Response:
    """The form with what is registered."""
    desk = await _desk(request)
    item = await desk.item(request.path_params["item"])
    return await _form(request, desk, fields_of(desk.part, item.resource), version=str(item.version))


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
        resource = build(desk.part, form, patient_reference(desk.pid), earlier)
        if earlier is None:
            resource |= form_key(key_of(form))
        await save(desk.platform, desk.ctx.actor, desk.ctx.node, resource, version)
    except Unprocessable as error:
        return await _form(request, desk, form, version=form.get("version", ""), issues=error.issues)
    except VersionMismatch:
        return await _conflict(request, desk, form)
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{desk.person.id}/kritisk", 303)


async def _desk(request: Request) -> Desk:
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    pid = show.national_id(person.resource)
    try:
        part = service(critical.SERVICE).part(request.path_params["part"])
    except KeyError as error:
        raise NotFound("No such category") from error
    return Desk(ctx, person, part, reach_of(request).platform(pid), pid)


async def _conflict(request: Request, desk: Desk, mine: Mapping[str, str]) -> HTMLResponse:
    """Mine, theirs and the original side by side; saving again goes on from the version that is there now."""
    theirs = await desk.item(request.path_params["item"])
    before = await desk.platform.read(f"{desk.part.type}/{theirs.resource['id']}/_history/{mine['version']}")
    now, then = fields_of(desk.part, theirs.resource), fields_of(desk.part, before)
    disputed = []
    for field in FIELDS[desk.part.slug]:
        values = (mine.get(field.name, ""), now[field.name], then[field.name])
        words = (critical.field_words(field, value) for value in values)
        disputed.append(Disputed(field.name, text(field.label, language_of(request)), *values, *words))
    answer = await show_chart(
        request, desk.ctx, "ehr/critical_conflict.html", "critical",
        patient=desk.person, part=desk.part, disputed=disputed, theirs=theirs,
    )  # fmt: skip
    answer.status_code = 409
    return answer


async def _form(
    request: Request, desk: Desk, values: Mapping[str, str], *, version: str, issues: tuple[Issue, ...] = ()
) -> HTMLResponse:
    wrong = {name: WRONG[issue.code] for issue in issues for name in issue.expression}
    asked = [
        Asked(
            field,
            values.get(field.name, ""),
            tuple((code.code, code.display) for system in field.lists for code in codes(system)),
            wrong.get(field.name, ""),
        )
        for field in FIELDS[desk.part.slug]
    ]
    answer = await show_chart(
        request, desk.ctx, "ehr/critical_form.html", "critical",
        patient=desk.person, part=desk.part, asked=asked, version=version, key=key_of(values),
    )  # fmt: skip
    answer.status_code = 422 if issues else 200
    return answer
