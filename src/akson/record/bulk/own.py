"""An export or import belongs to the one who started it: nobody else sees that it is there."""

from datetime import datetime
from typing import Any

from akson.kit.clock import now
from akson.kit.errors import Gone, NotFound, TooMany
from akson.kit.ids import new_secret
from akson.record import gate, trail
from akson.record.context import Context, Place
from akson.record.standing import shown, standing
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.policy import Grant
from akson.store.database.pool import Tx
from akson.store.underway import jobs, transfers
from akson.store.underway.transfers import ERASED, Transfer

_KEPT = ("name", "client_id", "organization", "organization_name", "administers")
"""What of an actor is needed to decide and to audit later."""
AT_ONCE = 5
"""Exports, and imports, that one owner may have under way."""
WINDOW, POLLS = 10.0, 40
"""Times that the state may be asked for in this many seconds."""


def owner(actor: Actor) -> str:
    """Who an actor is, for as long as an export or import lives."""
    return f"{actor.kind.value}/{actor.client_id}"


async def begin(
    ctx: Context, kind: str, request: str, wanted: dict[str, Any], moment: datetime, *, queued: bool = True
) -> Transfer:
    """Put what is wanted into the queue on behalf of the actor; not `queued`: only write it down.

    TooMany when the actor has enough under way.
    """
    mine = owner(ctx.actor)
    if await transfers.under_way(ctx.tx, mine, kind) >= AT_ONCE:
        raise TooMany(f"{AT_ONCE} of your {kind}s are under way: wait for one of them, or cancel it")
    made = Transfer(
        id=new_secret(), kind=kind, owner=mine, request=request, wanted=wanted | {"actor": _said(ctx.actor)},
        state="waiting", moment=moment, place={}, total=0, done=0, result={}, error="", made=moment,
        ended=None, expires=None,
    )  # fmt: skip
    await shown(ctx.tx, ctx.place, ctx.actor)
    async with ctx.tx.savepoint():
        await transfers.start(ctx.tx, made)
        if queued:
            await queue(ctx, made)
    return made


async def queue(ctx: Context, transfer: Transfer) -> None:
    """Have it done. Gone when it has ended before all of it was there."""
    if not await transfers.wait(ctx.tx, transfer.id, None):
        raise Gone("The import has ended before all had come")
    await jobs.enqueue(ctx.tx, transfer.kind, {"transfer": transfer.id})


async def find(ctx: Context, id_: str) -> Transfer:
    """The actor's own export or import. NotFound when there is none such; Gone when it has expired."""
    grant = gate.granted(ctx, Action.ADMINISTER, "")
    found = await transfers.get(ctx.tx, id_)
    if found is not None and found.owner != owner(ctx.actor):
        await trail.turned_away(ctx, grant, Action.ADMINISTER)
    if found is None or found.owner != owner(ctx.actor) or found.state == "cancelled":
        raise NotFound("No such export or import, or it was cancelled")
    if found.state == "expired" or (found.expires and found.expires <= now()):
        why = "held something that was erased since" if found.error == ERASED else "has expired"
        raise Gone(f"This {why}, and its files are removed: start a new one")
    return found


async def ask(ctx: Context, id_: str) -> Transfer:
    """As `find`, for one who asks how far it has come. TooMany for one who asks too often."""
    found = await find(ctx, id_)
    if await transfers.polls(ctx.tx, id_, WINDOW) > POLLS:
        raise TooMany(
            f"Ask at most {POLLS} times in {WINDOW:.0f} seconds; Retry-After says when it is worth it"
        )
    return found


async def cancel(ctx: Context, id_: str) -> None:
    """End it and take away what it gave."""
    await find(ctx, id_)
    async with ctx.tx.savepoint():
        # It may have ended since it was found, and then nobody else takes it away.
        if await transfers.cancel(ctx.tx, id_) in {"done", "failed", "expired"}:
            await transfers.drop(ctx.tx, id_)


def actor_of(transfer: Transfer) -> Actor:
    """On whose behalf it is done."""
    said = transfer.wanted["actor"]
    return Actor(**said | {"kind": Kind(said["kind"])})


async def still_granted(tx: Tx, place: Place, transfer: Transfer) -> Grant | None:
    """What the one who started it may do now; None when the right is gone."""
    actor = await standing(tx, actor_of(transfer))
    if actor is None:
        return None
    decision = place.policy(actor, Action.ADMINISTER, "", Purpose.ADMINISTRATION)
    return decision if isinstance(decision, Grant) else None


def _said(actor: Actor) -> dict[str, Any]:
    return {"kind": actor.kind.value} | {name: getattr(actor, name) for name in _KEPT}
