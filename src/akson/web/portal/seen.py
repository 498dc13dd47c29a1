"""Who has seen the citizen's record: all systems asked at once, shown by day and person, in plain words."""

from datetime import date, datetime, timedelta
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.care import access_log, who_has_seen
from akson.care.who_has_seen import Seen
from akson.exchange.hub.access import MOST_PAGES, PAGE, Log
from akson.exchange.hub.witness import Code, codes
from akson.kit.clock import now
from akson.kit.text import catalogue, text
from akson.record.context import Context
from akson.security.log_keys import origin_of
from akson.web import looks, say
from akson.web.context import inquiry_of
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal.citizen import citizen

PERIODS = {"uke": 7, "maaned": 30, "aar": 365}
"""Days back, by the name of the period in addresses."""
USUAL = "maaned"


def seen_routes() -> list[BaseRoute]:
    """The page, and the part of it that stands on the home page."""
    return [Route("/innsyn", who_has_looked), Route("/innsyn/kort", card)]


async def who_has_looked(request: Request) -> Response:
    """All looks of a period: those of others by day, then what systems did, then one's own."""
    ctx = citizen(request)
    period = request.query_params.get("periode", USUAL)
    period = period if period in PERIODS else USUAL
    language = language_of(request)
    seen = await _seen(request, ctx, PERIODS[period])
    return render(
        request,
        "portal/seen.html",
        menu="seen",
        period=period,
        periods=list(PERIODS),
        seen=seen,
        line=partial(looks.line, language=language, reason=_reason),
        heading=partial(_heading, language=language),
        codes=await _codes(request, ctx),
        moment=partial(say.when, language=language),
    )


async def _codes(request: Request, ctx: Context) -> list[tuple[str, Code]]:
    """The latest checkpoint of each log, and what its system is called."""
    titles = {
        origin_of(each.fhir.removesuffix("/fhir")): each.title for each in inquiry_of(request).look.sources
    }
    own = origin_of(ctx.node.base)
    titles[own] = ctx.node.title
    return [(titles[each.origin], each) for each in await codes(ctx.tx, own) if each.origin in titles]


async def card(request: Request) -> Response:
    """How many others have looked in the last month; fetched after the home page is on screen."""
    seen = await _seen(request, citizen(request), PERIODS[USUAL])
    return render(request, "portal/seen_card.html", seen=seen)


async def _seen(request: Request, ctx: Context, days: int) -> Seen:
    """What all systems tell, this one among them."""
    start = datetime.combine(now().astimezone(say.ZONE).date() - timedelta(days=days), datetime.min.time())
    since = start.replace(tzinfo=say.ZONE)
    logs = [*await inquiry_of(request).logs(since), await _own(ctx, since)]
    return who_has_seen.merge(logs, say.ZONE)


async def _own(ctx: Context, since: datetime) -> Log:
    """The log of the platform itself."""
    events, whole = await access_log.since(ctx, since, PAGE, MOST_PAGES)
    return Log(ctx.node.title, tuple(events), whole=whole, register=True)


def _reason(reason: str, language: str) -> str:
    """The reason as one says it to the citizen; a rule that has no such words says its own."""
    for key in (f"seen.reason_{reason}", f"reason.{reason}"):
        if key in catalogue("nb"):
            return text(key, language)
    return text("seen.reason_unknown", language)


def _heading(day: date, language: str) -> str:
    """I dag, i gaar, or the date."""
    today = datetime.now(say.ZONE).date()
    key = {today: "seen.today", today - timedelta(days=1): "seen.yesterday"}.get(day)
    return text(key, language) if key else say.day(day, language)
