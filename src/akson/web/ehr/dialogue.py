"""Threads with citizens and with other units: the unit's list, one thread and what is done with it, and those of a patient."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care.relations import is_related
from akson.exchange.edge.dialogue import Conversations, Opened
from akson.exchange.threads import State
from akson.kit.errors import NotAllowed, NotFound, PeerFailed, PeerSilent, Unprocessable
from akson.kit.ids import new_id
from akson.kit.norwegian import token
from akson.record.context import Context
from akson.security.rules.access_log import LEADER
from akson.web import dialogue as shown
from akson.web import show
from akson.web.context import context, find, reach_of, readable, whole
from akson.web.dialogue import LIMITS, Given
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.ehr.frame import show_work
from akson.web.ehr.referrals import mailroom_of
from akson.web.page import render

BASE = "/dialog"
CHART = "/pasient/{patient}/dialog"
ACTS = frozenset({"take", "forward", "close", "reopen", "assess", "decide"})
SAID = {"forward": ("to", "words"), "decide": ("stage", "words", "key")}
"""What an act says besides."""
AWAY = (PeerSilent, PeerFailed)


def dialogue_routes() -> list[BaseRoute]:
    """The pages, below the path of a record system."""
    one = BASE + "/{thread}"
    return [
        Route(BASE, every),
        Route(f"{BASE}/antall", count),
        Route(f"{BASE}/svartid", set_pace, methods=["POST"]),
        Route(one, thread, methods=["GET"]),
        Route(one, answer, methods=["POST"]),
        Route(one + "/vedlegg/{binary}", file),
        Route(one + "/{act}", act, methods=["POST"]),
        Route(CHART, of_patient, methods=["GET"]),
        Route(f"{CHART}/ny", new, methods=["GET"]),
        Route(f"{CHART}/ny", begin, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """The unit's threads: what waits, the oldest first; what is answered; what is closed."""
    return await _list(request)


async def count(request: Request) -> Response:
    """How many wait, for the menu; nothing where the platform is silent."""
    try:
        found = await conversations(request).waiting()
    except (*AWAY, NotAllowed):
        found = {"waiting": 0, "overdue": 0}
    return render(request, "ehr/dialogue_count.html", found=found)


async def set_pace(request: Request) -> Response:
    """The leader says within how many working days the unit answers."""
    form = await request.form()
    try:
        await conversations(request).set_pace(
            str(form.get("unit", "")), whole(str(form.get("days", ""))) or 0
        )
    except Unprocessable as error:
        return await _list(request, shown.fault(error))
    return RedirectResponse(shown.address_of(request, BASE), 303)


async def thread(request: Request) -> Response:
    """One thread, which the unit has read from now on; that it was opened is in the own log of the patient too."""
    found = await conversations(request).opened(request.path_params["thread"])
    return await _thread(request, found, Given(key=new_id()))


async def answer(request: Request) -> Response:
    """Write in it; what was written stays when it is not taken."""
    talk, (told, sent) = conversations(request), await shown.sent(request)
    id_ = request.path_params["thread"]
    try:
        written = shown.written(sent)
        await talk.answer(id_, written.words, written.files, written.key)
    except Unprocessable as error:
        return await _thread(request, await talk.opened(id_), told, shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"{BASE}/{id_}"), 303)


async def act(request: Request) -> Response:
    """Take it, pass it on, close it, open it again."""
    talk, form = conversations(request), await request.form()
    id_, what = request.path_params["thread"], request.path_params["act"]
    if what not in ACTS:
        raise NotFound("no such act")
    told = {name: str(form.get(name, "")) for name in SAID.get(what, ())}
    try:
        await talk.act(what, id_, **told)
    except Unprocessable as error:
        kept = Given(key=new_id(), stage=told.get("stage", ""), decision=told.get("words", ""))
        return await _thread(request, await talk.opened(id_), kept, shown.fault(error))
    back = BASE if what == "forward" else f"{BASE}/{id_}"
    return RedirectResponse(shown.address_of(request, back), 303)


async def file(request: Request) -> Response:
    """What is attached to a message."""
    found = await conversations(request).file(request.path_params["thread"], request.path_params["binary"])
    return shown.served(found)


