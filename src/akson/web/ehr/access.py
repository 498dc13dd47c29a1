"""Who can read a patient here, and why, now or at the end of an earlier day: for the privacy officer, and in the log."""

from datetime import date, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from akson.kit.clock import now
from akson.kit.errors import NotAllowed
from akson.kit.text import catalogue, text
from akson.record import gate, trail, who_can
from akson.record.context import Context
from akson.record.people import People
from akson.record.who_can import Reader
from akson.security.actor import Action
from akson.security.roles import RECORD
from akson.security.rules import access_log as rule
from akson.security.topics import TOPIC_OF, TOPICS
from akson.store.index.hashing import patient_number
from akson.web import looks
from akson.web.context import context
from akson.web.ehr.frame import show_work
from akson.web.language import language_of
from akson.web.say import ZONE

ORDER = [*TOPICS, "other"]


async def access(request: Request) -> Response:
    """The question, and its answer once somebody is named. Identity numbers come in the body and go nowhere else."""
    ctx = context(request)
    if not rule.sees_all(ctx.actor):
        raise NotAllowed("for those who answer for the whole record system")
    form = await request.form() if request.method == "POST" else {}
    trouble, at, readers = "", None, None
    try:
        at = _moment(str(form.get("day", "")))
    except (ValueError, OverflowError):  # none, or the last that there is
        trouble = "seen.who_can_bad_day"
    if form and at:
        readers = await _readers(ctx, str(form.get("number", "")).replace(" ", ""), at)
        trouble = "seen.who_can_nobody_such" if readers is None else ""
    language = language_of(request)
    return await show_work(
        request,
        ctx,
        "ehr/access.html",
        menu="log",
        rows=None if readers is None else [_words(each, language) for each in readers],
        at=at,
        day=str(form.get("day", "")),
        trouble=trouble,
    )


async def _readers(ctx: Context, number: str, at: datetime) -> list[Reader] | None:
    """None when nobody has this number here."""
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    patient = await People(ctx.place).patient(ctx.tx, number) if number else None
    found = await who_can.readers(ctx, patient["id"], at) if patient else None
    shown = {patient_number(patient["id"]): len(found or ())} if patient else {0: 0}
    await trail.log_read(ctx, grant, shown)
    return found


def _moment(day: str) -> datetime:
    """Now, or the end of the day named. ValueError or OverflowError when it is none."""
    if not day:
        return now()
    ends = datetime.combine(date.fromisoformat(day) + timedelta(days=1), datetime.min.time(), ZONE)
    return min(ends - timedelta(seconds=1), now())


def _words(reader: Reader, language: str) -> tuple[str, str, str, str]:
    """Who, where, what, why."""
    role = f"seen.role_{reader.role}"
    who = ", ".join(
        filter(None, [reader.name, text(role, language) if role in catalogue("nb") else reader.role])
    )
    why = looks.joined([text(f"seen.kind_{kind}", language) for kind in reader.kinds], language)
    return who, reader.unit, _what(reader.types, language), why


def _what(types: frozenset[str], language: str) -> str:
    """What of the record, in words that say nothing of whose it is."""
    if types == RECORD:
        return text("seen.who_can_whole", language)
    topics = sorted({TOPIC_OF.get(each, "other") for each in types}, key=ORDER.index)
    keys = ["seen.who_can_consents" if topic == "privacy" else f"seen.topic_{topic}" for topic in topics]
    return looks.joined([text(key, language) for key in keys], language)
