"""What all work pages share: the counts in the navigation and the tabs of a chart."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from akson.apps.keeping import keeps_apps
from akson.exchange.edge.alarms import FOLLOWING
from akson.record.context import Context
from akson.security.rules.access_log import LOG, sees_all
from akson.security.rules.supplier_errand import is_supplier
from akson.web.context import readable
from akson.web.ehr import work
from akson.web.page import render

TABS = (
    ("overview", ""),
    ("critical", "/kritisk"),
    ("medicines", "/legemidler"),
    ("problems", "/problemer"),
    ("results", "/svar"),
    ("notes", "/notater"),
    ("documents", "/dokumenter"),
    ("messages", "/meldinger"),
    ("services", "/tjenester"),
    ("apps", "/apper"),
)
"""Key and path of each tab of a chart."""


READS = {
    "critical": "AllergyIntolerance",
    "medicines": "MedicationStatement",
    "problems": "Condition",
    "results": "DiagnosticReport",
    "notes": "DocumentReference",
    "documents": "DocumentReference",
    "messages": "Communication",
}
"""What a tab shows, where not every role that works with patients reads it."""


def tabs_for(ctx: Context) -> list[tuple[str, str]]:
    """The tabs that show something the reader's role may read."""
    return [
        (key, path)
        for key, path in TABS
        if (readable(ctx, READS[key]) if key in READS else key != "apps" or not is_supplier(ctx.actor))
    ]


async def show_work(
    request: Request, ctx: Context, template: str, *, menu: str, **values: Any
) -> HTMLResponse:
    """A page of the work shell. `menu` is the entry of the navigation that it belongs to."""
    return render(
        request,
        template,
        menu=menu,
        counts=await work.counts(ctx),
        works=readable(ctx, "Task"),
        talks=readable(ctx, "Communication"),
        follows=ctx.actor.role in FOLLOWING,
        may_log=readable(ctx, LOG),
        may_apps=keeps_apps(ctx.actor),
        may_errands=is_supplier(ctx.actor),
        all_of_node=sees_all(ctx.actor),
        **values,
    )
