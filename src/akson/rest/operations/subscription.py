"""$status, $events and $get-ws-binding-token of subscriptions.

http://hl7.org/fhir/uv/subscriptions-backport: how a subscription stands, its earlier events by number, and the token
that a websocket is bound with.
"""

from datetime import timedelta

import orjson

from akson.fhir.search_parse import parse
from akson.fhir.subscriptions.plan import EMPTY, FULL, ID_ONLY, SOCKET, Plan
from akson.kit.clock import instant, now
from akson.kit.errors import Malformed, NotFound, TooCostly, Unprocessable
from akson.kit.ids import new_secret
from akson.record import gate
from akson.record.context import Context
from akson.record.subscriptions.content import told
from akson.record.subscriptions.work import standing
from akson.rest.operations.operation import Operation, Target
from akson.rest.operations.parameters import Given, answer, given, part
from akson.rest.subscriptions.notification import notification, status_entry
from akson.rest.subscriptions.websocket import TOKEN, socket_url
from akson.rest.wire import bundle
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id
from akson.store.underway import keep, subscriptions
from akson.store.underway.subscriptions import Subscribed

_URL = "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
_SUBSCRIPTION = frozenset({"Subscription"})
MOST = 100
"""Events in one answer of $events; the client asks on from the last number."""
AT_ONCE = 1000
"""Subscriptions that one call can ask about."""
TOKEN_LASTS = timedelta(minutes=10)


async def status(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with a searchset of one status for each subscription asked for."""
    values = await given(request, ("id", "status"))
    wanted = set(values.all("status"))
    found = [each for each in await _asked(ctx, values, target) if not wanted or each.status in wanted]
    entries = [orjson.dumps(status_entry(request.base, standing(each, Plan.of(each.plan)))) for each in found]
    return Answer(200, bundle.assemble("searchset", entries, total=len(entries)))


async def events(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with events from one number to another, both included: at most MOST from the first on."""
    values = await given(request, ("eventsSinceNumber", "eventsUntilNumber", "content"))
    of = await _one(ctx, target.id)
    plan = Plan.of(of.plan)
    since, until = values.whole("eventsSinceNumber") or 1, values.whole("eventsUntilNumber")
    content = values.text("content") or plan.channel.content or FULL
    if content not in (EMPTY, ID_ONLY, FULL):
        raise Malformed(f"content is {EMPTY}, {ID_ONLY} or {FULL}", expression=("Parameters.content",))
    numbered = await subscriptions.events_of(
        ctx.tx, of.id, max(since, 1) - 1, of.latest if until is None else until, MOST
    )
    found = await told(ctx, numbered, content)
    return Answer(200, notification(request.base, standing(of, plan), "query-event", found, content))


async def binding_token(ctx: Context, request: Request, target: Target) -> Answer:
    """200 with a token that binds a websocket to the subscriptions asked for, once, within ten minutes."""
    values = await given(request, ("id",))
    found = [each for each in await _asked(ctx, values, target) if each.channel == SOCKET]
    if not found:
        raise Unprocessable(
            "None of these subscriptions has the channel websocket", expression=("Parameters.id",)
        )
    token, expires = new_secret(), now() + TOKEN_LASTS
    ids = [each.id for each in found]
    await keep.put(ctx.tx, TOKEN, token, {"ids": ids}, expires)
    return answer(
        [
            part("token", "String", token),
            part("expiration", "DateTime", instant(expires)),
            *(part("subscription", "String", each) for each in ids),
            part("websocket-url", "Url", socket_url(request.base)),
        ]
    )


async def _asked(ctx: Context, values: Given, target: Target) -> list[Subscribed]:
    """The one of the target, those named by id, or all that the caller may see."""
    if target.id:
        return [await _one(ctx, target.id)]
    ids = [check_id(each) for text in values.all("id") for each in str(text).split(",")]
    pairs = [("_count", str(AT_ONCE)), *([("_id", ",".join(ids))] if ids else [])]
    page = await gate.search(ctx, parse("Subscription", pairs, base=ctx.node.fhir))
    if page.next:
        raise TooCostly(
            f"You may see more than {AT_ONCE} subscriptions: name some", expression=("Parameters.id",)
        )
    return _in_order(await subscriptions.find(ctx.tx, [stored.id for stored in page.matches]))


def _in_order(found: dict[str, Subscribed]) -> list[Subscribed]:
    return [found[key] for key in sorted(found)]


async def _one(ctx: Context, id_: str) -> Subscribed:
    await gate.read(ctx, "Subscription", check_id(id_))
    found = (await subscriptions.find(ctx.tx, [id_])).get(id_)
    if found is None:
        raise NotFound("This Subscription was never at work here: write it again")
    return found


OPERATIONS = (
    Operation("status", f"{_URL}status", status, types=_SUBSCRIPTION, instances=_SUBSCRIPTION),
    Operation("events", f"{_URL}events", events, instances=_SUBSCRIPTION),
    Operation(
        "get-ws-binding-token",
        f"{_URL}get-ws-binding-token",
        binding_token,
        types=_SUBSCRIPTION,
        instances=_SUBSCRIPTION,
        get=False,
    ),
)
