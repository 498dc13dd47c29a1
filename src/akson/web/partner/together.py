"""The citizen's team and plan as a case worker of another service sees them: who is in the team, meetings to answer, the own goals and measures."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import entry, taking_part
from akson.exchange.declare import Part
from akson.exchange.hub import meetings, partner
from akson.exchange.hub import taking_part as hub
from akson.exchange.meetings import Meeting
from akson.exchange.taking_part import ANSWERS, GOAL, MEASURE, PROPOSED
from akson.fhir.model import Resource
from akson.kit.errors import Issue, Malformed, NotFound, Unprocessable, VersionMismatch
from akson.record.context import Context
from akson.web.context import whole
from akson.web.language import language_of
from akson.web.page import render
from akson.web.partner.worker import worker
from akson.web.services import cells, filling
from akson.web.services.filling import Asked, key_of

BASE = "/innbygger/{patient}/sammen"
PARTS = frozenset({GOAL, MEASURE})
SET = frozenset({"who"})
"""Fields that the page does not ask for: who does it is the service itself."""
WAS = "was_"
"""Before the names of the values that a form was made from."""


@dataclass(frozen=True, slots=True)
class Call:
    """A meeting, and what the service has said of it: the end of a key of the catalogues, empty where it is not called."""

    meeting: Meeting
    state: str
    room: str = ""
    """Address of the room of a video meeting, while the service may enter it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A goal or measure. `given`: the values of its form, for an own one that is offered and not taken on."""

    id: str
    title: str
    who: str
    status: str
    due: str
    note: str
    version: int
    is_own: bool
    given: Mapping[str, str] | None = None


def together_routes() -> list[BaseRoute]:
    """Below /partner."""
    item = BASE + "/{part}/{item}/endre"
    return [
        Route(BASE, overview),
        Route(BASE + "/mote/{meeting}", answer, methods=["POST"]),
        Route(BASE + "/{part}/ny", form, methods=["GET"]),
        Route(BASE + "/{part}/ny", save, methods=["POST"]),
        Route(item, form, methods=["GET"]),
        Route(item, save, methods=["POST"]),
    ]


async def overview(request: Request) -> Response:
    """The team, its meetings, and the plan's measures and goals, as far as the citizen shares them."""
    ctx = worker(request)
    person = await partner.citizen(ctx, request.path_params["patient"])
    found = await hub.together(ctx, person["id"])
    language = language_of(request)
    return render(
        request,
        "partner/together.html",
        menu="citizens",
        person=person,
        named=found.named,
        teams=_teams(found.teams),
        calls=await _calls(ctx, found.meetings),
        measures=_items(ctx, MEASURE, found.measures, language),
        goals=_items(ctx, GOAL, found.goals, language),
    )


async def answer(request: Request) -> Response:
    """Yes or no to a meeting."""
    ctx = worker(request)
    given = await request.form()
    await hub.answer(ctx, request.path_params["meeting"], str(given.get("do", "")))
    return RedirectResponse(_address(request), 303)


async def form(request: Request) -> Response:
    """An empty form, or one with what is registered."""
    ctx, part = worker(request), _part(request)
    person = await partner.citizen(ctx, request.path_params["patient"])
    partner.require_service(ctx, person["id"], taking_part.plans())
    values, version = {"status": "active"}, ""
    if wanted := request.path_params.get("item"):
        item = await hub.own(ctx, person["id"], part, wanted)
        values, version = entry.fields_of(part, item), item["meta"]["versionId"]
    return await _form(request, ctx, part, values, version)


async def save(request: Request) -> Response:
    """Save a new item or a change; both versions side by side when somebody else was faster."""
    ctx, part = worker(request), _part(request)
    patient, wanted = request.path_params["patient"], request.path_params.get("item", "")
    given = {name: str(value) for name, value in (await request.form()).items()}
    version = whole(given.get("version", ""))
    if wanted and version is None:
        raise Malformed("A change must name the version it was made from", expression=("version",))
    given |= {"key": key_of(given)}
    try:
        await hub.save(ctx, patient, part.slug, given, version, wanted)
    except Unprocessable as error:
        return await _form(request, ctx, part, given, given.get("version", ""), error.issues)
    except VersionMismatch:
        return await _conflict(request, ctx, part, given)
    return RedirectResponse(_address(request), 303)


