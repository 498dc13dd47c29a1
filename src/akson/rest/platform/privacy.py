"""POST /personvern on the platform: a citizen's own rules, in the shape of the national service for privacy settings.

    HentInnbyggersPiForPart/v2               the rules that stand, and those withdrawn
    HentInnbyggersPiHistorikk/v2             every version
    SettInnbyggersPersonvernInnstilling/v2   sets one, changes one, or withdraws one (aktiv: false)
    SjekkInnbyggersPiStatus/v2               whether a definition holds against the one who asks, about the one patient
    samtykke/foresporsel, samtykke/muntlig   personnel ask the citizen to open what is closed, or write down a yes
    samtykke/team                            personnel ask the citizen to let a service of the team see team and plan
    endringer                                what changed since a mark: a long poll for systems that follow

Whose rules it is stands in the token, never in an address. Shape: Personvernkomponenten, PVK, API v2 (Norsk helsenett).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from akson.exchange.hub import consent, partner, privacy
from akson.exchange.hub.privacy import News, Order
from akson.exchange.wish import Wish
from akson.fhir.strict_json import loads_any
from akson.kit.clock import instant
from akson.kit.errors import Malformed, NotAllowed, NotAuthenticated, Unprocessable
from akson.record.context import Place, opened
from akson.rest.platform.serving import Serve, body, with_outcomes
from akson.security.actor import Actor, Purpose
from akson.security.actor import Kind as Actors
from akson.security.privacy import BEGINNING, DEFINITIONS, END, NAME_OF, STATUS, Kind, read, written
from akson.security.rules.own_privacy import SCOPE
from akson.security.scopes import require_scope
from akson.store.access.attorneys import Power
from akson.store.access.privacy import Mark, Version

View = Callable[[Place, Actor, Mapping[str, Any]], Awaitable[object]]


def privacy_routes(place: Place) -> list[BaseRoute]:
    """The routes, for the platform node."""
    views: dict[str, View] = {
        "/HentInnbyggersPiForPart/v2": _current,
        "/HentInnbyggersPiHistorikk/v2": _history,
        "/SettInnbyggersPersonvernInnstilling/v2": _set,
        "/endringer": _news,
        "/SjekkInnbyggersPiStatus/v2": _status,
        "/samtykke/foresporsel": _consent_asked,
        "/samtykke/muntlig": _consent_written,
        "/samtykke/team": _team_asked,
    }
    return [
        Mount(
            "/personvern",
            routes=[Route(path, _answered(place, view), methods=["POST"]) for path, view in views.items()],
        )
    ]


def _answered(place: Place, view: View) -> Serve:
    async def serve(request: Request) -> Response:
        actor: Actor | None = request.state.actor
        if actor is None:
            raise NotAuthenticated("A token is needed")
        require_scope(request.state.caller, place.node, SCOPE)
        asked = loads_any(await body(request) or b"{}")
        if not isinstance(asked, dict):
            raise Malformed("The body must be a JSON object")
        return JSONResponse(await view(place, actor, asked))

    return with_outcomes(serve)


async def _current(place: Place, actor: Actor, _body: Mapping[str, Any]) -> object:
    async with opened(place, actor, Purpose.PATIENT_REQUEST) as ctx:
        found = await privacy.current(ctx)
    return {"innstillinger": [told(each) for each in found]}


async def _history(place: Place, actor: Actor, _body: Mapping[str, Any]) -> object:
    async with opened(place, actor, Purpose.PATIENT_REQUEST) as ctx:
        found = await privacy.history(ctx)
    return {"innstillinger": [told(each) for each in found]}


async def _set(place: Place, actor: Actor, body: Mapping[str, Any]) -> object:
    id_, number, is_active = body.get("id", ""), body.get("versjonsnummer", 0), body.get("aktiv", True)
    if not isinstance(id_, str) or not isinstance(number, int) or not isinstance(is_active, bool):
        raise Malformed("id is a text, versjonsnummer a number, aktiv true or false", expression=("id",))
    async with opened(place, actor, Purpose.PATIENT_REQUEST) as ctx:
        if not is_active:
            return told(await privacy.withdraw(ctx, id_, number))
        definition = NAME_OF.get(str(body.get("definisjonGuid", "")), "")
        order = Order(
            definition,
            read(definition, body.get("metadata", {})),
            low=_moment(body, "gjelderFra"),
            high=_moment(body, "tidsbegrensetTil"),
            id=id_,
            expected=number,
        )
        return told(await privacy.put(ctx, order))


async def _status(place: Place, actor: Actor, body: Mapping[str, Any]) -> object:
    definition = NAME_OF.get(str(body.get("definisjonGuid", "")), "")
    if not definition:
        raise Unprocessable("None of the definitions that are known here", expression=("definisjonGuid",))
    async with opened(place, actor) as ctx:
        holds = await privacy.status(ctx, definition, str(body.get("innbyggerFnr", "")))
    known = DEFINITIONS[definition]
    return {
        "definisjonGuid": known.identifier,
        "definisjonNavn": definition,
        "partKode": str(body.get("partKode", "")),
        "typePi": known.kind.value,
        "aktiv": holds,
    }


async def _consent_asked(place: Place, actor: Actor, body: Mapping[str, Any]) -> object:
    async with opened(place, actor) as ctx:
        return {"id": await consent.ask(ctx, Wish.read(body))}


async def _consent_written(place: Place, actor: Actor, body: Mapping[str, Any]) -> object:
    async with opened(place, actor) as ctx:
        version = await consent.write_down(ctx, Wish.read(body))
    return {"id": version.id, "tidsbegrensetTil": instant(version.high)}


async def _team_asked(place: Place, actor: Actor, body: Mapping[str, Any]) -> object:
    number, why = (str(body.get(name, "")) for name in ("organisasjon", "begrunnelse"))
    async with opened(place, actor) as ctx:
        return {"spurt": await partner.ask_for(ctx, number, why)}


async def _news(place: Place, actor: Actor, body: Mapping[str, Any]) -> object:
    if actor.kind is not Actors.SYSTEM:
        raise NotAllowed("For systems only")
    wait = body.get("wait", 0)
    if not isinstance(wait, int | float) or not isfinite(wait):
        raise Malformed("wait is a number of seconds", expression=("wait",))
    found: News = await privacy.news(place, actor, _mark(body.get("after")), float(wait))
    mark = f"{found.mark.xid}.{found.mark.sequence}"
    return {
        "after": mark,
        "whole": found.whole,
        "changes": [_followed(each) for each in found.versions],
        "powers": [_power(each) for each in found.powers],
    }


def told(version: Version) -> dict[str, Any]:
    """A version as the citizen reads it."""
    definition = DEFINITIONS[version.definition]
    made: dict[str, Any] = {
        "id": version.id,
        "versjonsnummer": version.version,
        "typePi": version.kind,
        "definisjonGuid": definition.identifier,
        "aktiv": version.active,
        "status": STATUS[Kind(version.kind), version.active],
        "registrertAv": {"navn": version.by_name, "relasjon": version.by_right},
        "metadata": version.metadata,
    }
    if version.moment:
        made["sistEndretTidspunkt"] = instant(version.moment)
    return made | _times(version)


def _followed(version: Version) -> dict[str, Any]:
    """A version as a node needs it to obey: whose, what and against whom; no names, and not who set it."""
    terms = read(version.definition, version.metadata)
    return {
        "innbygger": version.pid,
        "id": version.id,
        "versjonsnummer": version.version,
        "definisjonGuid": DEFINITIONS[version.definition].identifier,
        "aktiv": version.active,
        "metadata": written(terms, named=False),
    } | _times(version)


def _power(power: Power) -> dict[str, Any]:
    """A power of attorney as a node needs it: who may act for whom, for what, until when; one that ended tells when."""
    return {
        "id": power.id,
        "versjonsnummer": power.version,
        "innbygger": power.giver,
        "fullmektig": power.holder,
        "omraader": power.areas,
        "tidsbegrensetTil": instant(power.end),
    }


def _times(version: Version) -> dict[str, str]:
    made = {}
    if version.low > BEGINNING:
        made["gjelderFra"] = instant(version.low)
    if version.high < END:
        made["tidsbegrensetTil"] = instant(version.high)
    return made


def _moment(body: Mapping[str, Any], name: str) -> datetime | None:
    value = body.get(name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Malformed(f"{name} is a time with its zone", expression=(name,)) from error
    if found.tzinfo is None:
        raise Malformed(f"{name} is a time with its zone", expression=(name,))
    return found


def _mark(after: object) -> Mark:
    """The mark of an earlier answer; the beginning, with everything that stands, where there is none."""
    if after is None:
        return Mark()
    try:
        xid, sequence = (int(part) for part in str(after).split("."))
    except ValueError as error:
        raise Malformed("after is a mark that an earlier answer gave", expression=("after",)) from error
    return Mark(xid, sequence)
