"""Serves one claimed subscription: greets its endpoint, sends what it has not had, in order, and signs of life.

At least once: an event counts as delivered when the endpoint has answered. A process that dies in between leaves the
claim to run out, and the same events, with the same numbers, go out again.
"""

from dataclasses import replace

from akson.fhir import strict_json, xml
from akson.fhir.subscriptions.plan import FHIR_JSON, HOOK, XML, Plan
from akson.fhir.subscriptions.status import Kind
from akson.kit.clock import now
from akson.kit.log import Event, log
from akson.record.context import Context, Place
from akson.record.subscriptions import work
from akson.record.subscriptions.actors import entitled
from akson.record.subscriptions.content import Told, told
from akson.rest.subscriptions.hook import WAIT, Outgoing, Post
from akson.rest.subscriptions.notification import IN_ONE, notification
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE
from akson.store.underway import subscriptions
from akson.store.underway.subscriptions import ACTIVE, ERROR, OFF, REQUESTED, Subscribed

LEASE = 30.0
"""Seconds a claim lasts, besides what the endpoint may take."""
TRIES = 5
"""Failures in a row after which the status is error."""
LONGEST_WAIT = 300
GIVE_UP = 24 * 3600
"""Seconds of failing after which the subscription is turned off."""


class Lapsed(Exception):
    """Nobody stands behind the subscription any more, or not until a token is shown again."""


class Delivery:
    """One subscription that this process holds the claim of."""

    def __init__(self, place: Place, of: Subscribed, outgoing: Outgoing) -> None:
        self._place = place
        self._of = of
        self._plan = Plan.of(of.plan)
        self._outgoing = outgoing
        self._is_lost = False
        """Whether it is not ours any more: all is done, a client has changed it, or the claim has run out."""

    async def serve(self) -> bool:
        """Do what is due, and let go of the claim. True when the subscription has just become active."""
        try:
            if self._of.actor["client_id"]:
                async with self._place.database.singly(NODE) as tx:
                    await self._subscriber(tx)
            if self._of.status == REQUESTED or self._of.mark is None:
                return await self._greet()
            await self._deliver()
        except Lapsed:
            await self._failed("whoever subscribed has shown no token for too long", at_once=True)
        except Exception as error:  # noqa: BLE001  tried again later, and not at once and for ever
            await self._failed(f"not sent: {type(error).__name__}")
        finally:
            if not self._is_lost:
                async with self._place.database.singly(NODE) as tx:
                    await subscriptions.release(tx, self._of)
        return False

    async def _greet(self) -> bool:
        channel = self._plan.channel
        greets = channel.type == HOOK and channel.content
        if greets and (error := await self._send(self._bundle("handshake"))):
            await self._failed(error, at_once=True)
            return False
        async with self._place.database.transaction(reader=NODE) as tx:
            version = await work.say(self._place, tx, self._of, ACTIVE)
            if version is None or not await subscriptions.activate(tx, self._of, version):
                return False
        self._of = replace(self._of, version=version, status=ACTIVE)
        return True

    async def _deliver(self) -> None:
        sent = False
        while not self._is_lost and (told := await self._next()):
            for number, post in self._posts(told):
                if error := await self._send(post):
                    await self._failed(error)
                    return
                await self._delivered(number)
            sent = True
        if sent or self._is_lost or not self._plan.channel.heartbeat:
            return
        if error := await self._send(self._bundle("heartbeat")):
            await self._failed(error)
        else:
            await self._delivered(self._of.latest)

    async def _next(self) -> list[Told]:
        """The events that come next, with what their subscriber may see of them now."""
        channel = self._plan.channel
        async with self._place.database.transaction(reader=NODE) as tx:
            of = (await subscriptions.find(tx, [self._of.id])).get(self._of.id)
            if of is None or of.version != self._of.version or of.claim != self._of.claim:
                self._is_lost = True
                return []
            self._of = of
            events = await subscriptions.events_of(tx, of.id, of.delivered, of.latest, channel.most or IN_ONE)
            return await told(await self._subscriber(tx), events, channel.holds)

    async def _subscriber(self, tx: Tx) -> Context:
        """The one who is told. Lapsed when its system has not shown a token for too long."""
        ctx = await entitled(self._place, tx, self._of)
        if ctx is None:
            raise Lapsed
        return ctx

    def _posts(self, told: list[Told]) -> list[tuple[int, Post]]:
        """The requests that tell of these events, each with the number it comes up to."""
        if self._plan.channel.content:
            return [(told[-1].event.number, self._bundle("event-notification", told))]
        return [(each.event.number, self._classic(each)) for each in told]

    def _bundle(self, kind: Kind, told: list[Told] | None = None) -> Post:
        latest = told[-1].event.number if told else self._of.latest
        standing = work.standing(self._of, self._plan, latest=latest)
        body = notification(self._place.node.fhir, standing, kind, told or (), self._plan.channel.content)
        return self._post("POST", self._plan.channel.endpoint, body)

    def _classic(self, told: Told) -> Post:
        """As R4 has it: the resource as an update below the endpoint, or nothing but a sign where no payload is wanted."""
        endpoint, stored = self._plan.channel.endpoint, told.stored
        number = str(told.event.number)
        if stored is None or not self._plan.channel.media:
            return self._post("POST", endpoint, b"", number)
        place = f"{endpoint.rstrip('/')}/{stored.reference}"
        return self._post("PUT", place, stored.body, number)

    def _post(self, method: str, url: str, body: bytes, number: str = "") -> Post:
        channel = self._plan.channel
        headers = dict(channel.headers)
        if body:
            headers["content-type"] = channel.media or FHIR_JSON
        if body and channel.media in XML:
            body = xml.dumps(strict_json.loads(body))
        if number:
            headers["akson-event-number"] = number
        return Post(method, url, headers, body, channel.timeout or WAIT)

    async def _send(self, post: Post) -> str:
        return await self._outgoing.send(post)

    async def _delivered(self, number: int) -> None:
        """Note it, and that the endpoint is well again. The last that was known of lets go of the claim too."""
        of, last = self._of, number >= self._of.latest
        begin = self._place.database.transaction if of.status == ERROR else self._place.database.singly
        async with begin() as tx:
            noted = await subscriptions.delivered(tx, of, number, LEASE, last=last)
            if noted and of.status == ERROR:
                await self._stand(tx, ACTIVE)
        self._is_lost = last or not noted

    async def _failed(self, error: str, *, at_once: bool = False) -> None:
        """Wait longer each time; say so in the status when it goes on, and stop after a day."""
        of = self._of
        failures = of.failures + 1
        log(Event.PEER_FAILED, subscription=of.id, failures=failures, error=error)
        async with self._place.database.transaction(reader=NODE) as tx:
            if not await subscriptions.failed(tx, of, error, min(2.0**of.failures, LONGEST_WAIT)):
                return
            since = (now() - of.failing_since).total_seconds() if of.failing_since else 0
            if since > GIVE_UP:
                await self._stand(tx, OFF, f"given up after a day: {error}")
            elif of.status != ERROR and (at_once or failures >= TRIES):
                await self._stand(tx, ERROR, error)

    async def _stand(self, tx: Tx, status: str, error: str = "") -> None:
        version = await work.say(self._place, tx, self._of, status, error)
        if version is not None and await subscriptions.stand(tx, self._of, status, version):
            self._of = replace(self._of, version=version, status=status)