async def of_patient(request: Request) -> Response:
    """The unit's threads about a patient, as a part of the chart's page of messages."""
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    lines, silent = [], False
    try:
        pid = show.national_id(person.resource)
        talk = conversations(request)
        base, sides = shown.address_of(request, BASE), frozenset(talk.units)
        lines = [shown.line(each, base, sides) for each in await talk.listed(pid)] if pid else []
    except (NotAllowed, NotFound):
        pass  # a unit without an address takes no part, and the platform may not know the patient
    except AWAY:
        silent = True
    may = await is_related(ctx, person.id)
    return render(request, "ehr/dialogue_chart.html", patient=person, lines=lines, silent=silent, may=may)


async def new(request: Request) -> Response:
    """An empty form: to the patient, or to another unit about the patient."""
    return await _form(request, Given(key=new_id()))


async def begin(request: Request) -> Response:
    """Send, and show the thread. NotAllowed about somebody whom one does not treat."""
    told, sent = await shown.sent(request)
    person = await _treated(request)
    try:
        written, pid = shown.written(sent), show.national_id(person.resource)
        made = await conversations(request).begin(
            pid, told.to, told.topic, written.words, written.files, written.key
        )
    except Unprocessable as error:
        return await _form(request, told, shown.fault(error))
    return RedirectResponse(shown.address_of(request, f"{BASE}/{made.id}"), 303)


def conversations(request: Request) -> Conversations:
    """The threads of the reader's units. NotAllowed for one whose role or unit takes no part."""
    ctx = context(request)
    units = tuple(mailroom_of(request).of_units(ctx.actor.units))
    if not units or not readable(ctx, "Communication"):
        raise NotAllowed("no unit here that takes part in the dialogue")
    return Conversations(reach_of(request), units)


async def _treated(request: Request) -> patient.Patient:
    ctx = context(request)
    person = await patient.load(ctx, request.path_params["patient"])
    if not await is_related(ctx, person.id):
        raise NotAllowed("a thread is begun about somebody whom one treats")
    return person


async def _list(request: Request, wrong: str = "") -> Response:
    ctx, talk = context(request), conversations(request)
    base, sides = shown.address_of(request, BASE), frozenset(talk.units)
    silent, lines, own = False, [], []
    try:
        lines = [shown.line(each, base, sides) for each in await talk.listed()]
        own = (await talk.receivers())[1]
    except AWAY:
        silent = True
    ours = [each for each in lines if each.thread.unit in sides and each.thread.state is State.WAITING]
    page = await show_work(
        request, ctx, "ehr/dialogues.html", menu="dialogue", silent=silent, wrong=wrong,
        waiting=sorted(ours, key=lambda each: str(each.thread.due)),
        others=[each for each in lines if each not in ours and each.thread.state is not State.CLOSED],
        closed=[each for each in lines if each.thread.state is State.CLOSED],
        own=own, leads=ctx.actor.role == LEADER,
    )  # fmt: skip
    page.status_code = 422 if wrong else 200
    return page


async def _thread(request: Request, found: Opened, told: Given, wrong: str = "") -> Response:
    ctx, talk = context(request), conversations(request)
    sides = frozenset(talk.units)
    others, _ = await talk.receivers()
    page = await show_work(
        request, ctx, "ehr/dialogue.html", menu="dialogue",
        line=shown.line(found.thread, shown.address_of(request, BASE), sides), sides=sides,
        chart=await _chart(ctx, found.pid), units=others, given=told, wrong=wrong, limits=LIMITS,
        mine=found.thread.handler.get("identifier", {}).get("value", "-") == ctx.actor.hpr,
        active=bool(sides & found.thread.active),
    )  # fmt: skip
    page.status_code = 422 if wrong else 200
    return page


async def _chart(ctx: Context, pid: str) -> str:
    """Id of the patient here, where the reader may look up who it is; the look is in the log."""
    found = await find(ctx, "Patient", ("identifier", token(pid))) if pid and readable(ctx, "Patient") else []
    return str(found[0]["id"]) if found else ""


async def _form(request: Request, told: Given, wrong: str = "") -> Response:
    person = await _treated(request)
    units, _ = await conversations(request).receivers()
    page = await show_chart(
        request, context(request), "ehr/dialogue_new.html", "messages",
        patient=person, units=units, given=told, wrong=wrong, limits=LIMITS,
    )  # fmt: skip
    page.status_code = 422 if wrong else 200
    return page
