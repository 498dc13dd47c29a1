"""The information services in a chart: all of them, the page of one, and what other record systems hold of it."""

import base64
from dataclasses import replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.care import reported
from akson.exchange.declare import InformationService, Mode, Part, Party
from akson.exchange.edge import changes, look, records, share
from akson.exchange.edge.platform import Platform
from akson.exchange.edge.share import Item, Shared
from akson.kit.errors import NotFound
from akson.kit.text import text
from akson.record import gate
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.rules.own_entries import LABEL
from akson.web import say, show
from akson.web.context import context, of_type, permitted, reach_of
from akson.web.context import one as one_of
from akson.web.ehr import patient
from akson.web.ehr.chart import PAGE, show_chart
from akson.web.ehr.patient import Patient
from akson.web.ehr.provenance import Provenance
from akson.web.language import language_of
from akson.web.page import render
from akson.web.services import book, cells, media
from akson.web.services.book import OWN_PAGES, named
from akson.web.services.cells import Table
from akson.web.services.steps import state_of

CHART = "/pasient/{patient}/tjenester"


def service_routes() -> list[BaseRoute]:
    """The pages, below the path of a record system."""
    return [
        Route(CHART, overview),
        Route(CHART + "/{service}", one),
        Route(CHART + "/{service}/andre", others),
        Route("/pasient/{patient}/bilder/{source}/{binary}", picture),
    ]


async def overview(request: Request) -> Response:
    """All services that tell of a patient, by group."""
    groups = book.grouped(book.of_patients(Party.PERSONNEL))
    return await show_chart(
        request, context(request), "services/chart.html", "services", groups=groups, own=OWN_PAGES
    )


async def one(request: Request) -> Response:
    """One service: what this record holds, or what the shared register does."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    found = named(request.path_params["service"])
    parts = book.parts_read(ctx, found)
    held = None
    if found.mode is Mode.SHARE:
        pid = show.national_id(person.resource)
        held = await share.fetch(reach_of(request).platform(pid), found, pid)
        is_told = not held.silent and not held.refused
        since = await changes.read_now(ctx, person.id, found.slug) if is_told else None
        tables = [_shared(request, ctx, found, part, held, since) for part in parts]
    else:
        tables = [await _own(request, ctx, found, part, person) for part in parts]
    return await show_chart(
        request, ctx, "services/chart_one.html", "services",
        patient=person, service=found, tables=tables, held=held, state=state_of(held.listed) if held else None,
        may_measure=gate.may(ctx, Action.CREATE, "Observation"),
    )  # fmt: skip


async def others(request: Request) -> Response:
    """What other record systems hold of one service, as a part of its page."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    found = named(request.path_params["service"])
    parts = book.parts_read(ctx, found)
    reach, pid = reach_of(request), show.national_id(person.resource)
    looked = await records.look(Platform(reach.ask(pid), f"{reach.node.platform}/oppslag"), parts, pid)
    language = language_of(request)
    pictures = _pictures(request)
    tables = [
        cells.table(part, looked.items.get(part.slug, []), ctx.node, language, pictures) for part in parts
    ]
    return render(
        request, "services/others.html", patient=person, service=found, looked=looked,
        tables=[table for table in tables if table.lines],
    )  # fmt: skip


async def _own(
    request: Request, ctx: Context, found: InformationService, part: Part, person: Patient
) -> Table:
    """What this record holds of a part, with the paths by which the reader adds to it and changes it."""
    if part.operation:
        return await _made(request, ctx, part, person)
    pairs = [("patient", f"Patient/{person.id}"), *part.pairs, ("_count", PAGE)]
    held = of_type(await permitted(ctx, part.type, *pairs), part.type)
    forms = _forms(request, found, part) if book.writable(ctx, found, part) else ""
    return cells.table(part, held, ctx.node, language_of(request), _pictures(request), forms)


async def _made(request: Request, ctx: Context, part: Part, person: Patient) -> Table:
    """What is made on request: reports to registers, the one thing of its kind."""
    kind = dict(part.pairs)["code"].rpartition("|")[2]
    made = await reported.tasks(ctx, person.id, kind)
    return cells.table(part, made[: int(PAGE)], ctx.node, language_of(request))


def _forms(request: Request, found: InformationService, part: Part) -> str:
    """Below which address the forms of a part are."""
    return f"{request.scope['root_path']}/pasient/{request.path_params['patient']}/tjenester/{found.slug}/{part.slug}"


def _pictures(request: Request) -> str:
    """Below which address the photos, films and studies of the patient are."""
    return f"{request.scope['root_path']}/pasient/{request.path_params['patient']}"


async def picture(request: Request) -> Response:
    """A photo or a film of this record or another, when it is among those of the patient of the page."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    source, binary = request.path_params["source"], request.path_params["binary"]
    part = book.part_of(named("multimedia-og-mtu"), "foto")
    reach, pid = reach_of(request), show.national_id(person.resource)
    if source == ctx.node.name:
        found = of_type(
            await permitted(ctx, part.type, ("patient", f"Patient/{person.id}"), ("_count", PAGE)), part.type
        )
    else:
        looked = await records.look(Platform(reach.ask(pid), f"{reach.node.platform}/oppslag"), [part], pid)
        found = looked.items.get(part.slug, [])
    if f"{source}/{binary}" not in {media.place(each, ctx.node.name) for each in found}:
        raise NotFound("no such picture of this patient")
    if source == ctx.node.name:
        held = await one_of(ctx, "Binary", binary)
        return media.shown(held.get("contentType", ""), base64.b64decode(held.get("data", "")))
    fetched = await look.fetch(reach.ask(pid), reach.mhd, source, binary)
    return media.shown(fetched.content_type, fetched.data)


def _shared(
    request: Request,
    ctx: Context,
    found: InformationService,
    part: Part,
    shared: Shared,
    since: datetime | None,
) -> Table:
    """What the register holds of a part, with the paths by which the reader changes it, and what is new since the last look."""
    base = _forms(request, found, part)
    writes = book.writes(found, part, Party.PERSONNEL)
    made = []
    for item in shared.of(part):
        source = Provenance(_who(item, language_of(request)), item.where, item.when, "shared")
        edit = f"{base}/{item.resource['id']}/endre" if writes else ""
        line = cells.line(part, item.resource, ctx.node, language_of(request), edit)
        made.append(replace(line, source=source, is_new=since is not None and _after(item.when, since)))
    made.sort(key=lambda each: each.source.when, reverse=True)
    return Table(part, tuple(made), f"{base}/ny" if writes else "")


def _after(moment: str, since: datetime) -> bool:
    at = say.moment(moment)
    return at is not None and at > since


def _who(item: Item, language: str) -> str:
    """Who wrote an item last."""
    labels = item.resource.get("meta", {}).get("security", [])
    is_citizens = any((each.get("system"), each.get("code")) == LABEL for each in labels)
    return text("item.by_citizen", language) if is_citizens else item.who
