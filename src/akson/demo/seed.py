"""Puts the demo into a node's database: once, all or nothing, through the same door as everything else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from akson.demo import registers
from akson.demo.build import blocks, resources
from akson.demo.certificates import publish_certificates
from akson.demo.nodes import Client, Person, clients, nodes_of, persons, served
from akson.demo.roles import ROLES
from akson.demo.units import BY_KEY
from akson.exchange.edge import follow
from akson.fhir.model import Resource, reference
from akson.fhir.strict_json import loads
from akson.fhir.validate.structure import check
from akson.kit.errors import Gone, NotFound, Unprocessable
from akson.kit.settings import Role, Settings
from akson.kit.text import SOURCE, catalogue
from akson.record import gate
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, Context, Place, opened
from akson.record.registers import fill
from akson.record.registry import Registry
from akson.security import keys
from akson.security.actor import Action
from akson.store.access import mirror
from akson.store.access import registers as store
from akson.store.database.pool import Database, Tx
from akson.store.underway import keep
from akson.trust import registry

KIND, KEY = "demo", "resources"
RIGHTS = ("fhir", "mhd", "msh", "hendelser", "personvern", "hotell", "samtale", "partner")
"""What a node's API is divided into; a scope is akson:<node>/<right>."""
ASKING = frozenset({"journal", "sykehus", "fjellheim", "samhandling"})
"""Nodes that may ask the registers."""
REGISTERS = (
    "nhn:hgd-persontjenesten-api/read-with-legal-basis",
    "nhn:hgd-persontjenesten-api/read-no-legal-basis",
    "nhn:hpr/extended",
    "nhn:flr/read",
    "nhn:cp-api/access-v2-dpop",
)
"""Scopes of the national registers, which the platform stands in for."""

Progress = Callable[[int, int], None]
"""Told how many resources of how many are written."""


def silent(_done: int, _all: int) -> None:
    """No progress is shown."""


async def seed(
    name: str, database: Database, settings: Settings, today: date, progress: Progress = silent
) -> int:
    """Fill a node of the demo where that has not been done; how many resources were written.

    A node filled on an earlier day gets today's visits and tasks. The trust anchor gets its clients and people every time, since their addresses follow the port. The database is open
    and migrated.
    """
    node = next(node for node in nodes_of(settings) if node.name == name)
    if Role.TILLITSANKER in node.roles:
        await register(database, settings, today)
        return 0
    place = Place(node, database, registry=Registry(settings.content))
    done = await _fill(place, name, today, progress)
    if Role.SAMHANDLING in node.roles:
        async with opened(place, NODE_ITSELF) as ctx:
            await publish_certificates(ctx, settings)
            await _registers(ctx, today)
    return done


async def _registers(ctx: Context, today: date) -> None:
    """What the platform serves as registers; what somebody has changed there stays."""
    for register_, entries in registers.entries(today).items():
        if not await store.latest(ctx.tx, register_):
            await fill(ctx, register_, entries, "Registration")


async def _fill(place: Place, name: str, today: date, progress: Progress) -> int:
    async with opened(place, NODE_ITSELF) as ctx:
        if filled := await keep.get(ctx.tx, KIND, KEY):
            return await freshen(ctx, date.fromisoformat(filled["day"]), today)
        found = blocks(name, today)
        _refuse_faulty(found)
        done, total = 0, sum(map(len, found))
        for block in found:
            await gate.transact(ctx, [Change(Action.CREATE, resource) for resource in block])
            done += len(block)
            progress(done, total)
        # The demo's platform is as new as this node: no citizen has set a rule yet.
        await mirror.follow(ctx.tx, "0.0", whole=True)
        await follow.begin(ctx, registers.entries(today))
        await keep.put(ctx.tx, KIND, KEY, {"day": today.isoformat()}, registry.FOREVER)
    return done


DAILY = frozenset({"Appointment", "Task"})
"""What is about the day on which the demo runs."""


async def freshen(ctx: Context, then: date, today: date) -> int:
    """Move visits and tasks of an earlier day to this one, those that nobody has touched; how many."""
    if then == today:
        return 0
    before = {reference(resource): resource for resource in resources(ctx.node.name, then)}
    moved = 0
    for resource in resources(ctx.node.name, today):
        if resource["resourceType"] in DAILY:
            moved += await _move(ctx, before[reference(resource)], resource)
    await keep.put(ctx.tx, KIND, KEY, {"day": today.isoformat()}, registry.FOREVER)
    return moved


