"""The citizen's applications for services of the municipality: a form, how far each has come, and what was decided."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import desk, dialogue
from akson.exchange.hub.desk import Desk
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


SERVICE = "apply.wrong_service"
FIELDS = {
    "dialog.wrong_to": "to",
    "dialog.wrong_closed": "to",
    SERVICE: "topic",
    "dialog.wrong_words": "words",
}
"""Which field what is wrong is about; else the files."""


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
    """Send it, and show it; the form as it was, with all that is missing or wrong, when it is not taken."""
    told, sent = await shown.sent(request)
    seat = desk.of_citizen(person(request, RECORD))
    wrong = [*await _whom(seat, told.to), *([] if told.topic in SERVICES else [SERVICE]), *shown.faults(sent)]
    if wrong:
        return await _form(request, told, wrong)
    name = text(f"apply.service_{told.topic.replace('-', '_')}")
    what = Beginning(told.to, name, shown.written(sent), Applied(told.topic, name))
    made = await dialogue.begin(seat, what)
    return RedirectResponse(shown.address_of(request, f"/meldinger/{made.id}"), 303)


async def _units(seat: Desk) -> list[tuple[str, str]]:
    found = await dialogue.receivers(seat)
    return [(entry.her_id, entry.label) for entry, _ in found if entry.service.code == CASES]


async def _whom(seat: Desk, to: str) -> list[str]:
    """What is wrong with the unit that is applied to: none, or one that cannot read it."""
    if to not in {her_id for her_id, _ in await _units(seat)}:
        return ["dialog.wrong_to"]
    try:
        await dialogue.unit_of(seat, to, seat.patient)
    except Unprocessable as error:
        return [shown.fault(error)]
    return []


async def _form(request: Request, told: Given, wrong: Sequence[str] = ()) -> Response:
    units = await _units(desk.of_citizen(person(request, RECORD)))
    return render(
        request, "portal/application_new.html", status=422 if wrong else 200, menu="home",
        units=units, services=SERVICES, given=told, wrong=wrong, limits=LIMITS, fields=FIELDS,
    )  # fmt: skip
