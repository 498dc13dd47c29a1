"""Those whom a unit follows up at home: the latest measurements at the platform, held against the limits of each one's plan."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.care import measuring, zones
from akson.care.zones import Limit, Zone
from akson.exchange.declare import service
from akson.exchange.edge.platform import NoAttest, matches
from akson.fhir.model import Resource
from akson.kit.errors import PeerFailed, PeerSilent
from akson.kit.norwegian import token
from akson.web import show
from akson.web.context import context, of_type, permitted, reach_of
from akson.web.ehr.frame import show_work
from akson.web.language import language_of
from akson.web.page import render
from akson.web.services import cells

PATH = "/hjemme"
MOST = "100"
MEASURED = service("innbyggers-opplysninger").part("maaling")


@dataclass(frozen=True, slots=True)
class Reading:
    """The latest measurement of a kind that has a limit. `words` is empty where nothing was measured."""

    kind: str
    zone: Zone
    words: str
    at: str
    then: str


@dataclass(frozen=True, slots=True)
class Followed:
    """One patient; `silent` where the measurements could not be fetched."""

    id: str
    name: str
    readings: tuple[Reading, ...]
    silent: bool = False

    @property
    def zone(self) -> Zone:
        """The worst."""
        return max((each.zone for each in self.readings), default=Zone.NONE)


def followed_routes() -> list[BaseRoute]:
    """The page, and the list that it fetches."""
    return [Route(PATH, page), Route(f"{PATH}/liste", listed)]


async def page(request: Request) -> Response:
    """The page at once; the list comes when the platform has answered."""
    return await show_work(request, context(request), "ehr/followed.html", menu="home")


async def listed(request: Request) -> Response:
    """The patients, who needs something first."""
    ctx = context(request)
    units = ",".join(sorted(each for each in ctx.actor.units if each.startswith("Organization/")))
    pairs = (
        ("organization", units),
        ("status", "active"),
        ("_include", "EpisodeOfCare:patient"),
        ("_count", MOST),
    )
    found = of_type(await permitted(ctx, "EpisodeOfCare", *pairs), "Patient") if units else []
    people = [each for one in found if (each := await _followed(request, one))]
    people.sort(key=lambda each: (not each.silent, -each.zone, each.name))
    return render(request, "ehr/followed_list.html", people=people)


async def _followed(request: Request, person: Resource) -> Followed | None:
    """None for somebody without limits: nothing is followed by measurements."""
    pid, name = show.national_id(person), show.name(person)
    searches = [
        f"{part.type}?{part.search}&patient.identifier={token(pid)}&_count={MOST}"
        for part in (zones.LIMITS, MEASURED)
    ]
    try:
        goals, measured = await reach_of(request).platform(pid).batch(searches)
    except (PeerSilent, PeerFailed):
        return Followed(person["id"], name, (), silent=True)
    except NoAttest:
        return None
    agreed = zones.limits(matches(goals))
    latest: dict[str, Resource] = {}
    for each in matches(measured):
        if kind := measuring.kind_of(each):
            latest.setdefault(kind.slug, each)
    readings = tuple(
        _reading(limit, latest.get(slug), language_of(request)) for slug, limit in agreed.items()
    )
    return Followed(person["id"], name, readings) if readings else None


def _reading(limit: Limit, measured: Resource | None, language: str) -> Reading:
    if measured is None:
        return Reading(limit.kind, Zone.NONE, "", "", limit.then)
    words = cells.cell(measured, "value | component.value", language)
    zone = zones.zone_of(measured, {limit.kind: limit})
    return Reading(limit.kind, zone, words, str(measured.get("effectiveDateTime", "")), limit.then)
