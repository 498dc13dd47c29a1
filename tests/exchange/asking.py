"""Who asks a node with a real token: a system, one that administers, a citizen, a nurse with an attest."""

from dataclasses import replace
from functools import partial

from tests.world import TODAY

from akson.asgi.pages import decided
from akson.demo.nodes import persons
from akson.demo.units import BY_KEY
from akson.exchange.edge.reach import Reach
from akson.exchange.finding import find
from akson.messaging.addresses import ABILITIES, LINKS
from akson.record import gate
from akson.record.context import NODE_ITSELF, opened
from akson.security.actor import Purpose
from akson.security.client import Behalf, Peer
from akson.security.system import System
from akson.store.database.reader import OWNER
from akson.trust import registry

READ, ADMIN = "akson:samhandling/fhir", "akson:samhandling/fhir akson:samhandling/admin"
PIDS = {person.key: person.pid for person in persons(TODAY)}


def side(world, name):
    return next(each for each in world.app.state.hosted if each.node.name == name)


async def allow(world, *names, is_allowed=True):
    """The trust anchor gives these systems the right to administer the platform, or takes it away."""
    async with side(world, "tillitsanker").place.database.transaction(reader=OWNER) as tx:
        for name in names:
            client = await registry.find_client(tx, side(world, name).node.client_id)
            right = {"akson:samhandling/admin"}
            scopes = client.scopes | right if is_allowed else client.scopes - right
            await registry.register_client(tx, replace(client, scopes=scopes))


async def ask(world, name, path, scope=ADMIN, method="GET", **options):
    """A system asks the platform for itself."""
    url = path if path.startswith("http") else f"{world.base}/samhandling/fhir/{path}"
    return await side(world, name).peer.request(method, url, scope=scope, **options)


class As:
    """Asks nodes with the platform's session of a citizen, as the portal does."""

    def __init__(self, world, browser):
        self.world, self.hub, self.browser = world, side(world, "samhandling"), browser

    async def __call__(self, method, node, path, **options):
        secret = next(cookie.value for cookie in self.browser.cookies.jar if "innbygger" in cookie.name)
        session = await self.hub.sessions.find(secret)
        return await self.hub.peer.request(
            method,
            f"{side(self.world, node).node.fhir}/{path}",
            scope=f"akson:{node}/fhir",
            on_behalf_of=Behalf(session),
            **options,
        )


async def attested_nurse(world, browser, patient="ingrid"):
    """Asks the platform as her record system does: with a token that attests that somebody is her patient."""
    journal = side(world, "journal")
    secret = next(cookie.value for cookie in browser.cookies.jar if "journal" in cookie.name)
    session = await journal.sessions.find(secret)
    actor = await journal.people.find_actor(session.caller)
    reach = Reach(
        journal.node, actor, journal.peer, session, partial(decided, journal, actor, Purpose.TREATMENT)
    )
    return reach.ask(PIDS[patient])


class OwnSystem:
    """The own system of a cooperating service, known to the trust anchor, which asks the platform with its own token."""

    RIGHTS = "akson:samhandling/fhir akson:samhandling/partner"

    def __init__(self, world, unit):
        self.world, self.unit = world, BY_KEY[unit]
        node = replace(
            side(world, "samhandling").node, name=f"{unit}-fag", client_id=f"{unit}-fag", title=self.unit.name
        )
        hub = side(world, "samhandling")
        self.system = System(node, world.settings.data, hub.system.anchor)
        self.peer = Peer(self.system, hub.sessions, hub.system.anchor.http, 10)

    async def registered(self):
        """Known to the anchor, with the rights to the platform's API as a cooperating service."""
        client = registry.Client(
            client_id=f"{self.unit.key}-fag",
            name=f"{self.unit.name}, fagsystem",
            organization=self.unit.organization_number,
            jwks=self.system.public(),
            scopes=frozenset(self.RIGHTS.split()),
        )
        async with side(self.world, "tillitsanker").place.database.transaction(reader=OWNER) as tx:
            await registry.register_client(tx, client)
        return self

    async def __call__(self, method, path, scope=RIGHTS, **options):
        url = f"{self.world.base}/samhandling/{path}"
        return await self.peer.request(method, url, scope=scope, **options)


async def take_links_away(world, asker):
    """No address says that it follows links; who asks the register has forgotten what it said before."""
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        for each in await find(ctx, "Endpoint", ("_count", "200")):
            kinds = [k for k in each["payloadType"] if k["coding"][0]["system"] != ABILITIES]
            await gate.update(ctx, each | {"payloadType": kinds})
    side(world, asker).mailroom.forget()


async def give_links_back(world, asker):
    """All addresses follow links."""
    able = {"coding": [{"system": ABILITIES, "code": LINKS}]}
    async with opened(side(world, "samhandling").place, NODE_ITSELF) as ctx:
        for each in await find(ctx, "Endpoint", ("_count", "200")):
            await gate.update(ctx, each | {"payloadType": [*each["payloadType"], able]})
    side(world, asker).mailroom.forget()
