"""The citizen's own measurements: written down, shown as small curves, taken back when they were wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import measuring, zones
from akson.care.measuring import KINDS, OWN, Kind
from akson.care.zones import Limit, Zone
from akson.exchange.edge.share import URI, form_key
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.kit.clock import instant
from akson.kit.errors import Issue, Malformed, NotFound, Unprocessable
from akson.record import gate
from akson.record.context import Context
from akson.security.representation import RECORD
from akson.security.rules.own_entries import LABEL
from akson.web.context import find, of_type, one, readable
from akson.web.dialogue import address_of
from akson.web.measured import faults, moment_of
from akson.web.page import render
from akson.web.portal.citizen import person
from akson.web.services.filling import key_of

BASE = "/maalinger"
SHOWN = 60
"""Measurements of a kind that a curve has."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement."""

    id: str
    at: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """The measurements of a kind, the oldest first."""

    kind: Kind
    readings: tuple[Reading, ...]
    zone: Zone = Zone.NONE
    """Where the latest lies; NONE where nothing is agreed."""
    then: str = ""
    """What is agreed for yellow and red."""

    @property
    def columns(self) -> list[list[float | None]]:
        """Seconds since 1970, then each value."""
        times: list[float | None] = [datetime.fromisoformat(each.at).timestamp() for each in self.readings]
        return [times, *([each.values[n] for each in self.readings] for n in range(len(self.kind.values)))]


def measurement_routes() -> list[BaseRoute]:
    """The page, and what it sends."""
    return [
        Route(BASE, every, methods=["GET"]),
        Route(BASE, write, methods=["POST"]),
        Route(BASE + "/{measurement}/slett", take_back, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """All kinds that have been measured, and the form."""
    wanted = request.query_params.get("slag", "pressure")
    return await _page(request, {"kind": wanted if wanted in KINDS else "pressure"}, ())


async def write(request: Request) -> Response:
    """Write one down; the form as it was when it cannot be one."""
    ctx = person(request, RECORD)
    form = {name: str(value) for name, value in (await request.form()).items()}
    if form.get("kind") not in KINDS:
        raise Malformed("no such kind of measurement", expression=("kind",))
    kind = KINDS[form["kind"]]
    try:
        values, moment = measuring.numbers(kind, form), moment_of(form)
    except Unprocessable as error:
        return await _page(request, form, error.issues)
    who = {"display": ctx.actor.name}
    if not ctx.actor.acts_for:
        who["reference"] = f"Patient/{ctx.actor.patient}"
    made = measuring.observation(kind, values, instant(moment), ctx.actor.patient, who)
    # What is sent twice is registered once.
    key = key_of(form)
    once = parse("Observation", [("identifier", f"{URI}|urn:uuid:{key}")], base=ctx.node.fhir)
    await gate.create(ctx, made | form_key(key), if_none_exist=once)
    return RedirectResponse(address_of(request, f"{BASE}?slag={kind.slug}"), 303)


async def take_back(request: Request) -> Response:
    """It was wrong: it is shown no more, and stays in the history. NotFound for what the citizen has not written."""
    ctx = person(request, RECORD)
    found = await one(ctx, "Observation", request.path_params["measurement"])
    labels = {(each.get("system"), each.get("code")) for each in found.get("meta", {}).get("security", [])}
    if LABEL not in labels or measuring.kind_of(found) is None:
        raise NotFound("No such measurement of one's own")
    await gate.update(ctx, found | {"status": "entered-in-error"})
    return RedirectResponse(address_of(request, BASE), 303)


async def _series(ctx: Context) -> list[Series]:
    pairs = [("patient", f"Patient/{ctx.actor.patient}"), ("category", OWN), ("status", "final")]
    found = of_type(
        await find(ctx, "Observation", *pairs, ("_sort", "-date"), ("_count", "500")), "Observation"
    )
    by_kind: dict[str, list[Resource]] = {}
    for each in found:
        if kind := measuring.kind_of(each):
            by_kind.setdefault(kind.slug, []).append(each)
    agreed = (
        zones.limits(await find(ctx, "Goal", pairs[0], *zones.LIMITS.pairs)) if readable(ctx, "Goal") else {}
    )
    return [_drawn(kind, by_kind[slug], agreed) for slug, kind in KINDS.items() if slug in by_kind]


def _drawn(kind: Kind, newest_first: list[Resource], agreed: dict[str, Limit]) -> Series:
    readings = tuple(_reading(kind, each) for each in reversed(newest_first[:SHOWN]))
    then = agreed[kind.slug].then if kind.slug in agreed else ""
    return Series(kind, readings, zones.zone_of(newest_first[0], agreed), then)


def _reading(kind: Kind, resource: Resource) -> Reading:
    return Reading(resource["id"], resource["effectiveDateTime"], measuring.values_of(kind, resource))


async def _page(request: Request, given: Mapping[str, str], issues: tuple[Issue, ...]) -> Response:
    ctx = person(request, RECORD)
    return render(
        request, "portal/measurements.html", status=422 if issues else 200, menu="health",
        series=await _series(ctx), kinds=list(KINDS.values()), kind=KINDS[given["kind"]], given=given,
        wrong=faults(issues), key=key_of(given),
    )  # fmt: skip
