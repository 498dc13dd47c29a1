"""Critical information of the shared register: the list by category, the form, and the conflict when two change at once.

The register lies in the platform; this page asks it and writes to it. When the platform is silent the page says so and
never "nothing is known".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care.critical import FIELDS, Field, build, fields_of
from akson.exchange.codelists import codes
from akson.exchange.declare import Part, service
from akson.exchange.edge.reach import Reach
from akson.exchange.edge.share import Item, Shared, fetch, patient_reference, save
from akson.kit.text import text
from akson.kit.errors import Issue, NotFound, Unprocessable, VersionMismatch
from akson.record.context import Context
from akson.web import show
from akson.web.context import context
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.ehr.patient import Patient
from akson.web.language import language_of
from akson.web.page import render

SERVICE = service("kritisk-informasjon")
WRONG = {"required": "critical.wrong_missing", "code-invalid": "critical.wrong_choice", "value": "critical.wrong_date"}
"""What to say at a field, by the code of the issue."""


@dataclass(frozen=True, slots=True)
class Group:
    """One category with its items."""

    part: Part
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of the form as it is shown: its value and what is wrong with it (a key, or empty)."""

    field: Field
    value: str
    options: tuple[tuple[str, str], ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Disputed:
    """One field that two people changed, in the shape of the conflict view: values, and the words for them."""

    name: str
    label: str
    mine: str
    theirs: str
    original: str
    mine_words: str
    theirs_words: str
    original_words: str


async def shared_of(request: Request, person: Patient) -> Shared:
    """What the register holds about the patient of a page."""
    reach: Reach = request.state.reach
    pid = show.national_id(person.resource)
    return await fetch(reach.platform(pid), SERVICE, pid)


async def critical(request: Request) -> Response:
    """The tab: all categories."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    shared = await shared_of(request, person)
    groups = [Group(part, shared.of(part)) for part in SERVICE.parts]
    return await show_chart(
        request, ctx, "ehr/critical.html", "critical", patient=person, groups=groups, silent=shared.silent
    )


async def panel(request: Request) -> Response:
    """The card of the overview, asked for again when the register changes."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    shared = await shared_of(request, person)
    return render(request, "ehr/critical_panel.html", patient=person, shared=shared)


async def new(request: Request) -> Response:
    """An empty form of one category."""
    ctx = context(request)
    part = _part(request)
    return await _form(request, ctx, part, {}, version="")


async def edit(request: Request) -> Response:
    """The form with what is registered."""
    ctx = context(request)
    part = _part(request)
    person = await patient.load(ctx, request.path_params["patient"])
    item = await _item(request, person, part)
    return await _form(request, ctx, part, fields_of(part, item.resource), version=str(item.version))


async def register(request: Request) -> Response:
    """Save a new item or a change; the conflict view when somebody else was faster."""
    ctx = context(request)
    part = _part(request)
    form = {key: str(value) for key, value in (await request.form()).items()}
    person = await patient.load(ctx, request.path_params["patient"])
    pid = show.national_id(person.resource)
    reach: Reach = request.state.reach
    version = int(form["version"]) if form.get("version", "").isdecimal() else None
    current = await _item(request, person, part) if version is not None else None
    try:
        earlier = current.resource if current else None
        resource = build(part, form, patient_reference(pid), earlier)
        await save(reach.platform(pid), ctx.actor, ctx.node, resource, version)
    except Unprocessable as error:
        return await _form(request, ctx, part, form, version=form.get("version", ""), issues=error.issues)
    except VersionMismatch:
        return await _conflict(request, ctx, person, part, form)
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{person.id}/kritisk", 303)


async def _conflict(
    request: Request, ctx: Context, person: Patient, part: Part, mine: Mapping[str, str]
) -> Response:
    """Mine, theirs and the original side by side; saving again goes on from the version that is there now."""
    theirs = await _item(request, person, part)
    pid = show.national_id(person.resource)
    reach: Reach = request.state.reach
    before = await reach.platform(pid).read(f"{part.type}/{theirs.resource['id']}/_history/{mine['version']}")
    now, then = fields_of(part, theirs.resource), fields_of(part, before)
    disputed = [
        Disputed(
            field.name,
            text(field.label, language_of(request)),
            mine.get(field.name, ""),
            now[field.name],
            then[field.name],
            *(_words(field, value) for value in (mine.get(field.name, ""), now[field.name], then[field.name])),
        )
        for field in FIELDS[part.slug]
    ]
    answer = await show_chart(
        request,
        ctx,
        "ehr/critical_conflict.html",
        "critical",
        patient=person,
        part=part,
        disputed=disputed,
        theirs=theirs,
    )
    answer.status_code = 409
    return answer


async def _form(
    request: Request,
    ctx: Context,
    part: Part,
    values: Mapping[str, str],
    *,
    version: str,
    issues: tuple[Issue, ...] = (),
) -> Response:
    wrong = {name: issue.code for issue in issues for name in issue.expression}
    asked = [
        Asked(
            field,
            values.get(field.name, ""),
            tuple((code.code, code.display) for system in field.lists for code in codes(system)),
            WRONG[wrong[field.name]] if field.name in wrong else "",
        )
        for field in FIELDS[part.slug]
    ]
    answer = await show_chart(
        request, ctx, "ehr/critical_form.html", "critical", part=part, asked=asked, version=version
    )
    answer.status_code = 422 if issues else 200
    return answer


async def _item(request: Request, person: Patient, part: Part) -> Item:
    """The item of the address, as it stands in the register now."""
    wanted = request.path_params["item"]
    shared = await shared_of(request, person)
    found = next((item for item in shared.of(part) if item.resource["id"] == wanted), None)
    if found is None:
        raise NotFound("No such item")
    return found


def _part(request: Request) -> Part:
    try:
        return SERVICE.part(request.path_params["part"])
    except KeyError as error:
        raise NotFound("No such category") from error


def _words(field: Field, value: str) -> str:
    """What people call a value: a choice by its name."""
    if field.kind != "choice":
        return value
    return next((code.display for system in field.lists for code in codes(system) if code.code == value), value)
