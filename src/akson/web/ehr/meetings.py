"""Meetings of the unit: the list, today's, one with its waiting room, and calling one with a patient."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care.relations import is_related
from akson.exchange import taking_part
from akson.exchange.edge.meetings import Calendar, Shown
from akson.exchange.edge.platform import NoAttest
from akson.exchange.edge.teams import Coordinator
from akson.exchange.meetings import How
from akson.fhir.model import Resource
from akson.kit.clock import NORWAY, instant
from akson.kit.errors import NotAllowed, NotFound, PeerFailed, PeerSilent, Unprocessable
from akson.web import meetings as shown
from akson.web import show
from akson.web.context import context, find, reach_of
from akson.web.dialogue import address_of
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.ehr.dialogue import conversations
from akson.web.ehr.frame import show_work
from akson.web.ehr.patient import Patient
from akson.web.meetings import LENGTHS, Line
from akson.web.page import frame_of, render

BASE = "/moeter"
CHART = "/pasient/{patient}/moeter"
ACTS = frozenset({"move", "cancel", "let-in", "finish"})
AWAY = (PeerSilent, PeerFailed)
FIELDS = ("what", "how", "day", "clock", "minutes", "note", "unit")


def meeting_routes() -> list[BaseRoute]:
    """The pages, below the path of a record system."""
    return [
        Route(BASE, every),
        Route(f"{BASE}/dag", today),
        Route(BASE + "/{meeting}", one, methods=["GET"]),
        Route(BASE + "/{meeting}/{act}", act, methods=["POST"]),
        Route(CHART, of_patient, methods=["GET"]),
        Route(f"{CHART}/nytt", new, methods=["GET"]),
        Route(f"{CHART}/nytt", call, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """All of the unit's from today on; those where the citizen wants something else first."""
    lines, silent = await _lines(request)
    wishes = [each for each in lines if each.state in {"move", "not"}]
    rest = [each for each in lines if each not in wishes]
    return await show_work(
        request,
        context(request),
        "ehr/meetings.html",
        menu="dialogue",
        wishes=wishes,
        lines=rest,
        silent=silent,
    )


async def today(request: Request) -> Response:
    """Today's, as a part of the first page; it asks for itself again, since somebody may come to the waiting room."""
    lines, silent = await _lines(request)
    day = datetime.now(NORWAY).date()
    now = [each for each in lines if each.meeting.start.astimezone(NORWAY).date() == day]
    open_ = [each for each in now if each.state not in {"fulfilled", "cancelled"}]
    return render(request, "ehr/meetings_today.html", lines=open_, silent=silent)


async def one(request: Request) -> Response:
    """One, with its room."""
    return await _show(request, await _calendar(request).opened(request.path_params["meeting"]))


async def act(request: Request) -> Response:
    """Move it, cancel it, let in who waits, end it."""
    form, calendar = await request.form(), _calendar(request)
    id_, what = request.path_params["meeting"], request.path_params["act"]
    if what not in ACTS:
        raise NotFound("no such act")
    try:
        told: dict[str, str] = {}
        if what == "move":
            start, end = shown.times(form)
            told = {"start": instant(start), "end": instant(end)}
        await calendar.act(what, id_, **told)
    except Unprocessable as error:
        return await _show(request, await calendar.opened(id_), shown.fault(error))
    return RedirectResponse(address_of(request, f"{BASE}/{id_}"), 303)


async def of_patient(request: Request) -> Response:
    """The unit's meetings with a patient, as a part of the chart."""
    person = await patient.load(context(request), request.path_params["patient"])
    pid = show.national_id(person.resource)
    try:
        lines, silent = await _lines(request, pid) if pid else ([], False)
    except (NotAllowed, NotFound):
        lines, silent = [], False
    may = await is_related(context(request), person.id)
    return render(request, "ehr/meetings_chart.html", patient=person, lines=lines, silent=silent, may=may)


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, dict.fromkeys(FIELDS, "") | {"how": How.VIDEO.value, "minutes": "30"}, [])


async def call(request: Request) -> Response:
    """Call a meeting, and show it; the form as it was when it cannot be."""
    form, person = await request.form(), await _treated(request)
    told = {name: str(form.get(name, "")) for name in FIELDS}
    guests = [str(each) for each in form.getlist("guests")]
    try:
        start, end = shown.times(form)
        close = {each["id"]: show.national_id(each) for each in await _close(request, person)}
        fields = {"what": told["what"], "how": told["how"], "note": told["note"]}
        fields |= {"start": instant(start), "end": instant(end)}
        made = await _calendar(request).call(
            show.national_id(person.resource), fields, [close[each] for each in guests if each in close],
            [told["unit"]] if told["unit"] else [], [str(each) for each in form.getlist("services")],
        )  # fmt: skip
    except Unprocessable as error:
        return await _form(request, told, guests, shown.fault(error))
    return RedirectResponse(address_of(request, f"{BASE}/{made.meeting.id}"), 303)


def _calendar(request: Request) -> Calendar:
    return Calendar(conversations(request))


async def _lines(request: Request, pid: str = "") -> tuple[list[Line], bool]:
    """The meetings, and whether the platform is silent."""
    base = address_of(request, BASE)
    try:
        return [shown.line(each, base) for each in await _calendar(request).listed(pid)], False
    except AWAY:
        return [], True


async def _treated(request: Request) -> Patient:
    person = await patient.load(context(request), request.path_params["patient"])
    if not await is_related(context(request), person.id):
        raise NotAllowed("a meeting is called with somebody whom one treats")
    return person


async def _close(request: Request, person: Patient) -> list[Resource]:
    """The patient's relatives who have an identity number here."""
    who = ("patient", f"Patient/{person.id}")
    found = await find(context(request), "RelatedPerson", who, ("active", "true"))
    return [each for each in found if show.national_id(each)]


async def _services(request: Request, person: Patient) -> list[tuple[str, str]]:
    """Organisation number and name of the other services in the patient's teams; none where the platform is silent."""
    try:
        around = await Coordinator(reach_of(request), show.national_id(person.resource)).around()
    except (*AWAY, NoAttest):
        return []
    people = [each for team in around.teams for each in taking_part.members(team.resource)]
    return list(dict.fromkeys((number, name) for name, _, number in people if number))


async def _show(request: Request, found: Shown, wrong: str = "") -> Response:
    line = shown.line(found.meeting, address_of(request, BASE))
    own = found.meeting.unit in conversations(request).units
    values: dict[str, Any] = {
        "line": line,
        "room": found.room,
        "wrong": wrong,
        "own": own,
        "lengths": LENGTHS,
    }
    if frame_of(request).fragment:
        return render(request, "ehr/meeting_room.html", **values)
    page = await show_work(request, context(request), "ehr/meeting.html", menu="dialogue", **values)
    page.status_code = 422 if wrong else 200
    return page


async def _form(request: Request, given: dict[str, str], guests: list[str], wrong: str = "") -> Response:
    person = await _treated(request)
    units, _ = await conversations(request).receivers()
    close = [(each["id"], show.name(each)) for each in await _close(request, person)]
    page = await show_chart(
        request, context(request), "ehr/meeting_new.html", "messages", patient=person, units=units, close=close,
        services=await _services(request, person),
        given=given, guests=guests, wrong=wrong, lengths=LENGTHS, kinds=list(How),
    )  # fmt: skip
    page.status_code = 422 if wrong else 200
    return page
