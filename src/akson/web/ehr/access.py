"""Who can read a patient here, and why, now or at the end of an earlier day: for the privacy officer, and in the log."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from akson.apps.who_can import AppReader, apps
from akson.kit.clock import NORWAY, now
from akson.kit.errors import NotAllowed
from akson.kit.text import text
from akson.record import gate, trail, who_can, who_can_besides
from akson.record.context import Context
from akson.record.people import People
from akson.record.who_can import Reader
from akson.record.who_can_besides import Besides, Way
from akson.security.actor import Action
from akson.security.roles import RECORD
from akson.security.rules import access_log as rule
from akson.security.topics import TOPIC_OF, TOPICS
from akson.store.index.hashing import patient_number
from akson.web import looks, say
from akson.web.context import context
from akson.web.ehr.frame import show_work
from akson.web.language import language_of

ORDER = [*TOPICS, "other"]


async def access(request: Request) -> Response:
    """The question, and its answer once somebody is named. Identity numbers come in the body and go nowhere else."""
    ctx = context(request)
    if not rule.sees_all(ctx.actor):
        raise NotAllowed("for those who answer for the whole record system")
    form = await request.form() if request.method == "POST" else {}
    trouble, at, found = "", None, None
    try:
        at = _moment(str(form.get("day", "")))
    except (ValueError, OverflowError):  # none, or the last that there is
        trouble = "seen.who_can_bad_day"
    if form and at:
        found = await _found(ctx, str(form.get("number", "")).replace(" ", ""), at)
        trouble = "seen.who_can_nobody_such" if found is None else ""
    language = language_of(request)
    return await show_work(
        request,
        ctx,
        "ehr/access.html",
        menu="log",
        rows=None if found is None else [_words(each, language) for each in found.readers],
        besides=[_besides(each, language) for each in found.besides] if found else [],
        apps=[_app(each, language) for each in found.apps] if found else [],
        at=at,
        day=str(form.get("day", "")),
        trouble=trouble,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """All who can read: with a post here, without one, and apps."""

    readers: list[Reader]
    besides: list[Besides]
    apps: list[AppReader]


async def _found(ctx: Context, number: str, at: datetime) -> Found | None:
    """None when nobody has this number here."""
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    patient = await People(ctx.place).patient(ctx.tx, number) if number else None
    if patient is None:
        await trail.log_read(ctx, grant, {0: 0})
        return None
    readers = await who_can.readers(ctx, patient["id"], at)
    besides = await who_can_besides.besides(ctx, patient["id"], at)
    found = Found(readers, besides, await apps(ctx, patient["id"], at, readers))
    count = len(found.readers) + len(found.besides) + len(found.apps)
    await trail.log_read(ctx, grant, {patient_number(patient["id"]): count})
    return found


def _moment(day: str) -> datetime:
    """Now, or the end of the day named. ValueError or OverflowError when it is none."""
    if not day:
        return now()
    ends = datetime.combine(date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), NORWAY)
    return min(ends - timedelta(seconds=1), now())


def _words(reader: Reader, language: str) -> tuple[str, str, str, str]:
    """Who, where, what, why."""
    why = looks.joined([text(f"seen.kind_{kind}", language) for kind in reader.kinds], language)
    if reader.until:
        told = text("seen.who_can_opened", language, told=reader.told, until=say.when(reader.until, language))
        why = f"{why}: {told}"
    why = _agreed(why, reader.agreed, language)
    return _who(reader.name, reader.role, language), reader.unit, _what(reader.types, language), why


def _besides(one: Besides, language: str) -> tuple[str, str, str, str]:
    # A power of attorney lasts whole days.
    last = (
        say.day(one.until - timedelta(seconds=1), language)
        if one.until and one.way in {Way.POWER, Way.PARTNER}
        else ""
    )
    until = last or say.when(one.until, language)
    why = text(f"seen.who_can_{one.way.lower()}", language, told=one.told, until=until)
    who = _who(one.name, one.role, language) or text("seen.who_can_holder", language)
    return who, one.place, _what(one.types, language), _agreed(why, one.agreed, language)


def _agreed(why: str, until: datetime | None, language: str) -> str:
    """Why, with what the patient has opened."""
    if until is None:
        return why
    return f"{why}. {text('seen.who_can_agreed', language, until=say.when(until, language))}"


def _app(one: AppReader, language: str) -> tuple[str, str, str, str]:
    key = "seen.who_can_app" if one.by else "seen.who_can_service"
    why = text(key, language, by=one.by, since=say.when(one.since, language))
    return one.name, "", _what(one.types, language), why


def _who(name: str, role: str, language: str) -> str:
    return ", ".join(filter(None, [name, looks.role(role, language)]))


def _what(types: frozenset[str], language: str) -> str:
    """What of the record, in words that say nothing of whose it is."""
    if types == RECORD:
        return text("seen.who_can_whole", language)
    topics = sorted({TOPIC_OF.get(each, "other") for each in types}, key=ORDER.index)
    keys = ["seen.who_can_consents" if topic == "privacy" else f"seen.topic_{topic}" for topic in topics]
    return looks.joined([text(key, language) for key in keys], language)
