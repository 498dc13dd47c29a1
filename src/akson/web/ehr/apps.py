"""Apps opened from a chart (EHR launch): the app is told of a launch, and learns the patient when its user allows it."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from akson.apps import grants, registry
from akson.kit.errors import NotFound
from akson.web.context import context, one
from akson.web.ehr.chart import show_chart
from akson.web.headers import policy_to


async def apps(request: Request) -> Response:
    """GET: the apps that the organisation has approved for use from a chart."""
    ctx = context(request)
    found = await registry.to_launch(ctx.tx)
    page = await show_chart(request, ctx, "ehr/apps.html", "apps", apps=found)
    # Each form leads on to its app, and an app with a server leads back here and on again.
    page.headers["content-security-policy"] = policy_to(frozenset().union(*(app.origins for app in found)))
    return page


async def launch(request: Request) -> Response:
    """POST `app`: to the app, with a launch that is good once, for this user, this patient and this app."""
    ctx = context(request)
    async with request.form(max_files=0) as form:
        wanted = str(form.get("app", ""))
    app = next((each for each in await registry.to_launch(ctx.tx) if each.id == wanted), None)
    if app is None:
        raise NotFound("no such app, or it is not approved any more")
    person = await one(ctx, "Patient", request.path_params["patient"])
    secret = await grants.launch(ctx.tx, app.id, request.state.caller, person["id"])
    query = urlencode({"iss": ctx.node.fhir, "launch": secret})
    where = f"{app.launch_uri}{'&' if '?' in app.launch_uri else '?'}{query}"
    return RedirectResponse(where, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
