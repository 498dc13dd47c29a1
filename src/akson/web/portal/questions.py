"""The citizen's questions about looks: the form, filled in; what was sent, and what came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care.questions import Told, paired
from akson.care.who_has_seen import Person
from akson.exchange.hub.question import Asking
from akson.kit.errors import PeerFailed, PeerSilent, Unavailable
from akson.kit.ids import new_id
from akson.kit.text import text
from akson.record.questions import LONGEST, MOST
from akson.web import say
from akson.web.context import inquiry_of
from akson.web.language import language_of
from akson.web.looks import Line
from akson.web.page import render


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and which day a question is about."""

    person: Person
    day: date
    line: Line


async def told(request: Request) -> list[tuple[str, Told]]:
    """All questions with their answers, and the system each was put to; what waits first."""
    found = [
        (each.title, one) for each in await inquiry_of(request).replies() for one in paired(list(each.found))
    ]
    found.sort(key=lambda each: str(each[1].question["sent"]), reverse=True)
    return sorted(found, key=lambda each: each[1].answer is not None)


async def form(request: Request, about: Subject) -> Response:
    """The form with the question that one most likely has."""
    language = language_of(request)
    words = text("question.words", language, who=about.line.who, day=say.day(about.day, language))
    return _form(request, about, {"tekst": words, "navn": new_id()}, "")


async def send(request: Request, about: Subject, given: Mapping[str, str]) -> Response:
    """Send, and go back to the page; the form as it was, with what to do, when it is not sent."""
    words = given.get("tekst", "").strip()
    title, events = about.person.asked
    if not 0 < len(words) <= LONGEST:
        return _form(request, about, given, "question.wrong", 422)
    try:
        await inquiry_of(request).put(title, Asking(given.get("navn", ""), tuple(events[:MOST]), words))
    except (PeerSilent, PeerFailed, Unavailable):
        return _form(request, about, given, "question.silent", 503)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/innsyn#sporsmaal", 303)


def _form(
    request: Request, about: Subject, given: Mapping[str, str], wrong: str, status: int = 200
) -> Response:
    language = language_of(request)
    place = about.person.asked[0]
    answer = render(
        request,
        "portal/question.html",
        menu="seen",
        about=about,
        day=say.day(about.day, language),
        place=place,
        given=given,
        wrong=text(wrong, language, place=place, most=str(LONGEST)) if wrong else "",
        most=LONGEST,
    )
    answer.status_code = status
    return answer
