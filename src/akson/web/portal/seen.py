"""Who has seen the citizen's record: all systems asked at once, shown by day and person, in plain words."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial
from operator import itemgetter
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.care import access_log, who_has_seen
from akson.care.who_has_seen import Choice, Seen, place_key
from akson.documents.pdf.press import Paper, pressed
from akson.exchange.hub.access import MOST_PAGES, PAGE, Log
from akson.exchange.hub.witness import Code, codes
from akson.fhir.strict_json import dumps
from akson.kit.clock import NORWAY, now
from akson.kit.errors import Malformed, NotFound, PeerSilent
from akson.kit.text import catalogue, text
from akson.record.context import Context
from akson.security.log_keys import origin_of
from akson.security.representation import RECORD
from akson.security.rules import RESTRICTIONS, RULES
from akson.security.rules.rule import Restriction, Rule, told
from akson.web import looks, looks_paper, looks_table, say
from akson.web.context import inquiry_of
from akson.web.language import language_of
from akson.web.page import render
from akson.web.portal import questions
from akson.web.portal.citizen import person

PERIODS = {"uke": 7, "maaned": 30, "aar": 365}
"""Days back, by the name of the period in addresses."""
USUAL = "maaned"


def seen_routes() -> list[BaseRoute]:
    """The page, and the part of it that stands on the home page."""
    return [
        Route("/innsyn", who_has_looked),
        Route("/innsyn/kort", card),
        Route("/innsyn/spor", ask, methods=["GET"]),
        Route("/innsyn/spor", questions.send, methods=["POST"]),
        Route("/innsyn/oppslag.csv", as_table),
        Route("/innsyn/oppslag.json", as_bundle),
        Route("/innsyn/oppslag.pdf", as_paper),
    ]


async def who_has_looked(request: Request) -> Response:
    """All looks of a period: those of others by day, then what systems did, then one's own."""
    ctx = person(request, RECORD)
    language = language_of(request)
    whole = await _seen(request, ctx, PERIODS[_period(request)])
    choice = _choice(request)
    return render(
        request,
        "portal/seen.html",
        menu="seen",
        period=_period(request),
        periods=list(PERIODS),
        seen=who_has_seen.choose(whole, choice),
        choice=choice,
        choices=_choices(whole, language),
        query=urlencode({"periode": _period(request), **_named(choice)}),
        line=partial(looks.line, language=language, reason=_reason),
        heading=partial(_heading, language=language),
        rules=_rules(whole, language),
        codes=await _codes(request, ctx),
        moment=partial(say.when, language=language),
        told=await questions.told(request),
    )


async def ask(request: Request) -> Response:
    """The form of a question about what one person did on one day, filled in."""
    return await questions.form(request, await _asked_about(request, request.query_params))


async def _asked_about(request: Request, given: Mapping[str, str]) -> questions.Subject:
    """Whom and which day a question is about. Malformed for no day, NotFound when nobody looked who can be asked about."""
    ctx = person(request, RECORD)
    try:
        day = date.fromisoformat(given.get("dag", ""))
    except ValueError as error:
        raise Malformed("dag is a date") from error
    days = (now().astimezone(NORWAY).date() - day).days
    if not 0 <= days <= PERIODS["aar"]:
        raise NotFound("No such look")
    seen = await _seen(request, ctx, days)
    who = given.get("hvem", "")
    for each in (*seen.others, *seen.refused):
        for one in each.people:
            if each.day == day and one.key == who and one.asked[0]:
                language = language_of(request)
                line = looks.line(one, language, _reason)
                return questions.subject(one, say.day(day, language), line)
    if seen.missing:
        raise PeerSilent("the system that has the look does not answer")
    raise NotFound("No such look")


async def as_table(request: Request) -> Response:
    """The looks of others that the page shows, as a table to open in a spreadsheet."""
    ctx = person(request, RECORD)
    language = language_of(request)
    seen = who_has_seen.choose(await _seen(request, ctx, PERIODS[_period(request)]), _choice(request))
    body = looks_table.table(seen, language, partial(looks.line, language=language, reason=_reason))
    return _file(body, "text/csv; charset=utf-8", "csv")