async def _move(ctx: Context, before: Resource, after: Resource) -> int:
    """1 when the resource stood as it was written and is moved; 0 when somebody changed or deleted it."""
    try:
        stored = await gate.read(ctx, after["resourceType"], after["id"])
    except (Gone, NotFound):
        return 0
    if _words(loads(stored.body)) != _words(before):
        return 0
    await gate.update(ctx, after, if_match=stored.version)
    return 1


def _words(resource: Resource) -> Resource:
    """The resource without what the store writes."""
    return {name: value for name, value in resource.items() if name != "meta"}


def _refuse_faulty(found: list[list[Resource]]) -> None:
    faults = tuple(issue for block in found for resource in block for issue in check(resource))
    if faults:
        raise Unprocessable("The demo's own resources are not valid", issues=faults)


async def register(database: Database, settings: Settings, today: date) -> None:
    """Tell the trust anchor of systems, APIs and people; what it knew is brought up to date."""
    async with database.transaction() as tx:
        for client in clients(nodes_of(settings)):
            if not await registry.has_ended(tx, client.client_id):
                known = await registry.find_client(tx, client.client_id)
                made = _client(client, await _keys(tx, client, settings))
                await registry.register_client(tx, replace(made, scopes=made.scopes | _of_others(known)))
            await registry.register_member(tx, registry.Membership(client.organization, AGREEMENT))
            await registry.register_api(
                tx, registry.Api(f"akson:{client.name}", client.base, client.client_id)
            )
            if Role.SAMHANDLING.value == client.name:
                for api in {scope.rpartition("/")[0] for scope in REGISTERS}:
                    await registry.register_api(tx, registry.Api(api, client.base, client.client_id))
        for person in persons(today):
            await registry.register_person(tx, _person(person))


def _of_others(known: registry.Client | None) -> frozenset[str]:
    """Scopes of systems that are none of the demo's, which an operator has given."""
    own = {f"akson:{name}" for name in PEERS} | {scope.rpartition("/")[0] for scope in REGISTERS}
    return frozenset(s for s in (known.scopes if known else ()) if s.rpartition("/")[0] not in own)


async def _keys(tx: Tx, client: Client, settings: Settings) -> Mapping[str, Any]:
    """The public keys of a node: its own ring, or what was registered of one that another program serves."""
    if client.name in served(settings):
        return keys.load(settings.data, f"{client.name}-client").public()
    known = await registry.find_client(tx, client.client_id)
    return known.jwks if known else {"keys": []}


def _client(client: Client, jwks: Mapping[str, Any]) -> registry.Client:
    name = client.name
    return registry.Client(
        client_id=client.client_id,
        name=client.title,
        organization=client.organization,
        jwks=jwks,
        redirect_uris=frozenset(f"{base}/callback" for base in client.bases),
        logout_uris=frozenset({f"{client.origin}/"}),
        scopes=frozenset(f"akson:{peer}/{right}" for peer in PEERS[name] for right in RIGHTS)
        | frozenset(f"akson:{peer}/vitne" for peer in (*PEERS[name], Role.SAMHANDLING.value))
        | (frozenset(REGISTERS) if name in ASKING else frozenset()),
        units=frozenset(client.units),
    )


AGREEMENT = "2024-01-01"
"""Day on which the organisations of the demo joined the trust framework."""
PEERS: dict[str, tuple[str, ...]] = {
    "journal": ("samhandling",),
    "sykehus": ("samhandling",),
    "fjellheim": ("samhandling",),
    "samhandling": ("samhandling", "journal", "sykehus", "fjellheim"),
    "iga": (),
}
"""Which nodes a node may call: record systems meet through the platform only. All may ask it to be their witness."""


def _person(person: Person) -> registry.Person:
    note = ", ".join(dict.fromkeys(_title(*post) for post in person.posts)) or _story(person.key)
    return registry.Person(
        person.key,
        person.pid,
        person.name,
        person.hpr,
        note,
        staff=bool(person.posts),
        profession=person.category[0] if person.hpr else "",
    )


def _story(key: str) -> str:
    return str(catalogue(SOURCE).get(f"demo.story_{key.replace('-', '_')}", ""))


def _title(role: str, unit: str) -> str:
    return f"{ROLES[role].display.lower()}, {BY_KEY[unit].name}"
