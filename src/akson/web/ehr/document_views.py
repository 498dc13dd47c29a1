"""The pages of a patient's documents and messages: those of this record at once, those of other systems as they come."""

from starlette.requests import Request
from starlette.responses import Response

from akson.care import correspondence
from akson.exchange.edge import look
from akson.exchange.edge.look import Found
from akson.fhir.model import Resource
from akson.kit.errors import NotFound
from akson.record.context import Context
from akson.web import show
from akson.web.context import context, find, reach_of
from akson.web.ehr import cases, documents, patient
from akson.web.ehr.chart import PAGE, show_chart
from akson.web.ehr.documents import Content
from akson.web.ehr.patient import Patient
from akson.web.ehr.rows import Row
from akson.web.ehr.rows import document as document_row
from akson.web.language import language_of
from akson.web.page import render


async def document_list(request: Request) -> Response:
    """GET: all. POST: those that hold the words of `words`, here and in other systems."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    words = str((await request.form()).get("words", "")).strip() if request.method == "POST" else ""
    who = ("patient", f"Patient/{person.id}")
    holding = [("_content", words.replace(",", "\\,"))] if words else []
    found = await find(
        ctx, "DocumentReference", who, ("status", "current"), *holding, ("_sort", "-date"), ("_count", PAGE)
    )
    return await show_chart(
        request,
        ctx,
        "ehr/documents.html",
        "documents",
        patient=person,
        rows=documents.lines(found, ctx.node),
        words=words,
        others=await _others(request, ctx, person, words) if words else None,
    )


async def other_documents(request: Request) -> Response:
    """The part of the page that other systems answer for; asked for after the rest is on screen."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    return render(
        request, "ehr/documents_others.html", patient=person, others=await _others(request, ctx, person)
    )


async def _others(request: Request, ctx: Context, person: Patient, words: str = "") -> dict[str, object]:
    """Lines of the documents elsewhere, the sources that did not answer, and whether the platform itself did."""
    found = await _look(request, person, words)
    elsewhere = [each for each in found.documents if _source(each) != ctx.node.fhir]
    lines = [(document_row(each, ctx.node), address) for each in elsewhere if (address := _address(each))]
    return {"lines": lines, "missing": found.missing, "silent": found.silent, "refused": found.refused}


async def _look(request: Request, person: Patient, words: str = "") -> Found:
    reach, pid = reach_of(request), show.national_id(person.resource)
    if not pid:
        return Found(())
    return await look.find(reach.ask(pid), reach.mhd, pid, words)


def _source(document: Resource) -> str:
    return str(document.get("meta", {}).get("source", ""))


def _address(document: Resource) -> str:
    """`source/binary` of a document's content at the platform; empty when it has none there."""
    _, found, place = str(documents.attachment(document).get("url", "")).rpartition("/Binary/")
    return place if found else ""


async def document(request: Request) -> Response:
    """One document of this record, with its words."""
    ctx = context(request)
    person, found = await _own(request, ctx)
    tab = "notes" if "/notater/" in request.url.path else "documents"
    return await _show(
        request, ctx, person, tab, document_row(found, ctx.node), await documents.fetch(ctx, found)
    )


async def download(request: Request) -> Response:
    """The content of a document of this record as a file."""
    ctx = context(request)
    _, found = await _own(request, ctx)
    return (await documents.fetch(ctx, found)).download


async def _own(request: Request, ctx: Context) -> tuple[Patient, Resource]:
    person = await patient.load(ctx, request.path_params["patient"])
    found = await patient.belonging(ctx, "DocumentReference", request.path_params["document"], person.id)
    return person, found


async def foreign_document(request: Request) -> Response:
    """One document of another system, fetched through the platform."""
    ctx = context(request)
    person, found, content = await _foreign(request, ctx)
    return await _show(request, ctx, person, "documents", document_row(found, ctx.node), content)


async def foreign_download(request: Request) -> Response:
    """The content of a document of another system as a file."""
    return (await _foreign(request, context(request)))[2].download


async def _foreign(request: Request, ctx: Context) -> tuple[Patient, Resource, Content]:
    """The document of the address, when it is among those of the patient of the page."""
    person = await patient.load(ctx, request.path_params["patient"])
    place = f"{request.path_params['source']}/{request.path_params['binary']}"
    listed = await _look(request, person)
    found = next((each for each in listed.documents if _address(each) == place), None)
    if found is None:
        raise NotFound("no such document of this patient")
    reach, pid = reach_of(request), show.national_id(person.resource)
    fetched = await look.fetch(reach.ask(pid), reach.mhd, *place.split("/"))
    return person, found, documents.made(fetched.content_type, fetched.data)


async def _show(
    request: Request, ctx: Context, person: Patient, tab: str, row: Row, content: Content
) -> Response:
    return await show_chart(request, ctx, "ehr/document.html", tab, patient=person, row=row, content=content)


async def messages(request: Request) -> Response:
    """What has been sent and received about the patient."""
    ctx = context(request)
    patient = request.path_params["patient"]
    found = await correspondence.about(ctx, patient, language_of(request))
    under_way = await cases.of_patient(ctx, patient)
    return await show_chart(request, ctx, "ehr/messages.html", "messages", messages=found, cases=under_way)
