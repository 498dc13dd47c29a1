"""The pages of a patient's documents and messages."""

from starlette.requests import Request
from starlette.responses import Response

from akson.web.context import context, find
from akson.web.ehr import documents, patient
from akson.web.ehr.chart import PAGE, show_chart
from akson.web.ehr.rows import document as document_row


async def document_list(request: Request) -> Response:
    ctx = context(request)
    who = ("patient", f"Patient/{request.path_params['patient']}")
    found = await find(
        ctx, "DocumentReference", who, ("status", "current"), ("_sort", "-date"), ("_count", PAGE)
    )
    return await show_chart(
        request, ctx, "ehr/documents.html", "documents", rows=documents.lines(found, ctx.node)
    )


async def document(request: Request) -> Response:
    """One document of this record, with its words."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    found = await patient.belonging(ctx, "DocumentReference", request.path_params["document"], person.id)
    return await show_chart(
        request,
        ctx,
        "ehr/document.html",
        "notes" if "/notater/" in request.url.path else "documents",
        patient=person,
        row=document_row(found, ctx.node),
        content=await documents.fetch(ctx, found),
    )


async def messages(request: Request) -> Response:
    """What has been sent and received about the patient."""
    ctx = context(request)
    return await show_chart(request, ctx, "ehr/messages.html", "messages", messages=[])
