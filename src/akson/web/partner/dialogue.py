"""Messages as a case worker of another service reads and writes them: threads that citizens have let the service take part in."""

import base64

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.documents.harmless import File
from akson.exchange.hub import dialogue, dialogue_partners, partner
from akson.exchange.hub.desk import Desk
from akson.exchange.hub.dialogue import Beginning
from akson.exchange.threads import Thread
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.security.rules.dialogue import CITIZEN
from akson.web import dialogue as shown
from akson.web.dialogue import LIMITS, Given
from akson.web.page import render
from akson.web.partner.worker import worker

BASE = "/samtaler"
NEW = "/innbygger/{patient}/samtale"


def dialogue_routes() -> list[BaseRoute]:
    """Below /partner."""
    one = BASE + "/{thread}"
    return [
        Route(BASE, every),
        Route(one, thread, methods=["GET"]),
        Route(one, answer, methods=["POST"]),
        Route(one + "/avslutt", close, methods=["POST"]),
        Route(one + "/vedlegg/{binary}", file),
        Route(NEW, new, methods=["GET"]),
        Route(NEW, begin, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """All threads that the service takes part in, the newest first."""
    seat = await _desk(request)
    base = shown.address_of(request, BASE)
    lines = [shown.line(each, base, seat.sides) for each in await dialogue.listed(seat)]
    return render(request, "partner/dialogues.html", menu="dialogue", lines=lines)


async def thread(request: Request) -> Response:
    """One, which is read from now on."""
    seat = await _desk(request)
    found = await dialogue.opened(seat, request.path_params["thread"])
    return _thread(request, seat, found, Given(key=new_id()))


async def answer(request: Request) -> Response:
    """Write in it; what was written stays when it is not taken."""
    (told, sent), seat = await shown.sent(request), await _desk(request)
    id_ = request.path_params["thread"]
    try:
        await dialogue.answer(seat, id_, shown.written(sent))
    except Unprocessable as error:
        return _thread(request, seat, await dialogue.one(seat, id_), told, shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"{BASE}/{id_}"), 303)


async def close(request: Request) -> Response:
    """Nothing more is expected."""
    found = await dialogue.close(await _desk(request), request.path_params["thread"])
    return RedirectResponse(shown.address_of(request, f"{BASE}/{found.id}"), 303)


async def file(request: Request) -> Response:
    """What is attached to a message."""
    seat = await _desk(request)
    found, binary = await dialogue.file(seat, request.path_params["thread"], request.path_params["binary"])
    return shown.served(File(found.name, found.kind, base64.b64decode(binary["data"])))


async def new(request: Request) -> Response:
    """A form to write to a citizen who shares something with the service, or to a unit that helps."""
    return await _form(request, Given(key=new_id()))


async def begin(request: Request) -> Response:
    """Send, and show the thread; the form as it was when it is not taken."""
    told, sent = await shown.sent(request)
    seat = await _desk(request, request.path_params["patient"])
    try:
        what = Beginning(told.to or CITIZEN, told.topic, shown.written(sent))
        made = await dialogue.begin(seat, what)
    except Unprocessable as error:
        return await _form(request, told, shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"{BASE}/{made.id}"), 303)


async def _desk(request: Request, patient: str = "") -> Desk:
    return await dialogue_partners.of_partner(worker(request), patient)


async def _form(request: Request, told: Given, wrong: str = "") -> Response:
    ctx = worker(request)
    person = await partner.citizen(ctx, request.path_params["patient"])
    units = await dialogue.receivers(await _desk(request, person["id"]))
    return render(
        request, "partner/dialogue_new.html", status=422 if wrong else 200, menu="citizens",
        person=person, units=[(entry.her_id, entry.label) for entry, _ in units], given=told, wrong=wrong, limits=LIMITS,
    )  # fmt: skip


def _thread(request: Request, seat: Desk, found: Thread, told: Given, wrong: str = "") -> Response:
    line = shown.line(found, shown.address_of(request, BASE), seat.sides)
    return render(
        request, "partner/dialogue.html", status=422 if wrong else 200, menu="dialogue",
        line=line, sides=seat.sides, given=told, wrong=wrong, limits=LIMITS,
    )  # fmt: skip
