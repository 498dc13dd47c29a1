"""A citizen's own apps: which ones have rights to the own data, since when, for what; each is ended by the citizen alone.

What ends ends at once: a token is looked up at every request, and the next one finds nothing it hangs on.
"""

from dataclasses import dataclass

from akson.apps import grants, registry
from akson.apps.registry import App, Kind
from akson.kit.errors import NotFound
from akson.record import trail
from akson.record.context import Context
from akson.security import app_scopes
from akson.security.caller import Caller
from akson.security.policy import Grant
from akson.store.index.hashing import patient_number
from akson.store.scope import Nothing, Scope

REASON = "reason.own_app"


@dataclass(frozen=True, slots=True)
class Mine:
    """An app with all that one person allowed it, however often it was asked for. Times as ISO texts."""

    app: App
    scope: str
    since: str
    used: str
    """Empty when it has not used what it was given yet."""
    goes_on: bool
    """Whether it goes on when the person has signed out."""


async def mine(ctx: Context, caller: Caller) -> list[Mine]:
    """The apps that somebody has given rights which are good now, the last used first."""
    by_app: dict[str, list[grants.Grant]] = {}
    for grant in await grants.of_person(ctx.tx, caller):
        by_app.setdefault(grant.app, []).append(grant)
    found = []
    for app_id, theirs in by_app.items():
        if (app := await registry.approved(ctx.tx, app_id)) is not None:
            found.append(_mine(app, theirs))
    return sorted(found, key=lambda each: each.used or each.since, reverse=True)


async def end(ctx: Context, caller: Caller, app_id: str) -> App:
    """End all that the person allowed the app: access, refresh tokens, and that it need not ask. In the log of accesses.

    NotFound when it has nothing.
    """
    app = await registry.find(ctx.tx, app_id)
    ended = await grants.end_mine(ctx.tx, app_id, caller)
    if app is None or not ended:
        raise NotFound("the app has no rights")
    grant = Grant(Scope(Nothing(), REASON))
    await trail.administered(ctx, grant, patient_number(ctx.actor.patient), "", ended)
    return app


def _mine(app: App, theirs: list[grants.Grant]) -> Mine:
    # The organisation may allow the app less by now: what it may is what both have allowed.
    asked, plain = app_scopes.read(" ".join(each.scope for each in theirs))
    return Mine(
        app,
        app_scopes.write(app_scopes.common(asked, app.scopes), plain & app.plain),
        min(each.started for each in theirs),
        max(each.used for each in theirs),
        any("offline_access" in each.words for each in theirs),
    )


async def named(ctx: Context, app_id: str) -> App | None:
    """The app of this id."""
    return await registry.find(ctx.tx, app_id) if app_id else None


async def services(ctx: Context) -> list[App]:
    """Services that read without a user, by the approval of the organisation: the citizen is told, and cannot end them."""
    return [app for app in await registry.every(ctx.tx) if app.approved and app.kind is Kind.SERVICE]