def _part(request: Request) -> Part:
    name = request.path_params["part"]
    if name not in PARTS:
        raise NotFound("No such part of a plan for other services")
    return taking_part.plans().part(name)


def _address(request: Request) -> str:
    return f"{request.scope['root_path']}/innbygger/{request.path_params['patient']}/sammen"


async def _form(
    request: Request,
    ctx: Context,
    part: Part,
    values: Mapping[str, str],
    version: str,
    issues: tuple[Issue, ...] = (),
) -> HTMLResponse:
    person = await partner.citizen(ctx, request.path_params["patient"])
    return render(
        request,
        "partner/together_form.html",
        status=422 if issues else 200,
        menu="citizens",
        person=person,
        part=part,
        asked=_asked(part, values, issues, language_of(request)),
        was=_was(values) if version else {},
        version=version,
        key=key_of(values),
        back=_address(request),
    )


def _asked(part: Part, values: Mapping[str, str], issues: tuple[Issue, ...], language: str) -> list[Asked]:
    known = {field.name for field in part.entry.fields} if part.entry else set()
    kept = tuple(
        each if each.code in filling.WRONG else Issue("value", each.diagnostics, each.expression)
        for each in issues
        if known & set(each.expression)
    )
    return [each for each in filling.asked(part, values, kept, language) if each.field.name not in SET]


async def _conflict(request: Request, ctx: Context, part: Part, mine: Mapping[str, str]) -> HTMLResponse:
    """Mine, theirs and what both were made from; saving again goes on from what is there now."""
    person = await partner.citizen(ctx, request.path_params["patient"])
    wanted = request.path_params["item"]
    theirs = await hub.own(ctx, person["id"], part, wanted)
    before = _before(part, mine, theirs)
    fields = [
        each
        for each in filling.disputed(part, mine, theirs, before, language_of(request))
        if each.name not in SET
    ]
    return render(
        request,
        "partner/together_conflict.html",
        status=409,
        menu="citizens",
        person=person,
        part=part,
        disputed=fields,
        version=theirs["meta"]["versionId"],
        action=f"{_address(request)}/{part.slug}/{wanted}/endre",
        back=_address(request),
    )


def _was(values: Mapping[str, str]) -> dict[str, str]:
    """What the form was made from: kept when it comes back with a fault."""
    kept = {name: value for name, value in values.items() if name.startswith(WAS)}
    return kept or {
        WAS + name: value for name, value in values.items() if name not in {"key", "version", "csrf_token"}
    }


def _before(part: Part, mine: Mapping[str, str], theirs: Resource) -> Resource:
    """What the form was made from, as it carries it itself: an earlier version is not the service's to read."""
    was = {name.removeprefix(WAS): value for name, value in mine.items() if name.startswith(WAS)}
    try:
        return entry.build(taking_part.plans(), part, was, "")
    except Unprocessable:
        return theirs


def _teams(found: tuple[Resource, ...] | None) -> list[tuple[str, list[tuple[str, str, str]]]] | None:
    if found is None:
        return None
    return [
        (str(each.get("name", "")), taking_part.members(each)) for each in found if taking_part.is_open(each)
    ]


async def _calls(ctx: Context, found: tuple[Resource, ...] | None) -> list[Call] | None:
    """Meetings that are not over, the first of them first."""
    if found is None:
        return None
    made = []
    for each in found:
        said, meeting = taking_part.answer_of(each, ctx.actor.unit_number) or "", Meeting(each)
        room = await meetings.link_of_service(ctx, meeting, said)
        made.append(Call(meeting, ANSWERS.get(said, ""), room))
    return sorted((each for each in made if not each.meeting.is_over), key=lambda each: each.meeting.start)


def _items(ctx: Context, name: str, found: tuple[Resource, ...] | None, language: str) -> list[Item] | None:
    """The own first."""
    if found is None:
        return None
    part, made = taking_part.plans().part(name), []
    for each in found:
        values = entry.fields_of(part, each)
        is_own = taking_part.is_theirs(each, ctx.actor.unit_number)
        made.append(
            Item(
                id=each["id"],
                title=values["goal" if name == GOAL else "what"],
                who=cells.cell(each, "expressedBy" if name == GOAL else "performer", language),
                status=values["status"],
                due=values["due"],
                note=values["note"],
                version=int(each["meta"]["versionId"]),
                is_own=is_own,
                given=values if is_own and values["status"] == PROPOSED else None,
            )
        )
    return sorted(made, key=lambda each: not each.is_own)
