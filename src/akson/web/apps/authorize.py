"""Where a user allows an app what it asks for: choice of a patient where it needs one, then what it may in plain words.

The form leads back to the app's address, so its policy names that address beside our own.
"""

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.apps import authorize, registry
from akson.apps.authorize import Asked, Declined, Stray
from akson.apps.issuer import Issuer
from akson.apps.registry import origin
from akson.kit.log import Event, log
from akson.record.context import Context
from akson.security.actor import Kind
from akson.security.sessions import Session
from akson.web import show
from akson.web.apps import wording
from akson.web.context import context, one
from akson.web.ehr import search
from akson.web.headers import policy_to
from akson.web.language import language_of
from akson.web.page import render


def app_routes() -> list[BaseRoute]:
    """The pages on which the users of a surface allow apps what they ask for."""
    return [
        Route("/app/tillat", ask),
        Route("/app/pasient", choose_patient, methods=["POST"]),
        Route("/app/svar", answer, methods=["POST"]),
    ]


async def ask(request: Request) -> Response:
    """GET /app/tillat: the authorization endpoint (RFC 6749 4.1.1)."""
    ctx, session, issuer = context(request), _session(request), _issuer(request)
    given = authorize.said_once(request.query_params.multi_items())
    app = await authorize.at_address(ctx.tx, given)
    try:
        asked = await authorize.opened(ctx.tx, authorize.check(app, given, ctx.node.fhir), given, session)
    except Declined as error:
        log(Event.TOKEN_REFUSED, node=ctx.node.name, error=error.error, reason=error.diagnostics)
        told = {"error": error.error, "error_description": error.diagnostics}
        return _back(issuer, given["redirect_uri"], given.get("state", ""), told)
    if ctx.actor.kind is Kind.CITIZEN and asked.needs_patient:
        asked = replace(asked, patient=ctx.actor.patient)
    if await authorize.known(ctx.tx, asked, session.caller):
        return await _allowed(request, asked)
    key = await authorize.remember(ctx.tx, asked)
    return await _next(request, key, asked)


async def choose_patient(request: Request) -> Response:
    """POST /app/pasient: `query` looks for people, `patient` takes one."""
    ctx, form = context(request), await _form(request)
    asked = await authorize.recalled(ctx.tx, form.get("key", ""), _session(request))
    if not asked.needs_patient or asked.launched or ctx.actor.kind is not Kind.PERSONNEL:
        raise Stray("this request has its patient already")
    if not form.get("patient"):
        return await _next(request, form["key"], replace(asked, patient=""), form.get("query", "").strip())
    person = await one(ctx, "Patient", form["patient"])
    asked = replace(asked, patient=person["id"])
    await authorize.put(ctx.tx, form["key"], asked)
    return await _next(request, form["key"], asked)


async def answer(request: Request) -> Response:
    """POST /app/svar: `allow`, or anything else for no."""
    ctx, form = context(request), await _form(request)
    asked = await authorize.recalled(ctx.tx, form.get("key", ""), _session(request), once=True)
    if form.get("answer") != "allow":
        return _back(_issuer(request), asked.redirect_uri, asked.state, {"error": "access_denied"})
    if asked.needs_patient and not asked.patient:
        raise Stray("no patient was chosen")
    return await _allowed(request, asked)


async def _allowed(request: Request, asked: Asked) -> Response:
    ctx = context(request)
    if asked.patient:
        await one(ctx, "Patient", asked.patient)  # still the user's to open, and in the access log
    user = ctx.actor.practitioner or (f"Patient/{ctx.actor.patient}" if ctx.actor.patient else "")
    code = await authorize.allow(ctx.tx, asked, _session(request), user)
    return _back(_issuer(request), asked.redirect_uri, asked.state, {"code": code})


async def _next(request: Request, key: str, asked: Asked, words: str = "") -> Response:
    """The page that comes now: the choice of a patient where one is needed and none is known, else the question."""
    ctx = context(request)
    app = await registry.approved(ctx.tx, asked.app)
    if app is None:
        raise Stray("the app is not approved any more")
    if asked.needs_patient and not asked.patient:
        people = await search.matching(ctx, words) if words else await search.own(ctx)
        made = render(
            request, "apps/patient.html", app=app, key=key, people=search.lines(people), searched=bool(words)
        )
    else:
        made = render(
            request,
            "apps/ask.html",
            app=app,
            key=key,
            lines=wording.lines(asked.scope, language_of(request)),
            patient=await _name(ctx, asked),
            origin=origin(asked.redirect_uri),
        )
    made.headers["content-security-policy"] = policy_to(app.origins)
    return made


async def _name(ctx: Context, asked: Asked) -> str:
    return show.name(await one(ctx, "Patient", asked.patient)) if asked.patient else ""


def _back(issuer: Issuer, redirect_uri: str, state: str, values: Mapping[str, str]) -> Response:
    where = authorize.back(redirect_uri, state[: authorize.LONGEST], issuer.issuer, values)
    return RedirectResponse(where, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


async def _form(request: Request) -> dict[str, str]:
    async with request.form(max_files=0) as form:
        return {name: str(value) for name, value in form.items()}


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


def _issuer(request: Request) -> Issuer:
    issuer: Issuer = request.state.issuer
    return issuer
