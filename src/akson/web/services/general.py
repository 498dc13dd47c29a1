"""What is on offer, and knowledge to use again: found by personnel, citizens and cooperating services on pages of the same kind.

Personnel ask the platform as their record system; citizens and cooperating services read it there. What the own units publish is
written in the record system, and told to the platform from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import entry, general
from akson.exchange.declare import InformationService, Part
from akson.exchange.edge import general as edge
from akson.exchange.edge.general import Shelf
from akson.exchange.general import named
from akson.fhir.model import Resource
from akson.kit.errors import Issue, NotFound, PeerFailed, PeerSilent, Unprocessable, VersionMismatch
from akson.record.context import Context
from akson.security.actor import Kind
from akson.web.context import context, find, one, reach_of, whole
from akson.web.ehr.frame import show_work
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal.citizen import person
from akson.web.services import cells, filling, finding

BASE = "/felles"
ITEM = BASE + "/{service}/{part}/{item}"
SHELLS = {Kind.PARTNER: "partner/shell.html", Kind.PERSONNEL: "ehr/shell.html"}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a plan: in which situation, and what to do."""

    when: str
    do: str


def reading_routes() -> list[BaseRoute]:
    """For all three: search, and one item."""
    return [Route(BASE, index, methods=["GET", "POST"]), Route(ITEM, item)]


def general_routes() -> list[BaseRoute]:
    """Below the path of a record system: reading, and publishing for the own unit."""
    form = BASE + "/{service}/{part}/ny"
    return [
        Route(BASE, index, methods=["GET", "POST"]),
        Route(form, new, methods=["GET"]),
        Route(form, save, methods=["POST"]),
        Route(ITEM, item),
        Route(ITEM + "/endre", edit, methods=["GET"]),
        Route(ITEM + "/endre", save, methods=["POST"]),
        Route(ITEM + "/trekk", withdraw, methods=["POST"]),
    ]


async def index(request: Request) -> Response:
    """All there is, or what holds the words; at one place and of one kind where one is chosen, a page at a time."""
    ctx = _reader(request)
    form = await request.form() if request.method == "POST" else {}
    words, place = " ".join(str(form.get("ord", "")).split())[:200], str(form.get("sted", ""))
    chosen, number = str(form.get("del", "")), whole(str(form.get("side", ""))) or 1
    language, silent = language_of(request), False
    found, kinds = [], [part for service in general.services() for part in service.parts]
    chosen = chosen if chosen in {part.slug for part in kinds} else ""
    for service in general.services():
        for part in service.parts:
            if chosen not in {"", part.slug}:
                continue
            search = partial(_search, request, ctx)
            try:
                got = await finding.hits(search, part, words, language)
            except (PeerSilent, PeerFailed):
                silent, got = True, finding.Hits(part, ())
            found.append((service, got))
    # A place stays chosen where nothing of it was found.
    places = sorted({*finding.places(each for _, each in found), place} - {""}, key=str.casefold)
    own = await _own(request, ctx) if _at_record_system(ctx) else []
    return await _show(
        request, ctx, "services/general.html",
        found=[(s, finding.leaf(finding.at(each, place) if place else each, number if chosen else None)) for s, each in found],
        words=words, place=place, chosen=chosen, kinds=kinds, places=places, own=own, silent=silent,
        adds=[(s, p) for s in general.services() if general.publishes(ctx.actor, s) for p in s.parts] if _at_record_system(ctx) else [],
        saved=request.query_params.get("lagret", ""),
    )  # fmt: skip


async def item(request: Request) -> Response:
    """One offer, guidance or plan."""
    ctx = _reader(request)
    service, part = _named(request)
    wanted = request.path_params["item"]
    prefix = f"{ctx.node.name}."
    is_own = _at_record_system(ctx) and wanted.startswith(prefix)
    try:
        held = await _one(request, ctx, part, wanted.removeprefix(prefix) if is_own else wanted)
    except (PeerSilent, PeerFailed):
        return await _show(request, ctx, "services/general_silent.html", status=503)
    mine = is_own and general.publishes(ctx.actor, service) and general.is_of(held, ctx.actor)
    if not mine and not finding.is_for(held, citizen=_is_citizen(ctx)):
        raise NotFound("No such item in force")
    values = entry.fields_of(part, held)
    return await _show(
        request, ctx, "services/general_one.html",
        service=service, part=part, item=held, own_id=held["id"] if mine else "", line=cells.line(part, held, ctx.node, language_of(request)),
        prose=values.get("text", ""), link=values.get("link", ""), in_force=general.in_force(held),
        steps=[Step(str(each.get("title", "")), str(each.get("description", ""))) for each in held.get("action", [])],
    )  # fmt: skip


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, _reader(request), {})


