"""The citizen's own measurements: written down, shown as small curves, taken back when they were wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.care import measuring
from akson.care.measuring import KINDS, OWN, Kind
from akson.exchange.edge.share import URI, form_key
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.kit.clock import instant, now
from akson.kit.errors import Issue, Malformed, NotFound, Unprocessable
from akson.record import gate
from akson.record.context import Context
from akson.security.representation import RECORD
from akson.security.rules.own_entries import LABEL
from akson.web.context import find, of_type, one
from akson.web.dialogue import address_of
from akson.web.page import render
from akson.web.portal.citizen import person
from akson.web.say import ZONE
from akson.web.services.filling import key_of

BASE = "/maalinger"
SHOWN = 60
"""Measurements of a kind that a curve has."""
OLDEST = timedelta(days=366)
"""How long ago something can have been measured that is written down now."""


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
        values, moment = measuring.numbers(kind, form), _moment(form)
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


def _moment(form: Mapping[str, str]) -> datetime:
    """When it was measured, in Norway; now where nothing is said."""
    words = form.get("at", "").strip()
    try:
        moment = datetime.fromisoformat(words) if words else now()
    except ValueError:
        moment = now() + timedelta(days=1)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZONE)
    if not now() - OLDEST < moment <= now() + timedelta(minutes=5):
        raise Unprocessable(
            "A time of the last year", issues=(Issue("value", "A time of the last year", ("at",)),)
        )
    return moment


async def _series(ctx: Context) -> list[Series]:
    pairs = [("patient", f"Patient/{ctx.actor.patient}"), ("category", OWN), ("status", "final")]
    found = of_type(
        await find(ctx, "Observation", *pairs, ("_sort", "-date"), ("_count", "500")), "Observation"
    )
    by_kind: dict[str, list[Resource]] = {}
    for each in found:
        if kind := measuring.kind_of(each):
            by_kind.setdefault(kind.slug, []).append(each)
    return [
        Series(kind, tuple(_reading(kind, each) for each in reversed(by_kind[slug][:SHOWN])))
        for slug, kind in KINDS.items()
        if slug in by_kind
    ]


def _reading(kind: Kind, resource: Resource) -> Reading:
    return Reading(resource["id"], resource["effectiveDateTime"], measuring.values_of(kind, resource))


async def _page(request: Request, given: Mapping[str, str], issues: tuple[Issue, ...]) -> Response:
    ctx = person(request, RECORD)
    wrong = {each.expression[0] for each in issues if each.expression}
    return render(
        request, "portal/measurements.html", status=422 if issues else 200, menu="health",
        series=await _series(ctx), kinds=list(KINDS.values()), kind=KINDS[given["kind"]], given=given,
        wrong=wrong, key=key_of(given),
    )  # fmt: skip
