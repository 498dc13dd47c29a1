"""POST /samtale/meetings on the platform: meetings of units, for record systems, in the name of a person at work.

    list, open                      the unit's meetings from now on (with patient: of that person); one, with the room of a video meeting
    call, move, cancel, let-in, finish    call one, and what becomes of it

As `/samtale` (`rest/platform/dialogue`). The room's address is told around the time, to units that take part.
"""

from datetime import datetime, timedelta

from starlette.routing import Mount, Route

from akson.exchange.hub import meetings
from akson.exchange.hub.desk import Desk
from akson.exchange.hub.meetings import Call
from akson.exchange.meetings import AFTER, How, Meeting
from akson.kit.clock import now
from akson.kit.errors import Malformed, Unprocessable
from akson.record.context import Place
from akson.rest.platform.dialogue import Told, View, answered, bundle, text

BACK = timedelta(hours=12)
"""How far back the unit's list goes: the meetings of today."""


def meeting_routes(place: Place) -> Mount:
    """The routes, for the platform node: before those of the dialogue service."""
    views: dict[str, View] = {
        "list": _list, "open": _open, "call": _call, "move": _move, "cancel": _cancel, "let-in": _let_in,
        "finish": _finish,
    }  # fmt: skip
    routes = [Route(f"/{name}", answered(place, view), methods=["POST"]) for name, view in views.items()]
    return Mount("/samtale/meetings", routes=routes)


async def _list(seat: Desk, _told: Told) -> object:
    return bundle([each.resource for each in await meetings.listed(seat, now() - BACK - AFTER)])


async def _open(seat: Desk, told: Told) -> object:
    return await _shown(seat, await meetings.one(seat, text(told, "meeting")))


async def _call(seat: Desk, told: Told) -> object:
    if not seat.patient:
        raise Malformed("patient is the identity number of the person it is with", expression=("patient",))
    try:
        how = How(text(told, "how"))
    except ValueError as error:
        raise Unprocessable("how is one of the kinds of meetings", expression=("how",)) from error
    what = Call(
        what=text(told, "what"), how=how, start=_moment(told, "start"), end=_moment(told, "end"),
        note=text(told, "note"), guests=_texts(told, "guests"), units=_texts(told, "units"),
        services=_texts(told, "services"),
    )  # fmt: skip
    return await _shown(seat, await meetings.call(seat, what))


async def _move(seat: Desk, told: Told) -> object:
    start, end = _moment(told, "start"), _moment(told, "end")
    return await _shown(seat, await meetings.move(seat, text(told, "meeting"), start, end))


async def _cancel(seat: Desk, told: Told) -> object:
    return await _shown(seat, await meetings.cancel(seat, text(told, "meeting")))


async def _let_in(seat: Desk, told: Told) -> object:
    return await _shown(seat, await meetings.let_in(seat, text(told, "meeting")))


async def _finish(seat: Desk, told: Told) -> object:
    return await _shown(seat, await meetings.finish(seat, text(told, "meeting")))


async def _shown(seat: Desk, found: Meeting) -> object:
    return bundle([found.resource]) | {"room": await meetings.link(seat, found)}


def _moment(told: Told, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(text(told, name))
    except ValueError as error:
        raise Unprocessable(f"{name} is a time with its zone", expression=("time",)) from error
    if found.tzinfo is None:
        raise Unprocessable(f"{name} is a time with its zone", expression=("time",))
    return found


def _texts(told: Told, name: str) -> list[str]:
    found = told.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise Malformed(f"{name} is a list of texts", expression=(name,))
    return found
