"""Looks that stand out, for the privacy officer and leaders: why each does, and what became of it."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care import follow_up
from akson.care.follow_up import STATES, Decided
from akson.kit.clock import now
from akson.kit.errors import Malformed
from akson.web.context import context
from akson.web.ehr.frame import show_work

SPAN = timedelta(days=90)
MOST = 200
"""Cases on a page; what is decided comes last."""


async def cases(request: Request) -> Response:
    """What stands out in the last 90 days, the undecided first."""
    ctx = context(request)
    found = await follow_up.cases(ctx, now() - SPAN)
    return await show_work(
        request, ctx, "ehr/follow_up.html", menu="log", cases=found[:MOST], states=STATES, number=len(found)
    )


async def decide(request: Request) -> Response:
    """Keep what became of one."""
    ctx = context(request)
    form = await request.form()
    given = {name: str(form.get(name, "")) for name in ("practitioner", "pat", "kind", "state", "note")}
    try:
        pat = int(given["pat"])
    except ValueError as error:
        raise Malformed("pat is a number") from error
    made = Decided(given["practitioner"], pat, given["kind"], given["state"], given["note"].strip())
    await follow_up.decide(ctx, now() - SPAN, made)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/logg/oppfolging", 303)
