"""The steps of a subscription's life: events get their numbers, and the resource says how it stands.

Each is one transaction that its caller opens. A resource that a client changed meanwhile is left to its new plan.
"""

from akson.fhir.strict_json import loads
from akson.fhir.subscriptions.plan import Plan
from akson.fhir.subscriptions.status import Standing
from akson.kit.errors import Gone, NotFound, VersionMismatch
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context, Place
from akson.record.subscriptions.actors import on_behalf
from akson.record.subscriptions.matching import matching
from akson.store.database.pool import Tx
from akson.store.record.events import Mark
from akson.store.underway import subscriptions
from akson.store.underway.subscriptions import ACTIVE, Subscribed

BATCH = 200
"""Changes of a type that are looked at in one transaction."""


async def number(place: Place, tx: Tx, id_: str, until: Mark) -> bool:
    """Look through the event log up to a mark for one subscription; False while there is more, or it is held."""
    of = await subscriptions.locked(tx, id_)
    if of is None:
        return not await _still_there(tx, id_)
    plan = Plan.of(of.plan)
    happened = await subscriptions.between(tx, of, until, plan.types, BATCH)
    matched = await matching(on_behalf(place, tx, of), plan, happened) if happened else []
    is_all = len(happened) < BATCH
    await subscriptions.number(
        tx, of, matched, max(until, of.mark or Mark()) if is_all else happened[-1].mark
    )
    return is_all


async def _still_there(tx: Tx, id_: str) -> bool:
    found = (await subscriptions.find(tx, [id_])).get(id_)
    return found is not None and found.status in (ACTIVE, subscriptions.ERROR) and found.mark is not None


async def say(place: Place, tx: Tx, of: Subscribed, status: str, error: str = "") -> int | None:
    """Write the status into the Subscription itself; its new version, None when a client was first."""
    ctx = Context(NODE_ITSELF, tx.as_node, place)
    try:
        stored = await gate.read(ctx, "Subscription", of.id)
        if stored.version != of.version:
            return None
        resource = {key: value for key, value in loads(stored.body).items() if key != "error"}
        resource["status"] = status
        if error:
            resource["error"] = error
        return (await gate.update(ctx, resource, if_match=of.version)).stored.version
    except (NotFound, Gone, VersionMismatch):
        return None


def standing(of: Subscribed, plan: Plan, *, latest: int | None = None, status: str = "") -> Standing:
    """How a subscription stands, for the status that a notification begins with."""
    return Standing(
        f"Subscription/{of.id}",
        "" if plan.channel.content == "empty" else plan.topic,
        status or of.status,
        of.latest if latest is None else latest,
        of.error,
    )
