"""What writing a Subscription, or a Basic resource that is a topic, does besides: checked before, registered after.

Called from the gate, so that every way to write (create, update, patch, transaction, import) does the same.
"""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from akson.fhir.model import Resource
from akson.fhir.subscriptions import topic as topic_reader
from akson.fhir.subscriptions.plan import HOOK, Plan, plan_of, topic_url
from akson.kit.clock import instant, now
from akson.kit.errors import TooMany, Unprocessable
from akson.record.context import Context
from akson.record.standing import shown
from akson.record.subscriptions import endpoints, topics
from akson.record.subscriptions.actors import plain
from akson.security.actor import Kind
from akson.security.rules.own_subscriptions import OWNER, owner
from akson.store.record import resources
from akson.store.record.stored import Stored
from akson.store.underway import subscriptions
from akson.store.underway.subscriptions import ERROR, OFF, REQUESTED, Subscribed

TYPES = frozenset({"Subscription", "Basic"})
AT_ONCE = 100
"""Subscriptions that one owner may have at work: each costs a look at every change of its types."""
SHIFT = timedelta(hours=12)
"""How long somebody who acts through an attest may subscribe: it says who is in care now."""


async def checked(ctx: Context, resource: Resource) -> Resource:
    """The resource as it shall be stored. Unprocessable, naming the element, for what cannot be done."""
    if resource["resourceType"] not in TYPES or ctx.actor.kind is Kind.NODE:
        return resource
    if topic_reader.is_topic(resource):
        url = topic_reader.read(resource, ctx.place.limits).url
        if url in topics.declared() or await subscriptions.has_topic(ctx.tx, url, resource.get("id", "")):
            raise Unprocessable("The server has another topic of this url", expression=("Basic.extension",))
    if resource["resourceType"] != "Subscription":
        return resource
    await _plan(ctx, resource)
    return _owned(ctx, _requested(ctx, resource))


async def registered(ctx: Context, stored: Stored, resource: Resource) -> None:
    """In the transaction of the write: the subscription is at work, or the topic can be subscribed to."""
    if resource["resourceType"] not in TYPES or ctx.actor.kind is Kind.NODE:
        return
    if resource["resourceType"] == "Basic":
        await _topic(ctx, stored, resource)
        return
    plan = await _plan(ctx, resource)
    made = Subscribed(
        id=stored.id,
        version=stored.version,
        status=resource["status"],
        channel=plan.channel.type,
        plan=asdict(plan),
        actor=plain(ctx.actor),
        purpose=ctx.purpose.value,
        latest=0,
        delivered=0,
        failures=0,
        error="",
        failing_since=None,
        ends=_moment(resource["end"]) if "end" in resource else None,
        mark=None,
        claim="",
    )
    await subscriptions.register(ctx.tx, made, plan.types)
    await shown(ctx.tx, ctx.place, ctx.actor)
    if (whose := owner(ctx.actor)) and made.status != OFF:
        await resources.lock(ctx.tx, [f"subscriptions of {whose}"])
        if await subscriptions.at_work(ctx.tx, made.actor) > AT_ONCE:
            raise TooMany(f"{AT_ONCE} of your subscriptions are at work: end or delete one of them first")


async def removed(ctx: Context, stored: Stored) -> None:
    """A Subscription or topic that was deleted."""
    if stored.type == "Subscription":
        await subscriptions.remove(ctx.tx, stored.id)
    elif stored.type == "Basic":
        await subscriptions.remove_topic(ctx.tx, stored.id)


async def _topic(ctx: Context, stored: Stored, resource: Resource) -> None:
    if not topic_reader.is_topic(resource):
        await subscriptions.remove_topic(ctx.tx, stored.id)
        return
    topic = topic_reader.read(resource, ctx.place.limits)
    await subscriptions.put_topic(ctx.tx, stored.id, topic.url, asdict(topic))


async def _plan(ctx: Context, resource: Resource) -> Plan:
    url = topic_url(resource)
    topic = await topics.find(ctx.tx, url) if url else None
    plan = plan_of(resource, topic, base=ctx.node.fhir, limits=ctx.place.limits)
    if plan.channel.type == HOOK:
        endpoints.check(ctx.node, plan.channel.endpoint)
    return plan


def _requested(ctx: Context, resource: Resource) -> Resource:
    """What a client writes is a request: the server alone says active, and error."""
    made = {key: value for key, value in resource.items() if key != "error"}
    if made["status"] == ERROR:
        raise Unprocessable(
            "Subscription.status: error is said by the server; write requested to try again",
            expression=("Subscription.status",),
        )
    made["status"] = OFF if made["status"] == OFF else REQUESTED
    ends = _moment(made["end"]) if "end" in made else None
    if ends is not None and ends <= now() and made["status"] != OFF:
        raise Unprocessable("Subscription.end: it lies in the past", expression=("Subscription.end",))
    if ctx.actor.care_relationship:
        latest = now() + SHIFT
        if ends is not None and ends > latest:
            raise Unprocessable(
                "Subscription.end: an attest opens a subscription for twelve hours at most",
                expression=("Subscription.end",),
            )
        made["end"] = made.get("end", instant(latest))
    return made


def _owned(ctx: Context, resource: Resource) -> Resource:
    """With the label that says whose it is, and no label of that kind that the client wrote."""
    meta = dict(resource.get("meta") or {})
    labels = [each for each in meta.pop("security", ()) if each.get("system") != OWNER]
    if whose := owner(ctx.actor):
        labels.append({"system": OWNER, "code": whose})
    if labels:
        meta["security"] = labels
    made = {key: value for key, value in resource.items() if key != "meta"}
    return made | ({"meta": meta} if meta else {})


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
