"""The citizen's applications for services of the municipality: a form, how far each has come, and what was decided."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import desk, dialogue
from akson.exchange.hub.dialogue import Applied, Beginning
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.security.representation import RECORD
from akson.web import dialogue as shown
from akson.web.dialogue import LIMITS, Given
from akson.web.page import render
from akson.web.portal.citizen import person

BASE = "/soknader"
CASES = "KD0501"
"""Service of a unit (V8663) that decides on applications."""
SERVICES = (
    "hjemmesykepleie", "praktisk-bistand", "trygghetsalarm", "matombringing", "stottekontakt", "avlastning",
    "bpa", "korttidsopphold", "sykehjem", "omsorgsstonad",
)  # fmt: skip
"""What municipalities grant (helse- og omsorgstjenesteloven 3-2 and 3-6, 3-8), in the order of the form."""


def application_routes() -> list[BaseRoute]:
    """The pages, below the path of the portal; one application is a thread, and shown as such."""
    return [
        Route(BASE, every),
        Route(f"{BASE}/ny", new, methods=["GET"]),
        Route(f"{BASE}/ny", send, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """All applications, the newest first."""
    seat = desk.of_citizen(person(request, RECORD))
    found = [each for each in await dialogue.listed(seat) if each.stage]
    lines = [shown.line(each, shown.address_of(request, "/meldinger"), seat.sides) for each in found]
    return render(request, "portal/applications.html", menu="home", lines=lines)


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, Given(key=new_id()))


async def send(request: Request) -> Response:
    """Send it, and show it; the form as it was when it is not taken."""
    told, sent = await shown.sent(request)
    if told.topic not in SERVICES:
        return await _form(request, told, "dialog.wrong_topic")
    try:
        name = text(f"apply.service_{told.topic.replace('-', '_')}")
        what = Beginning(told.to, name, shown.written(sent), Applied(told.topic, name))
        made = await dialogue.begin(desk.of_citizen(person(request, RECORD)), what)
    except Unprocessable as error:
        return await _form(request, told, shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"/meldinger/{made.id}"), 303)


async def _form(request: Request, told: Given, wrong: str = "") -> Response:
    found = await dialogue.receivers(desk.of_citizen(person(request, RECORD)))
    units = [(entry.her_id, entry.label) for entry, _ in found if entry.service.code == CASES]
    return render(
        request, "portal/application_new.html", status=422 if wrong else 200, menu="home",
        units=units, services=SERVICES, given=told, wrong=wrong, limits=LIMITS,
    )  # fmt: skip
