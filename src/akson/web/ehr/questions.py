"""Questions of citizens about looks: the inbox of the unit's leader and of the privacy officer."""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.apps.keeping import keeps_apps
from akson.care import questions, who_has_seen
from akson.care.questions import Case
from akson.exchange.hub.access import Log
from akson.kit.clock import NORWAY
from akson.kit.settings import Role
from akson.record.context import Context
from akson.record.questions import LONGEST
from akson.web import looks
from akson.web.context import context
from akson.web.ehr.frame import show_work
from akson.web.ehr.log import reason_of
from akson.web.language import language_of
from akson.web.page import render


async def inbox(request: Request) -> Response:
    """What was asked, what waits first."""
    return await _page(request, "", "")


async def answer(request: Request) -> Response:
    """Answer one; the page again, with what was written, when it says nothing or too much."""
    ctx = context(request)
    words = str((await request.form()).get("answer", ""))
    question = request.path_params["question"]
    if not 0 < len(words.strip()) <= LONGEST:
        return await _page(request, question, words)
    await questions.answer(ctx, question, words)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/logg/sporsmaal", 303)


async def _page(request: Request, wrong: str, given: str) -> Response:
    ctx = context(request)
    line = partial(looks.line, language=language_of(request), reason=reason_of)
    cases = await questions.inbox(ctx)
    shown: dict[str, Any] = {
        "cases": [(each, _lines(ctx, each)) for each in cases],
        "line": line,
        "wrong": wrong,
        "given": given,
        "most": LONGEST,
    }
    if Role.JOURNAL in ctx.node.roles:
        page = await show_work(
            request, ctx, "ehr/questions.html", menu="log", around="ehr/shell.html", **shown
        )
    else:
        around, apps = "platform/shell.html", keeps_apps(ctx.actor)
        page = render(request, "ehr/questions.html", menu="log", around=around, may_apps=apps, **shown)
    page.status_code = 422 if wrong else 200
    return page


def _lines(ctx: Context, case: Case) -> list[who_has_seen.Person]:
    """The looks as lines of the log: by day and person."""
    seen = who_has_seen.merge([Log(ctx.node.title, case.looks)], NORWAY)
    return [one for day in (*seen.others, *seen.refused) for one in day.people]
