"""The citizen's messages: threads with the units that help, a new one, and what is attached."""

import base64

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.documents.harmless import File
from akson.exchange.hub import desk, dialogue, dialogue_partners
from akson.exchange.hub.desk import Desk
from akson.exchange.hub.dialogue import Beginning
from akson.exchange.threads import Thread
from akson.kit.errors import Unprocessable
from akson.kit.ids import new_id
from akson.security.representation import RECORD
from akson.web import dialogue as shown
from akson.web.dialogue import LIMITS, Given
from akson.web.page import render
from akson.web.portal.citizen import person

BASE = "/meldinger"


def dialogue_routes() -> list[BaseRoute]:
    """The pages, below the path of the portal; the card of the home page and the number in the menu come as parts."""
    one = BASE + "/{thread}"
    return [
        Route(BASE, every),
        Route(f"{BASE}/kort", card),
        Route(f"{BASE}/antall", count),
        Route(f"{BASE}/ny", new, methods=["GET"]),
        Route(f"{BASE}/ny", begin, methods=["POST"]),
        Route(one, thread, methods=["GET"]),
        Route(one, answer, methods=["POST"]),
        Route(one + "/avslutt", close, methods=["POST"]),
        Route(one + "/vedlegg/{binary}", file),
        Route(one + "/tjenester", services, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """All threads, the newest first."""
    return render(request, "portal/messages.html", menu="messages", lines=await _lines(request))


async def card(request: Request) -> Response:
    """What is new, for the home page; nothing of what it says."""
    new = [each for each in await _lines(request) if each.unread]
    return render(request, "portal/message_card.html", lines=new)


async def count(request: Request) -> Response:
    """How many messages are new, for the menu."""
    unread = sum(each.unread for each in await _lines(request))
    return render(request, "portal/message_count.html", unread=unread)


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, Given(key=new_id()))


async def begin(request: Request) -> Response:
    """Send, and show the thread; the form as it was, with what is wrong, when it is not taken."""
    told, sent = await shown.sent(request)
    try:
        what = Beginning(told.to, told.topic, shown.written(sent))
        made = await dialogue.begin(_desk(request), what)
    except Unprocessable as error:
        return await _form(request, told, shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"{BASE}/{made.id}"), 303)


async def thread(request: Request) -> Response:
    """One thread, which is read from now on."""
    found = await dialogue.opened(_desk(request), request.path_params["thread"])
    return await _thread(request, found, Given(key=new_id()))


async def answer(request: Request) -> Response:
    """Write in it, and show it; what was written stays when it is not taken."""
    (told, sent), seat = await shown.sent(request), _desk(request)
    id_ = request.path_params["thread"]
    try:
        await dialogue.answer(seat, id_, shown.written(sent))
    except Unprocessable as error:
        return await _thread(request, await dialogue.one(seat, id_), told, shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"{BASE}/{id_}"), 303)


async def close(request: Request) -> Response:
    """The citizen needs nothing more."""
    found = await dialogue.close(_desk(request), request.path_params["thread"])
    return RedirectResponse(shown.address_of(request, f"{BASE}/{found.id}"), 303)


async def services(request: Request) -> Response:
    """Another service takes part from now on, or no more."""
    seat, form = _desk(request), await request.form()
    id_, side = request.path_params["thread"], str(form.get("side", ""))
    act = dialogue_partners.bring if form.get("do") == "med" else dialogue_partners.leave
    try:
        await act(seat, id_, side)
    except Unprocessable as error:
        return await _thread(request, await dialogue.one(seat, id_), Given(key=new_id()), shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"{BASE}/{id_}"), 303)


async def file(request: Request) -> Response:
    """What is attached to a message."""
    found, binary = await dialogue.file(
        _desk(request), request.path_params["thread"], request.path_params["binary"]
    )
    return shown.served(File(found.name, found.kind, base64.b64decode(binary["data"])))


def _desk(request: Request) -> Desk:
    return desk.of_citizen(person(request, RECORD))


async def _lines(request: Request) -> list[shown.Line]:
    seat = _desk(request)
    base = shown.address_of(request, BASE)
    return [shown.line(each, base, seat.sides) for each in await dialogue.listed(seat)]


async def _form(request: Request, told: Given, wrong: str = "") -> Response:
    seat = _desk(request)
    units = [(entry.her_id, entry.label, days) for entry, days in await dialogue.receivers(seat)]
    return render(
        request, "portal/message_new.html", status=422 if wrong else 200, menu="messages",
        units=units, services=await dialogue_partners.choices(seat.ctx), given=told, wrong=wrong, limits=LIMITS,
    )  # fmt: skip


async def _thread(request: Request, found: Thread, told: Given, wrong: str = "") -> Response:
    seat = _desk(request)
    line = shown.line(found, shown.address_of(request, BASE), seat.sides)
    known = await dialogue_partners.choices(seat.ctx)
    return render(
        request, "portal/message.html", status=422 if wrong else 200, menu="messages",
        inside=[each for each in known if each[0] in found.services and each[0] != found.unit],
        outside=[each for each in known if each[0] not in found.services],
        line=line, sides=_desk(request).sides, given=told, wrong=wrong, limits=LIMITS,
    )  # fmt: skip
