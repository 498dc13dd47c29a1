"""What the organisation does with apps, by whom it may be done, and the row of the access log that it leaves."""

from dataclasses import dataclass

from akson.apps import grants, registry
from akson.apps.grants import Grant
from akson.apps.registry import App, State
from akson.kit.errors import NotFound
from akson.record import trail
from akson.record.context import Context
from akson.record.refused import Refused
from akson.security import policy
from akson.security.actor import Action, Actor, Kind
from akson.store.scope import Nothing, Scope

REASON = "reason.app_keeper"
KEEPERS = frozenset({"driftsansvarlig", "personvernansvarlig"})
"""Roles that decide on apps for their organisation: those that answer for its operation, and for privacy."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An app and what was given to it that is good now."""

    app: App
    grants: tuple[Grant, ...]


def keeps_apps(actor: Actor) -> bool:
    """Whether the actor may add, approve and withdraw apps. An app never may."""
    return (
        actor.kind is Kind.PERSONNEL and actor.role in KEEPERS and not actor.client_id and actor.app is None
    )


def demand(ctx: Context) -> None:
    """Refused unless the actor decides on apps for the organisation."""
    if not keeps_apps(ctx.actor):
        raise Refused(REASON, trail.refused(ctx, Action.ADMINISTER, "", REASON))


async def every(ctx: Context) -> list[Kept]:
    """All apps of the node, by name."""
    demand(ctx)
    return [Kept(app, tuple(await grants.of_app(ctx.tx, app.id))) for app in await registry.every(ctx.tx)]


async def add(ctx: Context, app: App) -> tuple[App, str]:
    """A new app that waits for approval, and its secret, which is told once. Unprocessable says what is wrong."""
    demand(ctx)
    made, secret = await registry.add(ctx.tx, app)
    await _noted(ctx, 0)
    return made, secret


async def decide(ctx: Context, app_id: str, state: State) -> None:
    """Approve or withdraw; what a withdrawn app was given ends. NotFound when there is no such app."""
    demand(ctx)
    if await registry.decide(ctx.tx, app_id, state, ctx.actor.name) is None:
        raise NotFound("no such app")
    ended = await grants.end_all(ctx.tx, app_id) if state is State.WITHDRAWN else 0
    await _noted(ctx, ended)


async def end(ctx: Context, app_id: str) -> None:
    """End what the app was given, and have its users asked again; it stays approved."""
    demand(ctx)
    await _noted(ctx, await grants.end_all(ctx.tx, app_id))


async def _noted(ctx: Context, count: int) -> None:
    await trail.administered(ctx, policy.Grant(Scope(Nothing(), REASON)), 0, "", count)
