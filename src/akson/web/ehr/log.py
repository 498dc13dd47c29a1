"""The node's access log for those who answer for how it is used: what was refused, or all, newest first.

The privacy officer sees the whole node, a leader what the own units have done (rule `access_log`).
"""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from akson.care import access_log
from akson.care.who_has_seen import person_of
from akson.exchange.hub.access import Log
from akson.kit.clock import NORWAY, now
from akson.kit.text import catalogue, text
from akson.security.audit.codes import REFUSED
from akson.store.access.audit import Wanted
from akson.web import looks
from akson.web.context import context
from akson.web.ehr.frame import show_work
from akson.web.language import language_of

SPAN = timedelta(days=90)
PAGE = 50


async def log(request: Request) -> Response:
    """One page of the log."""
    ctx = context(request)
    everything = request.query_params.get("vis") == "alt"
    wanted = Wanted(since=now() - SPAN, count=PAGE, granted=None if everything else False)
    page = await access_log.page(ctx, wanted, request.query_params.get("fra"))
    language = language_of(request)
    own = Log(ctx.node.title)
    people = [(person_of(event, own, NORWAY), event.get("outcome") == REFUSED) for event in page.events]
    return await show_work(
        request,
        ctx,
        "ehr/log.html",
        menu="log",
        rows=[(each, looks.line(each, language, reason_of), refused) for each, refused in people],
        everything=everything,
        next=page.next,
    )


def reason_of(rule: str, language: str) -> str:
    """Words of a rule of access for those who follow up."""
    key = f"reason.{rule}"
    return text(key, language) if key in catalogue("nb") else rule
