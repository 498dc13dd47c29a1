"""The citizen's information services: what there is of oneself in the shared registers and in all record systems, and forms for
what one tells oneself.
"""

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange import entry
from akson.exchange.declare import TAG_SYSTEM, InformationService, Mode, Part, Party
from akson.exchange.edge.share import URI, form_key
from akson.exchange.hub import kept
from akson.exchange.hub.look import Search
from akson.exchange.kept import steps
from akson.exchange.merging import Missing, missing
from akson.fhir.model import Resource, coding
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.errors import Issue, Malformed, NotAllowed, NotFound, Unprocessable, VersionMismatch
from akson.kit.text import text
from akson.record import gate
from akson.record.context import Context
from akson.security.representation import RECORD
from akson.security.rules.own_entries import LABEL
from akson.web.context import find, inquiry_of, of_type, one, readable, whole
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal.citizen import citizen, person
from akson.web.services import book, cells, filling, media
from akson.web.services.cells import Table
from akson.web.services.filling import key_of
from akson.web.services.steps import lines, state_of, versions_of

BASE = "/opplysninger"
AT_PLATFORM = frozenset({"anmodning-om-tjeneste", "kommunikasjon-ved-saksbehandling"})
"""Services whose items lie in the record systems, and at the platform where other services are parties."""
OWN_PAGES = {
    "kritisk-informasjon": "/helse",
    "journaldokumenter": "/helse/dokumenter",
    "henvisning-og-epikrise": "/henvisninger",
    "personvern": "/personvern",
    "tekstlig-dialog": "/meldinger",
    "video": "/avtaler",
    "anmodning-om-tjeneste": "/soknader",
}
"""Services that have a page of their own in the portal."""


def service_routes() -> list[BaseRoute]:
    """The pages, below the path of the portal."""
    part = BASE + "/{service}/{part}"
    return [
        Route(BASE, overview),
        Route(BASE + "/{service}", service),
        Route(BASE + "/{service}/andre", others),
        Route(BASE + "/{service}/endringer", history),
        Route("/bilder/{source}/{binary}", picture),
        Route(f"{part}/ny", new, methods=["GET"]),
        Route(f"{part}/ny", register, methods=["POST"]),
        Route(part + "/{item}/endre", edit, methods=["GET"]),
        Route(part + "/{item}/endre", register, methods=["POST"]),
    ]


async def overview(request: Request) -> Response:
    """All services that tell of oneself, by group."""
    person(request, RECORD)
    groups = book.grouped(book.of_patients(Party.CITIZEN))
    return render(request, "services/portal.html", menu="information", groups=groups, own=OWN_PAGES)


async def service(request: Request) -> Response:
    """One service: the shared register at once; what lies in the record systems comes as they answer."""
    ctx = person(request, RECORD)
    found = book.named(request.path_params["service"])
    tables, state = [], None
    if found.kinds:
        state = state_of(next(iter(of_type(await listed(ctx, found), "List")), None))
    if found.mode is Mode.SHARE or found.slug in AT_PLATFORM:
        tables = [await _shared(request, ctx, found, part) for part in book.parts_read(ctx, found)]
    return render(
        request, "services/portal_one.html", menu="information", service=found, tables=tables, state=state
    )


async def history(request: Request) -> Response:
    """Who changed what on a list that has an order of versions, and why."""
    ctx = person(request, RECORD)
    found = book.named(request.path_params["service"])
    if not found.kinds:
        raise NotFound("No such list")
    made = steps(found, of_type(await listed(ctx, found), "Provenance"))
    versions = await kept.versions(ctx, dict.fromkeys(each.item for each in made if each.item))
    rows = lines(made, versions_of(versions), found, language_of(request))
    return render(request, "services/portal_history.html", menu="information", service=found, lines=rows)


async def listed(ctx: Context, found: InformationService) -> list[Resource]:
    """The List of a service that keeps one, with the Provenances of its changes."""
    pairs = [("patient", f"Patient/{ctx.actor.patient}"), ("_tag", f"{TAG_SYSTEM}|{found.slug}")]
    return await find(ctx, "List", *pairs, ("_revinclude", "Provenance:target"))


async def others(request: Request) -> Response:
    """What the record systems hold, as a part of the page."""
    ctx = person(request, RECORD)
    found = book.named(request.path_params["service"])
    parts = [part for part in found.parts if readable(ctx, part.type)]
    searches = [Search(part.type, (*part.pairs, ("_count", "100")), part.operation) for part in parts]
    bundles = await inquiry_of(request).find(ctx, searches) if searches else []
    pictures = str(request.scope["root_path"])
    tables: list[Table] = []
    silent: dict[Missing, None] = {}
    for part, bundle in zip(parts, bundles, strict=True):
        found_here = [e["resource"] for e in bundle["entry"] if e["search"]["mode"] == "match"]
        tables.append(cells.table(part, found_here, ctx.node, language_of(request), pictures))
        silent |= dict.fromkeys(missing(bundle))
    return render(request, "services/portal_others.html", service=found, tables=tables, missing=list(silent))


