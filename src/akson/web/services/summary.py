"""The clinical summary (International Patient Summary) as a page and as a PDF: for personnel and for the citizen."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.documents.pdf.press import Paper, Value, pressed
from akson.exchange.edge.platform import FHIR_JSON
from akson.exchange.hub.summary import Asking, compose
from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import NotFound, PeerFailed
from akson.kit.norwegian import FNR, system_of
from akson.kit.text import text
from akson.security.representation import RECORD
from akson.web import say, show
from akson.web.context import context, inquiry_of, one, reach_of
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal.citizen import person

CHART = "/pasient/{patient}/oppsummering"
PORTAL = "/oppsummering"


@dataclass(frozen=True, slots=True)
class Part:
    """A section as people read it."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole: `made` is when, `partial` whether somebody could not be asked."""

    parts: tuple[Part, ...]
    made: str
    partial: bool


def chart_routes() -> list[BaseRoute]:
    """The page and its PDF, below the path of a record system."""
    return [Route(CHART, in_chart), Route(f"{CHART}.pdf", chart_pdf)]


def portal_routes() -> list[BaseRoute]:
    """The same in the portal."""
    return [Route(PORTAL, in_portal), Route(f"{PORTAL}.pdf", portal_pdf)]


async def in_chart(request: Request) -> Response:
    """Fetched from the platform on behalf of the reader."""
    ctx = context(request)
    found = read(await _asked(request))
    return await show_chart(request, ctx, "services/chart_summary.html", "services", summary=found)


async def chart_pdf(request: Request) -> Response:
    """The same on paper."""
    whom = await patient.load(context(request), request.path_params["patient"])
    return await _paper(request, read(await _asked(request)), whom.name)


async def in_portal(request: Request) -> Response:
    """The citizen's own, or of the one who is acted for."""
    found = read(await _composed(request))
    return render(request, "services/portal_summary.html", menu="information", summary=found)


async def portal_pdf(request: Request) -> Response:
    """The same on paper."""
    ctx = person(request, RECORD)
    acts_for = ctx.actor.acts_for
    return await _paper(
        request, read(await _composed(request)), acts_for.name if acts_for else ctx.actor.name
    )


def read(document: Resource) -> Summary:
    """A summary document as people read it."""
    composition = document["entry"][0]["resource"]
    parts = tuple(
        Part(
            str(each["title"]),
            tuple(filter(None, map(str.strip, show.text_of_div(each["text"]["div"]).splitlines()))),
        )
        for each in composition["section"]
    )
    return Summary(parts, str(composition["date"]), composition["status"] != "final")


async def _asked(request: Request) -> Resource:
    """PeerFailed, PeerSilent or NoAttest when the platform makes none for the reader."""
    ctx = context(request)
    whom = await patient.load(ctx, request.path_params["patient"])
    reach, pid = reach_of(request), show.national_id(whom.resource)
    identifier = {"system": system_of(pid) if pid else FNR, "value": pid}
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "identifier", "valueIdentifier": identifier}],
    }
    headers = {**FHIR_JSON, "accept-language": language_of(request)}
    url = f"{reach.node.platform}/oppslag/Patient/$summary"
    answer = await reach.ask(pid)("POST", url, content=dumps(body), headers=headers)
    if answer.status_code == 404:
        raise NotFound("The platform does not know the patient")
    if answer.status_code != 200:
        raise PeerFailed(f"The platform answered {answer.status_code}")
    return loads(answer.content)


async def _composed(request: Request) -> Resource:
    ctx = person(request, RECORD)
    inquiry = inquiry_of(request)
    whom = await one(ctx, "Patient", ctx.actor.patient)
    return await compose(ctx, Asking(inquiry.look, inquiry.ask, whom, inquiry.pid, language_of(request)))


async def _paper(request: Request, found: Summary, name: str) -> Response:
    language = language_of(request)
    made = text("summary.made", language, when=say.when(found.made, language))
    content: dict[str, Value] = {
        "title": text("service.klinisk_oppsummering", language),
        "subject": name,
        "sender": context(request).node.title,
        "language": language,
        "lead": [made],
        "foot": made,
        "notices": [text("summary.partial", language)] if found.partial else [],
        "sections": [{"title": part.title, "lines": list(part.lines)} for part in found.parts],
    }
    headers = {"content-disposition": 'attachment; filename="oppsummering.pdf"', "cache-control": "no-store"}
    return Response(await pressed(Paper.SUMMARY, content), media_type="application/pdf", headers=headers)
