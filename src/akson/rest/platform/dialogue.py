"""POST /samtale on the platform: the dialogue service for record systems, in the name of a person at work.

    list      the threads of the person's units; with patient (identity number), those about that person
    open      one thread with all its messages, which are read from now on
    units     who takes part, and within how many working days they answer
    begin, answer, take, forward, close, reopen, assess, decide    write; each answers with the thread as it stands then
    file      one attached file
    count     how many threads wait, and for too long; names nobody
    pace      the leader says within how many working days the unit answers

For systems whose token has the scope `akson:<platform>/samtale`, about their own units. `who` is the person: name, units (HER-ids),
role, hpr, practitioner, authorization. Another service's own system (`akson:<platform>/partner`) needs no `who`, and takes part in the threads
of citizens who have let it: list, open, begin, answer, close, file. Answers are Bundles of Task (the thread), Communication (its messages) and Patient.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from akson.documents import harmless
from akson.exchange.hub import desk, dialogue, dialogue_decisions, dialogue_pace, dialogue_partners
from akson.exchange.hub.desk import Desk, Who
from akson.exchange.hub.dialogue import MOST_FILES, Beginning, Written
from akson.exchange.threads import Stage, Thread
from akson.fhir.model import Resource
from akson.fhir.strict_json import dumps, loads
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated, Unprocessable
from akson.record import gate
from akson.record.context import Context, Place, opened
from akson.record.people import People
from akson.rest.platform.serving import Serve, body, with_outcomes
from akson.security.actor import Kind
from akson.security.rules.dialogue import CITIZEN
from akson.security.scopes import require_scope
from akson.security.sharing import SCOPE

RIGHT = "samtale"
LIMIT = 4 * MOST_FILES * harmless.LARGEST // 3 + 1_000_000
"""Bytes of one request: the files in base64, and the rest."""

Told = Mapping[str, Any]
View = Callable[[Desk, Told], Awaitable[object]]


def dialogue_routes(place: Place) -> list[BaseRoute]:
    """The routes, for the platform node."""
    views: dict[str, View] = {
        "list": _list, "open": _open, "units": _units, "begin": _begin, "answer": _answer, "take": _take,
        "forward": _forward, "assess": _assess, "decide": _decide, "close": _close, "reopen": _reopen, "file": _file, "pace": _pace,
    }  # fmt: skip
    routes = [Route(f"/{name}", answered(place, view), methods=["POST"]) for name, view in views.items()]
    return [Mount("/samtale", routes=[*routes, Route("/count", _counted(place), methods=["POST"])])]


def answered(place: Place, view: View) -> Serve:
    """A route of the desk: the view of a person at work whom a system speaks for."""

    async def serve(request: Request) -> Response:
        told = await _asked(place, request)
        async with opened(place, request.state.actor) as ctx:
            seat = await _seat(ctx, told)
            answer = await view(seat, told)
        return Response(dumps(answer), media_type="application/json", headers={"cache-control": "no-store"})

    return with_outcomes(serve)


async def _seat(ctx: Context, told: Told) -> Desk:
    """Where who asks sits: somebody at a unit, as the system says, or another service, as its token does."""
    pid = str(told.get("patient", ""))
    if ctx.actor.kind is not Kind.PARTNER:
        return await desk.of_personnel(ctx, Who.read(told), pid)
    found = await People(ctx.place).patient(ctx.tx.as_node, pid) if pid else None
    return await dialogue_partners.of_partner(ctx, str(found["id"]) if found else "nobody" if pid else "")


def _counted(place: Place) -> Serve:
    async def serve(request: Request) -> Response:
        who = Who.read(await _asked(place, request))
        async with opened(place, request.state.actor, read_only=True) as ctx:
            if not set(who.units) <= await desk.addresses(ctx).owned_by(ctx.actor.organization):
                raise NotAllowed("A system speaks for its own units")
            return JSONResponse(dict(await dialogue_pace.waiting(ctx, who.units)))

    return with_outcomes(serve)


async def _asked(place: Place, request: Request) -> Told:
    actor = request.state.actor
    if actor is None:
        raise NotAuthenticated("A token is needed")
    is_partner = actor.kind is Kind.PARTNER
    require_scope(request.state.caller, place.node, SCOPE if is_partner else RIGHT)
    if not is_partner and actor.kind is not Kind.SYSTEM:
        raise NotAllowed("For systems only")
    return loads(await body(request, limit=LIMIT))


async def _list(seat: Desk, _told: Told) -> object:
    return bundle([each for thread in await dialogue.listed(seat) for each in _parts(thread)])


async def _open(seat: Desk, told: Told) -> object:
    thread = await dialogue.opened(seat, text(told, "thread"))
    person = loads((await gate.read(seat.ctx, "Patient", thread.patient)).body)
    return bundle([*_parts(thread), person])


async def _units(seat: Desk, _told: Told) -> object:
    found = await dialogue.receivers(seat)
    mine = [(unit, await dialogue_pace.pace(seat.ctx, unit)) for unit in sorted(seat.sides)]
    units = [{"her": entry.her_id, "name": entry.label, "days": days} for entry, days in found]
    return {"units": units, "own": [{"her": unit, "days": days} for unit, days in mine]}


async def _begin(seat: Desk, told: Told) -> object:
    if not seat.patient:
        raise Malformed("patient is the identity number of the person it is about", expression=("patient",))
    what = Beginning(text(told, "to") or CITIZEN, text(told, "topic"), _written(told))
    return bundle(_parts(await dialogue.begin(seat, what)))


async def _answer(seat: Desk, told: Told) -> object:
    return bundle(_parts(await dialogue.answer(seat, text(told, "thread"), _written(told))))


async def _take(seat: Desk, told: Told) -> object:
    return bundle(_parts(await dialogue.take(seat, text(told, "thread"))))


async def _forward(seat: Desk, told: Told) -> object:
    to, words = text(told, "to"), text(told, "words")
    return bundle(_parts(await dialogue.forward(seat, text(told, "thread"), to, words)))


async def _assess(seat: Desk, told: Told) -> object:
    return bundle(_parts(await dialogue_decisions.assess(seat, text(told, "thread"))))


async def _decide(seat: Desk, told: Told) -> object:
    stage = text(told, "stage")
    if stage not in set(Stage):
        raise Unprocessable("stage is one of those of an application", expression=("stage",))
    return bundle(
        _parts(await dialogue_decisions.decide(seat, text(told, "thread"), Stage(stage), _written(told)))
    )


async def _close(seat: Desk, told: Told) -> object:
    return bundle(_parts(await dialogue.close(seat, text(told, "thread"))))


async def _reopen(seat: Desk, told: Told) -> object:
    return bundle(_parts(await dialogue.reopen(seat, text(told, "thread"))))


async def _file(seat: Desk, told: Told) -> object:
    found, binary = await dialogue.file(seat, text(told, "thread"), text(told, "binary"))
    return {"name": found.name, "kind": found.kind, "data": binary["data"]}


async def _pace(seat: Desk, told: Told) -> object:
    days = told.get("days")
    if not isinstance(days, int):
        raise Malformed("days is a whole number", expression=("days",))
    await dialogue_pace.set_pace(seat, text(told, "unit"), days)
    return {}


def _written(told: Told) -> Written:
    files = told.get("files", [])
    if not isinstance(files, list) or not all(isinstance(each, dict) for each in files):
        raise Malformed("files is a list of name and data", expression=("files",))
    try:
        read = [
            (str(each.get("name", "")), base64.b64decode(str(each["data"]), validate=True)) for each in files
        ]
    except (KeyError, binascii.Error) as error:
        raise Malformed("data is base64", expression=("files",)) from error
    return Written(text(told, "words"), [harmless.checked(*each) for each in read], text(told, "key"))


def text(told: Told, name: str) -> str:
    """A member of what was sent; empty where there is none. Malformed for anything but a text."""
    found = told.get(name, "")
    if not isinstance(found, str):
        raise Malformed(f"{name} is a text", expression=(name,))
    return found


def _parts(thread: Thread) -> list[Resource]:
    return [thread.task, *(each.resource for each in thread.messages)]


def bundle(found: list[Resource]) -> Resource:
    """Resources as a Bundle."""
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in found]}
