"""Writing from a chart by the form of a part, and the conflict when two change the same item at once.

What is written goes to the register of the platform, or stays in the own record where others look it up; a change names the
version it was made from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care.prescribing import Warned
from akson.exchange import entry
from akson.exchange.declare import InformationService
from akson.exchange.edge.share import Shared, form_key
from akson.exchange.kept import Step, since, steps
from akson.kit.errors import Issue, Malformed, Unprocessable, VersionMismatch
from akson.web.context import whole
from akson.web.ehr.chart import show_chart
from akson.web.language import language_of
from akson.web.services import filling, models
from akson.web.services.desks import Desk, desk_of
from akson.web.services.filling import key_of
from akson.web.services.weighing import doubted, follow_up, noticed


@dataclass(frozen=True, slots=True)
class Told:
    """What a form says back: what is wrong, what has happened to the list since, what must be weighed, and what is worth knowing."""

    issues: tuple[Issue, ...] = ()
    missed: Sequence[Step] | None = None
    doubts: Sequence[Warned] = ()
    notices: Sequence[Warned] = ()


NOTHING = Told()


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
    """An empty form, or one that begins from a published plan."""
    desk = await desk_of(request)
    found = await desk.register() if desk.part.kinds else None
    values = {"list_version": list_version(found)} | await models.begun(request, desk.part)
    return await _form(request, desk, values, version="", told=Told(notices=noticed(desk, found)))


async def edit(request: Request) -> Response:
    """The form with what is registered."""
    desk = await desk_of(request)
    found = await desk.register()
    item = await desk.item(found, request.path_params["item"])
    values = entry.fields_of(desk.part, item.resource) | {"list_version": list_version(found)}
    return await _form(request, desk, values, version=str(item.version))


async def register(request: Request) -> Response:
    """Save a new item or a change; the conflict view when somebody else was faster."""
    desk = await desk_of(request)
    form = {key: str(value) for key, value in (await request.form()).items()}
    version = whole(form.get("version", ""))
    wanted = request.path_params.get("item")
    if wanted and version is None:
        raise Malformed("A change must name the version it was made from", expression=("version",))
    try:
        earlier = (await desk.item(await desk.register(), wanted)).resource if wanted else None
        fields = desk.part.entry.fields if desk.part.entry else ()
        entry.check((*fields, *entry.change_fields(desk.part)), form)
        resource = entry.build(desk.service, desk.part, form, desk.about, earlier)
        if doubts := await doubted(desk, form, wanted or "", language_of(request)):
            told = Told((Issue("required", "A reason to go on", ("anyway",)),), doubts=doubts)
            return await _form(request, desk, form, version=form.get("version", ""), told=told)
        if earlier is None:
            resource |= form_key(key_of(form), desk.part.type)
        await desk.save(resource, version, form)
        await follow_up(desk, form, language_of(request))
    except Unprocessable as error:
        return await _form(request, desk, form, version=form.get("version", ""), told=Told(error.issues))
    except VersionMismatch:
        return await _conflict(request, desk, form)
    return RedirectResponse(desk.path(request.scope["root_path"]), 303)


def list_version(found: Shared | None) -> str:
    """The version of the list that a form is made from; empty where there is none."""
    return str(found.listed["meta"]["versionId"]) if found and found.listed else ""


def missed(service: InformationService, found: Shared, form: Mapping[str, str]) -> list[Step]:
    """What has happened to the list since the form was made."""
    return since(steps(service, found.told), whole(form.get("list_version", "")) or 0)


async def _conflict(request: Request, desk: Desk, mine: Mapping[str, str]) -> HTMLResponse:
    """What has changed meanwhile. Of the same item mine, theirs and the original side by side; saving again goes on from what
    is there now.
    """
    found, wanted = await desk.register(), request.path_params.get("item")
    theirs = await desk.item(found, wanted) if wanted else None
    news, now_at = missed(desk.service, found, mine), list_version(found)
    if theirs is None or theirs.version == whole(mine.get("version", "")):
        values = dict(mine) | {"list_version": now_at}
        return await _form(request, desk, values, version=mine.get("version", ""), told=Told(missed=news))
    before = await desk.version(theirs.resource["id"], int(mine["version"]))
    fields = filling.disputed(desk.part, mine, theirs.resource, before, language_of(request))
    answer = await show_chart(
        request, desk.ctx, "services/chart_conflict.html", "services",
        patient=desk.person, service=desk.service, part=desk.part, disputed=fields, theirs=theirs, mine=mine,
        missed=news, list_version=now_at,
    )  # fmt: skip
    answer.status_code = 409
    return answer


async def _form(
    request: Request, desk: Desk, values: Mapping[str, str], *, version: str, told: Told = NOTHING
) -> HTMLResponse:
    answer = await show_chart(
        request, desk.ctx, "services/chart_form.html", "services",
        patient=desk.person, service=desk.service, part=desk.part, version=version, key=key_of(values),
        asked=filling.asked(desk.part, values, told.issues, language_of(request), changes=True),
        list_version=values.get("list_version", ""), told=told, anyway=values.get("anyway", ""),
        begins=[] if version else await models.offered(request, desk.part), begun=request.query_params.get("mal", ""),
    )  # fmt: skip
    answer.status_code = 422 if told.issues else 200 if told.missed is None else 409
    return answer
