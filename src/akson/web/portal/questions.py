"""The citizen's questions about looks: the form, filled in; what was sent, and what came back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care.questions import Told, paired
from akson.care.who_has_seen import Person
from akson.exchange.hub.question import Asking, put_here, replies_here
from akson.kit.errors import PeerFailed, PeerSilent, Unavailable
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.record.questions import LONGEST, MOST
from akson.security.representation import RECORD
from akson.web.context import inquiry_of
from akson.web.language import language_of
from akson.web.looks import Line
from akson.web.page import render
from akson.web.portal.citizen import person


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about, as the form shows and carries it: it needs no system to answer to be shown again."""

    who: str
    day: str
    """The day and the times, in words."""
    where: str
    saw: str
    changed: str
    place: str
    """Title of the system that is asked."""
    events: str
    """Names of the looks there, with spaces between."""


def subject(person: Person, day: str, line: Line) -> Subject:
    """What one person did on a day, as the subject of a question."""
    place, events = person.asked
    return Subject(line.who, day, line.where, line.saw, line.changed, place, " ".join(events[:MOST]))


async def told(request: Request) -> list[tuple[str, Told]]:
    """All questions with their answers, and the system each was put to; what waits first."""
    answered = [*await inquiry_of(request).replies(), await replies_here(person(request, RECORD))]
    found = [(each.title, one) for each in answered for one in paired(list(each.found))]
    found.sort(key=lambda each: str(each[1].question["sent"]), reverse=True)
    return sorted(found, key=lambda each: each[1].answer is not None)


async def form(request: Request, about: Subject) -> Response:
    """The form with the question that one most likely has."""
    other = person(request, RECORD).actor.acts_for
    key, whose = ("question.words_for", other.name) if other else ("question.words", "")
    words = text(key, language_of(request), who=about.who, day=about.day, whose=whose)
    return _form(request, about, {"tekst": words, "navn": new_id()})


async def send(request: Request) -> Response:
    """Send, and go back to the page; the form as it was, with what to do, when it is not sent."""
    ctx = person(request, RECORD)
    given = {name: str(value) for name, value in (await request.form()).items()}
    about = Subject(**{each.name: given.get(each.name, "") for each in fields(Subject)})
    words = given.get("tekst", "").strip()
    if not 0 < len(words) <= LONGEST:
        return _form(request, about, given, "question.wrong", 422)
    asking = Asking(given.get("navn", ""), tuple(about.events.split()), words)
    try:
        if about.place == ctx.node.title:
            await put_here(ctx, asking)
        else:
            await inquiry_of(request).put(about.place, asking)
    except (PeerSilent, PeerFailed, Unavailable):
        return _form(request, about, given, "question.silent", 503)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/innsyn#sporsmaal", 303)


def _form(
    request: Request, about: Subject, given: Mapping[str, str], wrong: str = "", status: int = 200
) -> Response:
    said = text(wrong, language_of(request), place=about.place, most=str(LONGEST)) if wrong else ""
    carried = asdict(about) | {"navn": given.get("navn", "")}
    answer = render(
        request,
        "portal/question.html",
        menu="seen",
        about=about,
        carried=carried,
        words=given.get("tekst", ""),
        wrong=said,
        most=LONGEST,
    )
    answer.status_code = status
    return answer
