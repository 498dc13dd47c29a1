"""The citizen's referrals: who referred to whom, why, and how far each has come, as the record systems tell it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from akson.exchange.hub import send
from akson.exchange.hub.send import Stage, Standing
from akson.security.representation import RECORD
from akson.web import show
from akson.web.context import context, inquiry_of
from akson.web.page import frame_of, render
from akson.web.portal.citizen import person

STAGES = {
    Stage.SENT: ("send.portal_sent", "info"),
    Stage.RECEIVED: ("send.portal_received", "info"),
    Stage.ACCEPTED: ("send.portal_accepted", "success"),
    Stage.DECLINED: ("send.portal_declined", "warning"),
    Stage.ANSWERED: ("send.portal_answered", "success"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One referral. `status` is a key of the catalogues."""

    to: str
    by: str
    why: str
    when: str
    status: str
    tone: str


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
    found = send.referrals(bundle)
    return {"lines": [line(each) for each in found.standings], "missing": found.missing}


def line(standing: Standing) -> Line:
    """One referral as the page shows it."""
    request = standing.request
    status, tone = STAGES[standing.stage]
    if standing.stage is Stage.SENT and request.get("status") == "revoked":
        status, tone = "send.portal_stopped", ""
    reasons = [show.concept(reason) for reason in request.get("reasonCode", [])]
    return Line(
        to=", ".join(filter(None, map(show.display, request.get("performer", [])))),
        by=show.display(request.get("requester")),
        why=show.concept(request.get("code")) or ", ".join(filter(None, reasons)),
        when=str(request.get("authoredOn", "")),
        status=status,
        tone=tone,
    )
