"""The role's own first pages: the day, the inbox, and what one does with a task."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.apps.keeping import keeps_apps
from akson.care import correspondence, tasks
from akson.kit.clock import NORWAY
from akson.security.rules.access_log import LOG
from akson.security.rules.supplier_errand import is_supplier
from akson.web.context import context, readable, whole
from akson.web.ehr import work
from akson.web.ehr.frame import show_work
from akson.web.ehr.notes import draft_lines
from akson.web.language import language_of, page_within


async def home(request: Request) -> Response:
    ctx = context(request)
    if not readable(ctx, "Task") and readable(ctx, LOG):  # no work with patients: the log is the day
        return RedirectResponse(f"{request.scope.get('root_path', '')}/logg", 303)
    if not readable(ctx, "Task") and keeps_apps(ctx.actor):
        return RedirectResponse(f"{request.scope.get('root_path', '')}/apper", 303)
    if is_supplier(ctx.actor):
        return RedirectResponse(f"{request.scope.get('root_path', '')}/oppdrag", 303)
    return await show_work(
        request,
        ctx,
        "ehr/home.html",
        menu="day",
        today=datetime.now(NORWAY).date(),
        visits=await work.my_visits(ctx),
        tasks=await work.my_tasks(ctx),
        drafts=await draft_lines(ctx),
    )


async def inbox(request: Request) -> Response:
    ctx = context(request)
    return await show_work(
        request,
        ctx,
        "ehr/inbox.html",
        menu="inbox",
        messages=await correspondence.waiting(ctx, language_of(request)),
        done=await correspondence.dealt_with(ctx, language_of(request)),
        tasks=await work.my_tasks(ctx),
    )


async def act_on_task(request: Request) -> Response:
    """Take a task or finish it, then go back to where one was."""
    ctx = context(request)
    form = await request.form()
    version = str(form.get("version", ""))
    act = tasks.complete if form.get("do") == "complete" else tasks.claim
    await act(ctx, request.path_params["task"], whole(version) or 0)
    return RedirectResponse(page_within(str(form.get("back", "/"))), 303)
