"""What all work pages share: the counts in the navigation and the tabs of a chart."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from akson.record.context import Context
from akson.web.ehr import work
from akson.web.page import render

TABS = (
    ("overview", ""),
    ("critical", "/kritisk"),
    ("medicines", "/legemidler"),
    ("problems", "/problemer"),
    ("notes", "/notater"),
    ("documents", "/dokumenter"),
    ("messages", "/meldinger"),
)
"""Key and path of each tab of a chart."""


async def show_work(
    request: Request, ctx: Context, template: str, *, menu: str, **values: Any
) -> HTMLResponse:
    """A page of the work shell. `menu` is the entry of the navigation that it belongs to."""
    return render(request, template, menu=menu, counts=await work.counts(ctx), **values)
