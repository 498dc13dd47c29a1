"""What a notification tells of each event: never more than its subscriber may see now, and audited as any other look."""

from dataclasses import dataclass

from akson.fhir.subscriptions.plan import EMPTY
from akson.record import trail
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.policy import Refusal
from akson.store.record import resources
from akson.store.record.stored import Stored
from akson.store.underway.subscriptions import Numbered

LARGEST = 4_000_000
"""Bytes of resources after which a notification takes no more events."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event, and the version it is about. `stored` is None where it may not be seen, or nobody asked."""

    event: Numbered
    stored: Stored | None = None


async def told(ctx: Context, events: list[Numbered], content: str) -> list[Told]:
    """The events with what may be told of them in the scope of `ctx`; fewer of them where they are very large."""
    if content == EMPTY:
        return [Told(each) for each in events]
    found: list[Told] = []
    size = 0
    for each in events:
        if size > LARGEST:
            break
        if not each.id:  # erased since: a number and a time
            found.append(Told(each))
            continue
        decision = ctx.policy(ctx.actor, Action.HISTORY, each.type, ctx.purpose)
        if isinstance(decision, Refusal):
            found.append(Told(each))
            continue
        stored = await resources.vread(ctx.tx, decision.scope, each.type, each.id, each.version)
        if stored is not None:
            await trail.seen(ctx, decision, Action.HISTORY, [stored], each.type)
            size += len(stored.body)
        found.append(Told(each, stored))
    return found
