"""Imaging studies on the screen: one picture of a study at a time, for personnel in the chart and for the citizen in the portal."""

from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.documents.dicom.drawing import Wish, window_of
from akson.documents.dicom.study import MEDIA, TYPE, Instance, identifier
from akson.exchange.edge import records
from akson.exchange.edge.platform import Answer, Platform
from akson.exchange.hub.look import Search
from akson.exchange.merging import SOURCE, missing
from akson.exchange.pictures import Elsewhere, Found, Gallery, Own
from akson.fhir.model import Resource
from akson.kit.errors import Conflict, NotFound, PeerFailed, PeerSilent
from akson.record.context import Context
from akson.security.representation import RECORD
from akson.web import show
from akson.web.context import context, inquiry_of, reach_of, whole
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal.citizen import person
from akson.web.services import book, viewer
from akson.web.services.viewer import FITS, ZOOMS, Viewer, Wanted

STUDY = "/undersokelser/{source}/{study}"
PICTURE = f"{STUDY}/{{series}}/{{instance}}"
SERVICE, PART = "multimedia-og-mtu", "bilder"
SAFE = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "no-store"}


def chart_routes() -> list[BaseRoute]:
    """The pages, below the path of a record system."""
    chart = "/pasient/{patient}"
    return [
        Route(chart + STUDY, in_chart),
        Route(f"{chart}{PICTURE}/bilde", chart_picture),
        Route(f"{chart}{PICTURE}/fil", chart_file),
    ]


def portal_routes() -> list[BaseRoute]:
    """The same in the portal."""
    return [
        Route(STUDY, in_portal),
        Route(f"{PICTURE}/bilde", portal_picture),
        Route(f"{PICTURE}/fil", portal_file),
    ]


async def in_chart(request: Request) -> Response:
    """A study of this record or another in a chart."""
    ctx, person_ = await _whose(request)
    made = await _viewed(request, _of_chart(request, ctx, person_), ctx)
    return await show_chart(
        request, ctx, "services/chart_study.html", "services", patient=person_, viewer=made, service=SERVICE
    )


async def chart_picture(request: Request) -> Response:
    """The picture itself."""
    return await _picture(request, _of_chart(request, *await _whose(request)))


async def chart_file(request: Request) -> Response:
    """The DICOM file of the picture."""
    return await _file(request, _of_chart(request, *await _whose(request)))


async def in_portal(request: Request) -> Response:
    """One's own study, wherever it lies."""
    ctx = person(request, RECORD)
    made = await _viewed(request, _of_portal(request, ctx), ctx)
    return render(request, "services/portal_study.html", menu="information", viewer=made, service=SERVICE)


async def portal_picture(request: Request) -> Response:
    """The picture itself."""
    return await _picture(request, _of_portal(request, person(request, RECORD)))


async def portal_file(request: Request) -> Response:
    """The DICOM file of the picture."""
    return await _file(request, _of_portal(request, person(request, RECORD)))


async def _whose(request: Request) -> tuple[Context, patient.Patient]:
    ctx = context(request)
    return ctx, await patient.load(ctx, request.path_params["patient"])


def _of_chart(request: Request, ctx: Context, whose: patient.Patient) -> Gallery:
    """The own record, or another through the platform with a token that is for this patient only."""
    source = request.path_params["source"]
    if source == ctx.node.name:
        return Own(ctx, whose.id)
    reach, pid = reach_of(request), show.national_id(whose.resource)
    ask = reach.ask(pid)

    async def find(uid: str) -> Sequence[Resource]:
        part = replace(book.part_of(book.named(SERVICE), PART), search=f"identifier={identifier(uid)}")
        looked = await records.look(Platform(ask, f"{reach.node.platform}/oppslag"), [part], pid)
        found = looked.items.get(part.slug, [])
        if not found and (looked.silent or looked.missing):
            raise PeerSilent("The source does not answer")
        return found

    async def fetch(path: str, accept: str) -> Answer:
        return await ask("GET", f"{reach.node.platform}/dicomweb/{source}/{path}", headers={"accept": accept})

    return Elsewhere(source, find, fetch)


def _of_portal(request: Request, ctx: Context) -> Gallery:
    """A record system, asked with the session of the citizen."""
    inquiry, source = inquiry_of(request), request.path_params["source"]

    async def find(uid: str) -> Sequence[Resource]:
        (bundle,) = await inquiry.find(ctx, [Search(TYPE, (("identifier", identifier(uid)),))])
        found = [each["resource"] for each in bundle["entry"] if each["search"]["mode"] == "match"]
        if not found and missing(bundle):
            raise PeerSilent("The source does not answer")
        return found

    async def fetch(path: str, accept: str) -> Answer:
        return await inquiry.look.picture(inquiry.ask, source, path, accept)

    return Elsewhere(source, find, fetch)


async def _viewed(request: Request, gallery: Gallery, ctx: Context) -> Viewer:
    """The page of the picture that the address names; of the first where it names none that is there."""
    uid = request.path_params["study"]
    found = await gallery.study(uid)
    wanted = _wanted(request, found)
    picture = found.pictures[wanted.picture - 1]
    metadata, trouble = None, ""
    try:
        metadata = await gallery.metadata(uid, picture)
    except (Conflict, NotFound):  # its file is gone, or another's: the page says so, and the rest can be seen
        trouble = viewer.BROKEN
    except (PeerFailed, PeerSilent):
        trouble = viewer.SILENT
    if wanted.window not in viewer.windows(metadata or {}):
        wanted = replace(wanted, window=viewer.AS_STORED)
    if wanted.frame > (viewer.frames(metadata or {})):
        wanted = replace(wanted, frame=1)
    where = (_source_title(found.resource) or ctx.node.title, language_of(request))
    return viewer.view(found, metadata or trouble, wanted, request.url.path, where)


def _wanted(request: Request, found: Found) -> Wanted:
    query = request.query_params
    at, frame, zoom = (whole(query.get(name, "")) or 1 for name in ("bilde", "rute", "zoom"))
    return Wanted(
        min(at, len(found.pictures)),
        frame,
        query.get("vindu", viewer.AS_STORED),
        zoom if zoom in ZOOMS else 1,
    )


def _source_title(study: Resource) -> str:
    tags = study.get("meta", {}).get("tag", [])
    return next((str(each.get("display", "")) for each in tags if each.get("system") == SOURCE), "")


async def _picture(request: Request, gallery: Gallery) -> Response:
    window, query = request.query_params.get("vindu"), request.query_params
    wish = Wish(
        whole(query.get("rute", "")) or 1,
        window_of(window) if window else None,
        None if query.get("hel") else (FITS, FITS),
    )
    drawn = await gallery.drawn(request.path_params["study"], _instance(request), wish)
    return Response(drawn.data, media_type=drawn.media, headers=SAFE)


async def _file(request: Request, gallery: Gallery) -> Response:
    data = await gallery.file(request.path_params["study"], _instance(request))
    saved = {"content-disposition": 'attachment; filename="bilde.dcm"'}
    return Response(data, media_type=MEDIA, headers=SAFE | saved)


def _instance(request: Request) -> Instance:
    return Instance(request.path_params["series"], request.path_params["instance"], "")
