"""The citizen's documents of all systems: listed with what is missing, and opened."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.fhir.model import Resource
from akson.kit.errors import NotFound, PeerSilent
from akson.security.representation import RECORD
from akson.web.context import inquiry_of
from akson.web.ehr import documents, rows
from akson.web.ehr.documents import Content
from akson.web.ehr.rows import Row
from akson.web.page import frame_of, render
from akson.web.portal.citizen import person


@dataclass(frozen=True, slots=True)
class Paper:
    """One document: its line, and `source/binary` of what it holds; empty when it holds nothing to open."""

    row: Row
    place: str


def paper_routes() -> list[BaseRoute]:
    """The list (also as a part of the page on health), one document, and its file."""
    base = "/helse/dokumenter"
    return [
        Route(base, papers),
        Route(base + "/{source}/{binary}", paper),
        Route(base + "/{source}/{binary}/innhold", download),
    ]


async def papers(request: Request) -> Response:
    """One's documents of all systems. As a part of a page when htmx asks."""
    ctx = person(request, RECORD)
    found = await inquiry_of(request).documents(ctx)
    listed = [Paper(rows.document(each, ctx.node), _place(each)) for each in found.documents]
    template = "portal/papers.html" if frame_of(request).fragment else "portal/papers_page.html"
    return render(request, template, menu="health", papers=listed, missing=found.missing)


async def paper(request: Request) -> Response:
    """One document with its words."""
    ctx = person(request, RECORD)
    document, content = await _open(request)
    row = rows.document(document, ctx.node)
    source, _, binary = _place(document).partition("/")
    entries = [f"{source}/DocumentReference/{document['id']}", f"{source}/Binary/{binary}"]
    return render(request, "portal/paper.html", menu="health", row=row, content=content, entries=entries)


async def download(request: Request) -> Response:
    """What a document holds, as a file."""
    person(request, RECORD)
    return (await _open(request))[1].download


async def _open(request: Request) -> tuple[Resource, Content]:
    """The document of the address, when it is among the citizen's own."""
    place = f"{request.path_params['source']}/{request.path_params['binary']}"
    inquiry = inquiry_of(request)
    found = await inquiry.documents(person(request, RECORD))
    document = next((each for each in found.documents if _place(each) == place), None)
    if document is None and found.missing:
        raise PeerSilent("the document may be in a system that does not answer")
    if document is None:
        raise NotFound("no such document")
    fetched = await inquiry.document(*place.split("/"))
    return document, documents.made(fetched.content_type, fetched.data)


def _place(document: Resource) -> str:
    _, found, place = str(documents.attachment(document).get("url", "")).rpartition("/Binary/")
    return place if found else ""
