"""The organisation's page of apps: which there are, what they may, who uses them; to add, approve, withdraw and end."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.apps import keeping
from akson.apps.keeping import Kept
from akson.apps.registry import App, Kind, State
from akson.kit.errors import Unprocessable
from akson.kit.settings import Role
from akson.web.apps import wording
from akson.web.context import context
from akson.web.ehr.frame import show_work
from akson.web.language import language_of
from akson.web.page import render

FIELDS = ("name", "about", "organization", "kind", "scope", "redirect_uris", "launch_uri", "jwks")
STATES = {"approve": State.APPROVED, "withdraw": State.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Line:
    """An app as the page shows it."""

    kept: Kept
    may: list[str]


def keeping_routes() -> list[BaseRoute]:
    """The page of a record system or of the platform on which apps are kept."""
    return [
        Route("/apper", every, methods=["GET"]),
        Route("/apper", add, methods=["POST"]),
        Route("/apper/{app}", decide, methods=["POST"]),
    ]


async def every(request: Request) -> Response:
    """GET /apper: all apps."""
    return await _show(request)


async def add(request: Request) -> Response:
    """POST /apper: a new app; its secret is on this one answer and nowhere else."""
    form = await _form(request)
    try:
        made, secret = await keeping.add(context(request), _app(form))
    except Unprocessable as error:
        wrong = error.issues[0].expression[0] if error.issues[0].expression else "name"
        return await _show(request, status=422, form=form, wrong=wrong)
    return await _show(request, added=made, secret=secret)


async def decide(request: Request) -> Response:
    """POST /apper/{app}: `approve`, `withdraw` or `end` what it was given."""
    ctx, form = context(request), await _form(request)
    app_id = request.path_params["app"]
    if form.get("what") in STATES:
        await keeping.decide(ctx, app_id, STATES[form["what"]])
    elif form.get("what") == "end":
        await keeping.end(ctx, app_id)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/apper", 303)


def _app(form: dict[str, str]) -> App:
    """The app of a form. Unprocessable where it is no app at all."""
    if form.get("kind") not in set(Kind):
        raise Unprocessable("kind is not one of the known", expression=("kind",))
    try:
        jwks = json.loads(form.get("jwks", "").strip() or "{}")
    except ValueError as error:
        raise Unprocessable("not JSON", expression=("jwks",)) from error
    if not isinstance(jwks, dict):
        raise Unprocessable("a JWK set is an object", expression=("jwks",))
    return App(
        id="",
        name=form.get("name", "").strip(),
        kind=Kind(form["kind"]),
        scope=" ".join(form.get("scope", "").split()),
        about=form.get("about", "").strip(),
        organization=form.get("organization", "").strip(),
        redirect_uris=tuple(form.get("redirect_uris", "").split()),
        launch_uri=form.get("launch_uri", "").strip(),
        jwks=jwks,
    )


async def _show(request: Request, *, status: int = 200, **values: Any) -> Response:
    ctx, language = context(request), language_of(request)
    shown = {
        "lines": [
            Line(kept, wording.lines(kept.app.scope, language, wording.OFFICE))
            for kept in await keeping.every(ctx)
        ],
        "form": dict.fromkeys(FIELDS, ""),
        "wrong": "",
        "added": None,
        "secret": "",
        "kinds": list(Kind),
        "issuer": request.state.issuer,
    }
    shown |= values
    if Role.JOURNAL in ctx.node.roles:
        page = await show_work(
            request, ctx, "apps/keeping.html", menu="apps", around="ehr/shell.html", **shown
        )
        page.status_code = status
        return page
    return render(
        request,
        "apps/keeping.html",
        status=status,
        menu="apps",
        may_apps=True,
        around="platform/shell.html",
        **shown,
    )


async def _form(request: Request) -> dict[str, str]:
    async with request.form(max_files=0) as form:
        given = {name: str(value)[:20_000] for name, value in form.items()}
    return dict.fromkeys(FIELDS, "") | given