async def edit(request: Request) -> Response:
    """The form with what the own unit has published."""
    ctx = _reader(request)
    service, part = _named(request)
    held = await edge.changeable(ctx, service, part, request.path_params["item"])
    values = entry.fields_of(part, held) | {"version": held["meta"]["versionId"]}
    return await _form(request, ctx, values)


async def save(request: Request) -> Response:
    """Publish for all, or change what is published; the form again with what is wrong."""
    ctx = _reader(request)
    service, part = _named(request)
    form = {key: str(value) for key, value in (await request.form()).items()}
    wanted, version = request.path_params.get("item", ""), whole(form.get("version", "")) or 0
    try:
        await edge.publish(ctx, service, part, form, wanted, version)
    except Unprocessable as error:
        return await _form(request, ctx, form, issues=error.issues)
    except VersionMismatch:
        held = await edge.changeable(ctx, service, part, wanted)
        values = form | {"version": held["meta"]["versionId"]}
        return await _form(request, ctx, values, changed=True)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}?lagret=ja", 303)


async def withdraw(request: Request) -> Response:
    """Take back what the own unit has published."""
    ctx = _reader(request)
    service, part = _named(request)
    version = whole(str((await request.form()).get("version", ""))) or 0
    await edge.withdraw(ctx, service, part, request.path_params["item"], version)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}?lagret=trukket", 303)


def _reader(request: Request) -> Context:
    """Whoever has signed in to the surface: a citizen or who acts for one at the portal."""
    ctx = context(request)
    return person(request) if _is_citizen(ctx) else ctx


def _is_citizen(ctx: Context) -> bool:
    """A citizen, or one who acts for one."""
    return ctx.actor.kind in {Kind.CITIZEN, Kind.REPRESENTATIVE}


def _at_record_system(ctx: Context) -> bool:
    return ctx.actor.kind is Kind.PERSONNEL


def _shelf(request: Request) -> Shelf:
    reach = reach_of(request)
    return Shelf(reach.peer, f"{reach.node.platform}/fhir")


async def _search(
    request: Request, ctx: Context, type_: str, pairs: Sequence[tuple[str, str]]
) -> list[Resource]:
    """What is in force and written for the reader."""
    found = (
        await _shelf(request).search(type_, pairs)
        if _at_record_system(ctx)
        else await find(ctx, type_, *pairs)
    )
    return [
        each
        for each in found
        if each["resourceType"] != type_ or finding.is_for(each, citizen=_is_citizen(ctx))
    ]


async def _one(request: Request, ctx: Context, part: Part, id_: str) -> Resource:
    prefix = f"{ctx.node.name}."
    if _at_record_system(ctx) and not request.path_params["item"].startswith(prefix):
        return await _shelf(request).one(part.type, id_)
    return await one(ctx, part.type, id_)


async def _own(request: Request, ctx: Context) -> list[tuple[InformationService, finding.Hit, bool]]:
    """What the reader's unit has published, also what it has withdrawn."""
    language, made = language_of(request), []
    for service in general.services():
        if not general.publishes(ctx.actor, service):
            continue
        for part in service.parts:
            for each in await edge.own(ctx, service, part):
                if general.is_of(each, ctx.actor):
                    hit = finding.hit(part, each, {}, language)
                    made.append((service, hit, general.in_force(each)))
    return sorted(made, key=lambda each: each[1].title.casefold())


def _named(request: Request) -> tuple[InformationService, Part]:
    return named(request.path_params["service"], request.path_params["part"])


async def _form(
    request: Request,
    ctx: Context,
    values: dict[str, str],
    *,
    issues: tuple[Issue, ...] = (),
    changed: bool = False,
) -> Response:
    service, part = _named(request)
    if not general.publishes(ctx.actor, service):
        raise NotFound("Nothing is published by this role")
    return await _show(
        request, ctx, "services/general_form.html", status=422 if issues else 409 if changed else 200,
        service=service, part=part, asked=filling.asked(part, values, issues, language_of(request)),
        version=values.get("version", ""), changed=changed,
    )  # fmt: skip


async def _show(
    request: Request, ctx: Context, template: str, *, status: int = 200, **values: object
) -> Response:
    shell = SHELLS.get(ctx.actor.kind, "portal/shell.html")
    if _at_record_system(ctx):
        page = await show_work(request, ctx, template, menu="general", shell=shell, **values)
        page.status_code = status
        return page
    menu = "general" if ctx.actor.kind is Kind.PARTNER else "information"
    return render(request, template, status=status, menu=menu, shell=shell, **values)
