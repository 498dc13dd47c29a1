"""What was asked for a citizen: who asked whom for what, and how far each case has come, as the record systems tell it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.cases import FINAL, State
from akson.exchange.hub import send
from akson.exchange.hub.send import Standing
from akson.security.representation import RECORD
from akson.web import show
from akson.web.context import context, inquiry_of
from akson.web.page import frame_of, render
from akson.web.portal.citizen import person

TONES = {
    State.ON_HOLD: "warning",
    State.ACCEPTED: "success",
    State.COMPLETED: "success",
    State.REJECTED: "warning",
    State.CANCELLED: "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One referral, order or request. `status`, `due_words` and `kind` are keys of the catalogues; `due` is a date."""

    to: str
    by: str
    why: str
    when: str
    status: str
    tone: str
    kind: str = ""
    said: str = ""
    due: str = ""
    due_words: str = ""


def referral_routes() -> list[BaseRoute]:
    """The page, which htmx asks for as a part, and the card of the home page."""
    return [Route("/henvisninger", referrals), Route("/henvisninger/kort", card)]


async def referrals(request: Request) -> Response:
    """The page at once, its list as the systems answer; the whole page where there is no script."""
    person(request, RECORD)
    if frame_of(request).fragment or "alle" in request.query_params:
        found = await _find(request)
        name = "portal/referral_list.html" if frame_of(request).fragment else "portal/referrals.html"
        return render(request, name, menu="referrals", found=found)
    return render(request, "portal/referrals.html", menu="referrals", found=None)


async def card(request: Request) -> Response:
    """The newest referral, for the home page."""
    person(request, RECORD)
    return render(request, "portal/referral_card.html", found=await _find(request))


async def _find(request: Request) -> dict[str, object]:
    (bundle,) = await inquiry_of(request).find(context(request), [send.SEARCH])
    found = send.asked(bundle)
    return {"lines": [line(each) for each in found.standings], "missing": found.missing}


def line(standing: Standing) -> Line:
    """One of them as the page shows it."""
    request = standing.request
    reasons = [show.concept(reason) for reason in request.get("reasonCode", [])]
    starts = standing.state is State.ACCEPTED
    return Line(
        to=", ".join(filter(None, map(show.display, request.get("performer", [])))),
        by=show.display(request.get("requester")),
        why=standing.what or show.concept(request.get("code")) or ", ".join(filter(None, reasons)),
        when=str(request.get("authoredOn", "")),
        status=f"case.state_{standing.state.name.lower()}",
        tone=TONES.get(standing.state, "info"),
        kind=f"case.kind_{standing.kind}" if standing.kind else "",
        said=standing.said,
        due=standing.due if standing.state not in FINAL else "",
        due_words="case.due_start" if starts else "case.due_answer",
    )
