"""A report about a citizen from another service: words and files, to a unit of the health service that follows the citizen up."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.cooperating import Asking, Category
from akson.exchange.hub import cooperating as hub
from akson.exchange.hub import partner
from akson.fhir.model import Resource
from akson.kit.errors import Unprocessable
from akson.record.context import Context
from akson.record.identity import numbers
from akson.web import show
from akson.web.dialogue import LIMITS, sent
from akson.web.dialogue import fault as file_fault
from akson.web.page import render
from akson.web.partner.cases import BASE, SHELL, checked, choices
from akson.web.partner.worker import worker

ANYONE, ONE = f"{BASE}/rapport", "/innbygger/{patient}/rapport"
FIELDS = ("pid", "to", "what", "basis")
WORDS = {"pid": "pid", "to": "report_to", "basis": "report_basis", "what": "report_what", "told": "told"}
"""What has words of its own when it is wrong, in the order of the form; of files those of the dialogue serve."""


def report_routes() -> list[BaseRoute]:
    """Below /partner, before the pages of a case."""
    return [
        Route(path, view, methods=[method])
        for path in (ANYONE, ONE)
        for view, method in ((new, "GET"), (send, "POST"))
    ]


async def new(request: Request) -> Response:
    """The form; of a citizen who shares something with the service it need not be said who it is."""
    return await _form(request, worker(request), {}, ())


async def send(request: Request) -> Response:
    """Send it; the form again, with what was written, where something is missing or a file is not taken."""
    ctx = worker(request)
    _, held = await sent(request)
    form = await request.form()
    given = {name: str(form.get(name, "")).strip() for name in FIELDS} | {"words": held.words}
    person = await _person(request, ctx)
    pid = numbers(person)[0] if person else "".join(given["pid"].split())
    try:
        asking = Asking(
            pid, given["to"], Category.REPORT, given["what"], "", given["basis"], held.words, checked(held)
        )
        case = await hub.ask(ctx, asking)
    except Unprocessable as error:
        names = [name for issue in error.issues for name in issue.expression]
        keys = tuple(f"cooperate.wrong_{key}" for name, key in WORDS.items() if name in names) or (
            file_fault(error),
        )
        return await _form(request, ctx, given, keys)
    return RedirectResponse(f"{request.scope['root_path']}{BASE}/{case['id']}", 303)


async def _person(request: Request, ctx: Context) -> Resource | None:
    """The citizen of the page; None where the form says who it is."""
    patient = request.path_params.get("patient")
    return await partner.citizen(ctx, patient) if patient else None


async def _form(request: Request, ctx: Context, given: Mapping[str, str], wrong: tuple[str, ...]) -> Response:
    units, bases = await choices(ctx)
    person = await _person(request, ctx)
    return render(
        request,
        "partner/report_form.html",
        status=422 if wrong else 200,
        menu="citizens" if person else "cases",
        **SHELL,
        person=person,
        about=show.name(person) if person else "",
        units=units,
        bases=bases,
        given=given,
        wrong=wrong,
        limits=LIMITS,
    )
