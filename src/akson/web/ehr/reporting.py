"""The page about reports to registers (Rapportering), and sending one again that was refused."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.care import reporting
from akson.exchange.edge import report
from akson.web.context import context
from akson.web.ehr.frame import show_work
from akson.web.ehr.referrals import mailroom_of

PATH = "/rapportering"


async def page(request: Request) -> Response:
    """All registers with what stands where, and what went wrong."""
    ctx = context(request)
    return await show_work(
        request, ctx, "ehr/reporting.html", menu="inbox", registers=await reporting.overview(ctx)
    )


async def catalogue(request: Request) -> Response:
    """What is told to each register, by what law, how often, and when next."""
    ctx = context(request)
    return await show_work(
        request, ctx, "ehr/registers.html", menu="inbox", registers=await reporting.overview(ctx)
    )


async def again(request: Request) -> Response:
    """Somebody has seen to what was wrong."""
    ctx = context(request)
    await report.again(ctx, mailroom_of(request), request.path_params["message"])
    return RedirectResponse(f"{request.scope.get('root_path', '')}{PATH}", 303)


async def at_once(request: Request) -> Response:
    """Somebody wants what waits for a register to be sent now."""
    await report.at_once(context(request), request.path_params["register"])
    return RedirectResponse(f"{request.scope.get('root_path', '')}{PATH}", 303)