async def picture(request: Request) -> Response:
    """A photo or a film of any record system, when it is among one's own."""
    ctx = person(request, RECORD)
    place = f"{request.path_params['source']}/{request.path_params['binary']}"
    (bundle,) = await inquiry_of(request).find(ctx, [Search("Media", (("_count", "100"),))])
    found = [each["resource"] for each in bundle["entry"] if each["search"]["mode"] == "match"]
    if place not in {media.place(each, ctx.node.name) for each in found}:
        raise NotFound("no such picture")
    fetched = await inquiry_of(request).document(*place.split("/"))
    return media.shown(fetched.content_type, fetched.data)


async def new(request: Request) -> Response:
    """An empty form."""
    return _form(request, {}, version="")


async def edit(request: Request) -> Response:
    """The form with what one has registered."""
    _, part = _writable(request)
    item = await _own(citizen(request), part, request.path_params["item"])
    return _form(request, entry.fields_of(part, item), version=item["meta"]["versionId"])


async def register(request: Request) -> Response:
    """Save a new item or a change of one's own."""
    ctx = citizen(request)
    found, part = _writable(request)
    form = {key: str(value) for key, value in (await request.form()).items()}
    wanted, version = request.path_params.get("item"), whole(form.get("version", ""))
    if wanted and version is None:
        raise Malformed("A change must name the version it was made from", expression=("version",))
    try:
        earlier = await _own(ctx, part, wanted) if wanted else None
        await _save(ctx, found, part, form, earlier, version)
    except Unprocessable as error:
        return _form(request, form, version=form.get("version", ""), issues=error.issues)
    except VersionMismatch:
        newer = await _own(ctx, part, str(wanted))
        answer = _form(request, form, version=newer["meta"]["versionId"], changed=True)
        answer.status_code = 409
        return answer
    return RedirectResponse(f"{request.scope['root_path']}{BASE}/{found.slug}", 303)


async def _save(
    ctx: Context,
    found: InformationService,
    part: Part,
    form: Mapping[str, str],
    earlier: Resource | None,
    version: int | None,
) -> None:
    made = entry.build(found, part, form, f"Patient/{ctx.actor.patient}", earlier)
    others = [each for each in made["meta"].get("security", []) if each.get("system") != LABEL[0]]
    made["meta"] = {**made["meta"], "security": [*others, coding(*LABEL)]}
    if earlier is None:
        # What is sent twice is registered once.
        key = f"{URI}|urn:uuid:{key_of(form)}"
        once = parse(part.type, [("identifier", key)], base=ctx.node.fhir)
        written = await gate.create(ctx, made | form_key(key_of(form)), if_none_exist=once)
    else:
        written = await gate.update(ctx, made, if_match=version)
    if part.kinds and written.changed:
        await kept.follow(ctx, found, loads(written.stored.body))


async def _own(ctx: Context, part: Part, wanted: str) -> Resource:
    """An item that the citizen wrote; NotFound for others."""
    found = await one(ctx, part.type, wanted)
    if not _is_own(found):
        raise NotFound("No such item of one's own")
    return found


def _is_own(resource: Resource) -> bool:
    labels = resource.get("meta", {}).get("security", [])
    return any((each.get("system"), each.get("code")) == LABEL for each in labels)


def _writable(request: Request) -> tuple[InformationService, Part]:
    citizen(request)
    found = book.named(request.path_params["service"])
    part = book.part_of(found, request.path_params["part"])
    if not book.writes(found, part, Party.CITIZEN):
        raise NotAllowed("This is not registered by the citizen")
    return found, part


async def _shared(request: Request, ctx: Context, found: InformationService, part: Part) -> Table:
    """What the register holds of a part, with the paths by which the citizen changes what is the own."""
    base = f"{request.scope['root_path']}{BASE}/{found.slug}/{part.slug}"
    may = book.writes(found, part, Party.CITIZEN) and not ctx.actor.acts_for
    language, lines = language_of(request), []
    pairs = [("patient", f"Patient/{ctx.actor.patient}"), *part.pairs, ("_count", "100")]
    for item in of_type(await find(ctx, part.type, *pairs), part.type):
        is_own = _is_own(item)
        edit = f"{base}/{item['id']}/endre" if may and is_own else ""
        made = cells.line(part, item, ctx.node, language, edit)
        who = text("item.by_yourself", language) if is_own else made.source.who
        lines.append(replace(made, source=replace(made.source, who=who)))
    lines.sort(key=lambda each: each.source.when, reverse=True)
    return Table(part, tuple(lines), f"{base}/ny" if may else "")


def _form(
    request: Request,
    values: Mapping[str, str],
    *,
    version: str,
    issues: tuple[Issue, ...] = (),
    changed: bool = False,
) -> HTMLResponse:
    found, part = _writable(request)
    asked = filling.asked(part, values, issues, language_of(request))
    return render(
        request, "services/portal_form.html", status=422 if issues else 200, menu="information",
        service=found, part=part, asked=asked, version=version, key=key_of(values), changed=changed,
    )  # fmt: skip
