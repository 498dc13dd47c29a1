"""The citizen's meetings: what is planned, here and in all record systems, an answer to it, and the waiting room of a video meeting."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import desk, meetings
from akson.exchange.hub.desk import Desk
from akson.exchange.hub.look import Search
from akson.exchange.meetings import Answer, Meeting
from akson.exchange.merging import missing
from akson.kit.clock import instant, now
from akson.kit.errors import Malformed, Unprocessable
from akson.security.representation import RECORD
from akson.web import meetings as shown
from akson.web.context import context, inquiry_of, of_type
from akson.web.dialogue import address_of
from akson.web.ehr import work
from akson.web.page import frame_of, render
from akson.web.portal.citizen import person

BASE = "/avtaler"


def meeting_routes() -> list[BaseRoute]:
    """The pages, below the path of the portal."""
    one = BASE + "/{meeting}"
    return [
        Route(BASE, every),
        Route(f"{BASE}/andre", others),
        Route(one, meeting),
        Route(one + "/svar", answer, methods=["POST"]),
        Route(one + "/venterom", arrive, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """What is planned, one's own and what one is invited to; those of the record systems come as they answer."""
    seat = await _desk(request)
    found = [each for each in await meetings.listed(seat, now() - shown.KEPT) if not _is_gone(each)]
    lines = [shown.line(each, address_of(request, BASE)) for each in found]
    return render(
        request, "portal/meetings.html", menu="home", mine=[each for each in lines if _mine(seat, each.meeting)],
        invited=[each for each in lines if not _mine(seat, each.meeting)],
    )  # fmt: skip


async def others(request: Request) -> Response:
    """Appointments that stand in the record systems, as a part of the page."""
    ctx = person(request, RECORD)
    search = Search("Appointment", (("date", f"ge{instant(now())}"), ("_count", "100")))
    (bundle,) = await inquiry_of(request).find(ctx, [search])
    found = of_type([entry["resource"] for entry in bundle["entry"]], "Appointment")
    visits = sorted((work.visit(each, ctx.node, {}) for each in found), key=lambda each: each.due)
    return render(request, "portal/meetings_others.html", visits=visits, missing=missing(bundle))


async def meeting(request: Request) -> Response:
    """One; asked for again as a part while somebody waits."""
    seat = await _desk(request)
    return await _show(request, seat, await meetings.one(seat, request.path_params["meeting"]))


async def answer(request: Request) -> Response:
    """Say that one comes, wants another time, or cannot come."""
    form, seat = await request.form(), await _desk(request)
    id_, words = request.path_params["meeting"], str(form.get("words", ""))
    try:
        said = Answer(str(form.get("do", "")))
    except ValueError as error:
        raise Malformed("no such answer", expression=("do",)) from error
    try:
        await meetings.answer(seat, id_, said, words)
    except Unprocessable as error:
        return await _show(request, seat, await meetings.one(seat, id_), shown.fault(error))
    return RedirectResponse(address_of(request, f"{BASE}/{id_}"), 303)


async def arrive(request: Request) -> Response:
    """Go to the waiting room."""
    found = await meetings.arrive(await _desk(request), request.path_params["meeting"])
    return RedirectResponse(address_of(request, f"{BASE}/{found.id}"), 303)


async def _desk(request: Request) -> Desk:
    person(request)
    return await desk.of_meetings(context(request))


def _mine(seat: Desk, found: Meeting) -> bool:
    return found.patient == seat.patient


def _is_gone(found: Meeting) -> bool:
    return found.is_over and found.status != "cancelled"


async def _show(request: Request, seat: Desk, found: Meeting, wrong: str = "") -> Response:
    values: dict[str, Any] = {
        "line": shown.line(found, address_of(request, BASE)), "room": await meetings.link(seat, found),
        "mine": _mine(seat, found), "wrong": wrong,
    }  # fmt: skip
    if frame_of(request).fragment:
        return render(request, "portal/meeting_room.html", menu="home", **values)
    return render(request, "portal/meeting.html", status=422 if wrong else 200, menu="home", **values)
