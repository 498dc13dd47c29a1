"""The team around a patient for the one who coordinates it: other services asked in and taken out, and measures offered to them."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care.relations import is_related
from akson.exchange import taking_part
from akson.exchange.edge.platform import NoAttest
from akson.exchange.edge.teams import Coordinator
from akson.kit.errors import Malformed, NotAllowed, PeerFailed, PeerSilent, Unprocessable, VersionMismatch
from akson.kit.text import text
from akson.web import show
from akson.web.context import context, reach_of, whole
from akson.web.ehr import patient
from akson.web.ehr.chart import show_chart
from akson.web.ehr.patient import Patient
from akson.web.language import language_of
from akson.web.services.filling import key_of

CHART = "/pasient/{patient}/team"
AWAY = (PeerSilent, PeerFailed, NoAttest)
SAID = frozenset({"spurt", "med", "ute", "foreslaatt"})
"""What the page confirms, as the end of a key of the catalogues."""
FIELDS = frozenset({"who", "role", "what", "due"})


def team_routes() -> list[BaseRoute]:
    """Below the node's own path."""
    return [
        Route(CHART, page, methods=["GET"]),
        Route(CHART + "/{team}/inn", add, methods=["POST"]),
        Route(CHART + "/{team}/ut", remove, methods=["POST"]),
        Route(CHART + "/tiltak", propose, methods=["POST"]),
    ]


async def page(request: Request) -> Response:
    """Who is in the teams, what is offered to whom, and the forms."""
    return await _page(request, {}, said=request.query_params.get("sagt", ""))


async def add(request: Request) -> Response:
    """Ask a service in; the citizen is asked to let it see."""
    given, person, desk = await _opened(request)
    try:
        around = await desk.around()
        whom = around.service(given.get("who", ""))
        team = around.team(request.path_params["team"])
        why = text("together.why_asked", "nb", who=whom.name, team=team.resource.get("name", ""))
        asked = await desk.add(team, whom, given.get("role", ""), _version(given), why)
    except Unprocessable as error:
        return await _page(request, given, wrong=_wrong(error))
    except VersionMismatch:
        return await _page(request, given, wrong=("changed",), status=409)
    except AWAY:
        return await _page(request, given, wrong=("silent",), status=503)
    return _back(request, person, "spurt" if asked else "med")


async def remove(request: Request) -> Response:
    """A service leaves the team."""
    given, person, desk = await _opened(request)
    try:
        team = (await desk.around()).team(request.path_params["team"])
        await desk.remove(team, given.get("who", ""), _version(given))
    except VersionMismatch:
        return await _page(request, given, wrong=("changed",), status=409)
    except AWAY:
        return await _page(request, given, wrong=("silent",), status=503)
    return _back(request, person, "ute")


async def propose(request: Request) -> Response:
    """Offer a measure to a service of the team."""
    given, person, desk = await _opened(request)
    try:
        whom = (await desk.around()).service(given.get("who", ""))
        await desk.propose({name: given.get(name, "") for name in ("what", "due", "key")}, whom)
    except Unprocessable as error:
        return await _page(request, given, wrong=_wrong(error))
    except AWAY:
        return await _page(request, given, wrong=("silent",), status=503)
    return _back(request, person, "foreslaatt")


async def _opened(request: Request) -> tuple[dict[str, str], Patient, Coordinator]:
    given = {name: str(value).strip() for name, value in (await request.form()).items()}
    given |= {"key": key_of(given)}
    person, desk = await _desk(request)
    return given, person, desk


async def _desk(request: Request) -> tuple[Patient, Coordinator]:
    """The patient of the page, whom the reader treats."""
    person = await patient.load(context(request), request.path_params["patient"])
    if not await is_related(context(request), person.id):
        raise NotAllowed("the team is coordinated by those who treat the patient")
    return person, Coordinator(reach_of(request), show.national_id(person.resource))


def _version(given: Mapping[str, str]) -> int:
    found = whole(given.get("version", ""))
    if found is None:
        raise Malformed("A change must name the version it was made from", expression=("version",))
    return found


def _wrong(error: Unprocessable) -> tuple[str, ...]:
    names = [name for issue in error.issues for name in issue.expression]
    return tuple(name for name in names if name in FIELDS) or ("what",)


def _back(request: Request, person: Patient, said: str) -> Response:
    return RedirectResponse(f"{request.scope['root_path']}/pasient/{person.id}/team?sagt={said}", 303)


async def _page(
    request: Request,
    given: Mapping[str, str],
    *,
    wrong: tuple[str, ...] = (),
    said: str = "",
    status: int = 422,
) -> Response:
    person, desk = await _desk(request)
    values: dict[str, Any] = {"teams": [], "measures": [], "services": [], "silent": False}
    try:
        around = await desk.around()
    except AWAY:
        values["silent"] = True
    else:
        values["teams"] = [(each, taking_part.members(each.resource)) for each in around.teams]
        values["measures"] = [
            each.resource
            for each in around.measures
            if any(taking_part.service_of(who) for who in each.resource.get("performer", []))
        ]
        values["services"] = [tuple(each) for each in around.services]
    answer = await show_chart(
        request, context(request), "ehr/team.html", "services", patient=person, given=given, wrong=wrong,
        said=said if said in SAID else "", key=key_of(given), language=language_of(request), **values,
    )  # fmt: skip
    answer.status_code = status if wrong else 200
    return answer