async def as_paper(request: Request) -> Response:
    """The looks of others that the page shows, as a tagged PDF to print or to send."""
    ctx, language, period = person(request, RECORD), language_of(request), _period(request)
    whole, choice = await _seen(request, ctx, PERIODS[period]), _choice(request)
    seen = who_has_seen.choose(whole, choice)
    words = {name: dict(values) for name, values in _choices(whole, language).items()}
    chosen = [words[name].get(value, "") for name, value in _named(choice).items()]
    actor = ctx.actor
    told = looks_paper.Told(
        whose=actor.acts_for.name if actor.acts_for else actor.name,
        by=actor.name if actor.acts_for else "",
        sender=ctx.node.title,
        made=f"{say.day(now().astimezone(NORWAY).date(), language)} {now().astimezone(NORWAY):%H:%M}",
        period=text(f"seen.period_{period}", language),
        chosen=[each for each in chosen if each],
        rules=_rules(seen, language),
    )
    line = partial(looks.line, language=language, reason=_reason)
    content = looks_paper.content(seen, language, line, partial(say.day, language=language), told)
    return _file(await pressed(Paper.ACCESS_LOG, content), "application/pdf", "pdf")


async def as_bundle(request: Request) -> Response:
    """All that the systems told of the period, as AuditEvents in a Bundle; those that did not answer are named in it."""
    ctx = person(request, RECORD)
    logs = await _logs(request, ctx, PERIODS[_period(request)])
    return _file(dumps(looks_table.bundle(logs)), "application/fhir+json", "json")


def _file(body: bytes, media: str, ending: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="innsyn.{ending}"', "cache-control": "no-store"}
    return Response(body, media_type=media, headers=headers)


def _period(request: Request) -> str:
    period = request.query_params.get("periode", USUAL)
    return period if period in PERIODS else USUAL


FIELDS = {"person": "hvem", "place": "sted", "topic": "innhold", "basis": "grunnlag"}
"""Parts of a choice, and what they are called in addresses."""


def _choice(request: Request) -> Choice:
    return Choice(**{part: request.query_params.get(name, "") for part, name in FIELDS.items()})


def _named(choice: Choice) -> dict[str, str]:
    return {FIELDS[part]: value for part, value in choice._asdict().items() if value}


def _choices(seen: Seen, language: str) -> dict[str, list[tuple[str, str]]]:
    """What one may choose among, of what is there: value and words, by the field's name."""
    people = [one for day in (*seen.others, *seen.refused) for one in day.people]
    someone = text("seen.someone", language)
    found = {
        "hvem": {one.key: ", ".join(filter(None, [one.name or someone, one.organization])) for one in people},
        "sted": {place_key(one.place): one.place for one in people if one.place},
        "innhold": {
            each: text(f"seen.topic_{each}", language) for one in people for each in (*one.saw, *one.changed)
        },
        "grunnlag": {each: looks.basis(each, language) for one in people for each in one.bases},
    }
    return {name: sorted(values.items(), key=itemgetter(1)) for name, values in found.items()}


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
    seen = await _seen(request, person(request, RECORD), PERIODS[USUAL])
    return render(request, "portal/seen_card.html", seen=seen)


async def _seen(request: Request, ctx: Context, days: int) -> Seen:
    """What all systems tell, as one."""
    return who_has_seen.merge(await _logs(request, ctx, days), NORWAY)


async def _logs(request: Request, ctx: Context, days: int) -> list[Log]:
    """What each system tells, this one among them."""
    start = datetime.combine(now().astimezone(NORWAY).date() - timedelta(days=days), datetime.min.time())
    since = start.replace(tzinfo=NORWAY)
    return [*await inquiry_of(request).logs(since), await _own(ctx, since)]


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


def _rules(seen: Seen, language: str) -> list[tuple[str, str, str]]:
    """The rules that others' looks were let through or turned away by: the reason, what the rule says, the law."""
    named = {
        f"reason.{reason}"
        for day in (*seen.others, *seen.refused)
        for one in day.people
        for reason in one.reasons
    }
    every: list[Rule | Restriction] = [*RULES, *RESTRICTIONS]
    return [
        (_reason(rule.reason.removeprefix("reason."), language), *told(rule, language))
        for rule in every
        if rule.reason in named
    ]


def _heading(day: date, language: str) -> str:
    """I dag, i gaar, or the date."""
    today = datetime.now(NORWAY).date()
    key = {today: "seen.today", today - timedelta(days=1): "seen.yesterday"}.get(day)
    return text(key, language) if key else say.day(day, language)
