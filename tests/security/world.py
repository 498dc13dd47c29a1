"""A small world in one process: a trust anchor, two nodes and a browser, which meet over HTTP with real signatures."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from akson.kit.norwegian import Sex, make, make_organization_number
from akson.kit.settings import Node, Role
from akson.security.actor import Actor, Kind
from akson.security.anchor import Anchor
from akson.security.caller import Caller, RoleChoice
from akson.security.client import Behalf, Peer
from akson.security.door_log import DoorLog
from akson.security.middleware import Authentication, Door
from akson.security.oidc import Desk, SignIn, Surface
from akson.security.once import Once
from akson.security.sessions import Sessions
from akson.security.system import System
from akson.security.tokens import Verifier
from akson.store.database.pool import Database
from akson.trust import registry
from akson.trust.routes import routes as trust_routes

BASE = "http://akson.test"
ISSUER = f"{BASE}/tillitsanker"

NURSE = registry.Person(
    "kari", make(date(1985, 5, 4), Sex.FEMALE), "Kari Nordmann", "9144900", "sykepleier", profession="SP"
)
CITIZEN = registry.Person("ola", make(date(1950, 1, 2), Sex.MALE), "Ola Nordmann")
UNIT = make_organization_number(77)
ROLES = [RoleChoice("PractitionerRole/1", "Hjemmesykepleier"), RoleChoice("PractitionerRole/2", "Sykepleier")]


def node(name: str, serial: int) -> Node:
    return Node(
        name=name,
        roles=frozenset({Role.JOURNAL}),
        base=f"{BASE}/{name}",
        title=name.title(),
        organization=make_organization_number(serial),
        client_id=f"akson-{name}",
        trust=ISSUER,
    )


@dataclass(slots=True)
class Party:
    """One node with everything the trust machinery gives it."""

    node: Node
    database: Database
    system: System
    sessions: Sessions
    peer: Peer
    sign_in: SignIn
    verifier: Verifier

    @property
    def scope(self) -> str:
        return f"akson:{self.node.name}/fhir"


class World:
    """journal and sykehus trust the anchor; each is client and API."""

    def __init__(self, data: Path, databases: dict[str, Database]) -> None:
        self.data = data
        self.databases = databases
        self.app = Starlette()
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE)
        self.anchor_node = node("tillitsanker", 9)
        self.anchor = Anchor(ISSUER, self.http)
        self.roles: list[RoleChoice] = ROLES[:1]
        self.journal = self._party("journal", 1)
        self.sykehus = self._party("sykehus", 2)
        self.app.router.routes = [
            Mount("/tillitsanker", routes=trust_routes(self.anchor_node, databases["tillitsanker"], data)),
            *(self._mount(party) for party in (self.journal, self.sykehus)),
        ]

    async def fill(self) -> None:
        """Register the clients, the APIs and the people."""
        async with self.databases["tillitsanker"].transaction() as tx:
            for party in (self.journal, self.sykehus):
                await registry.register_client(tx, self.client(party))
                await registry.register_member(tx, registry.Membership(party.node.organization, "2020-01-01"))
                await registry.register_api(tx, registry.Api(f"akson:{party.node.name}", party.node.base))
            for person in (NURSE, CITIZEN):
                await registry.register_person(tx, person)

    def client(self, party: Party, **changed: Any) -> registry.Client:
        values: dict[str, Any] = {
            "client_id": party.node.client_id,
            "name": party.node.title,
            "organization": party.node.organization,
            "jwks": party.system.public(),
            "redirect_uris": frozenset({party.sign_in.redirect_uri}),
            "logout_uris": frozenset({party.sign_in.home}),
            "scopes": frozenset({"akson:journal/fhir", "akson:sykehus/fhir"}),
            "units": frozenset({UNIT}),
        }
        return registry.Client(**(values | changed))

    def browser(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=BASE)

    async def sign_in(
        self, browser: httpx.AsyncClient, person: str = "kari", level: str = "4"
    ) -> httpx.Response:
        """Play a sign-in at journal; the answer is the callback's."""
        where = await self.to_eid(browser)
        chosen = await browser.post(where, data={"person": person, "level": level})
        return await browser.get(chosen.headers["location"])

    async def to_eid(self, browser: httpx.AsyncClient, start: str = "/journal/login") -> str:
        """Go as far as the e-ID page; its address."""
        started = await browser.get(start)
        authorized = await browser.get(started.headers["location"])
        assert authorized.status_code == 303, authorized.text
        return authorized.headers["location"]

    async def session(self, browser: httpx.AsyncClient) -> Any:
        """The session of a signed-in browser at journal."""
        return await self.journal.sessions.find(browser.cookies["akson_journal"])

    async def behalf(self, attest: dict[str, Any] | None = None) -> Behalf:
        async with self.browser() as browser:
            await self.sign_in(browser)
            return Behalf(await self.session(browser), attest)

    def fresh_verifier(self, party: Party) -> Verifier:
        """What another process of the same node has: the same database, and nothing in memory."""
        return Verifier(Anchor(ISSUER, self.http), party.node.base, Once(party.database))

    def _party(self, name: str, serial: int) -> Party:
        owner, database = node(name, serial), self.databases[name]
        anchor = Anchor(ISSUER, self.http)
        system = System(owner, self.data / name, anchor)
        sessions = Sessions(database)
        desk = Desk(
            system, database, sessions, self._find_roles, self._render_roles, DoorLog(owner, database)
        )
        return Party(
            owner,
            database,
            system,
            sessions,
            Peer(system, sessions, self.http, 3.0),
            SignIn(desk, Surface(f"/{name}", "akson:journal/fhir akson:sykehus/fhir")),
            Verifier(anchor, owner.base, Once(database)),
        )

    def _mount(self, party: Party) -> Mount:
        path = f"/{party.node.name}"
        door = Door(
            party.node,
            party.verifier,
            party.sessions,
            find_actor,
            DoorLog(party.node, party.database),
            (Surface(path),),
            token_paths=(f"{path}/fhir",),
        )
        routes = [
            *party.sign_in.routes(),
            Route("/fhir/{rest:path}", tell, methods=["GET", "POST"]),
            Route("/page", tell, methods=["GET", "POST"]),
        ]
        return Mount(path, routes=routes, middleware=[Middleware(Authentication, door=door)])

    async def _find_roles(self, caller: Caller) -> list[RoleChoice]:
        return self.roles if caller.hpr else []

    async def _render_roles(self, request: Request, roles: Any) -> Response:
        return JSONResponse([role.key for role in roles])


async def find_actor(caller: Caller) -> Actor | None:
    kind = Kind.SYSTEM if not caller.pid else Kind.PERSONNEL if caller.hpr else Kind.CITIZEN
    return Actor(
        kind, pid=caller.pid, client_id=caller.client_id, role_reference=caller.role, scopes=caller.scopes
    )


async def tell(request: Request) -> Response:
    """What the middleware made of the request: 401 when it knows nobody."""
    actor, caller = request.state.actor, request.state.caller
    if actor is None:
        return JSONResponse({}, 401)
    form = await request.form()
    return JSONResponse(
        {
            "kind": actor.kind,
            "pid": actor.pid,
            "client": actor.client_id,
            "role": actor.role_reference,
            "assurance": caller.assurance,
            "unit": caller.unit,
            "organization": caller.organization,
            "attest": dict(caller.attest) if caller.attest else None,
            "form": {key: value for key, value in form.items() if isinstance(value, str)},
        }
    )


def attest(world: World, **changed: Any) -> dict[str, Any]:
    """A right attest of the nurse at journal."""
    number = "urn:oid:2.16.578.1.12.4.1.4.101"
    place = {"id": UNIT, "system": number}
    good = {
        "type": "nhn:tillitsrammeverk:parameters",
        "practitioner": {
            "authorization": {"code": "SP", "system": "urn:oid:2.16.578.1.12.4.1.1.9060"},
            "legal_entity": {"id": world.journal.node.organization, "system": number},
            "point_of_care": place,
        },
        "care_relationship": {
            "healthcare_service": {"code": "KP04", "system": "urn:oid:2.16.578.1.12.4.1.1.8663"},
            "purpose_of_use": {"code": "TREAT", "system": "urn:oid:2.16.840.1.113883.1.11.20448"},
            "purpose_of_use_details": {"code": "15", "system": "urn:oid:2.16.578.1.12.4.1.1.9151"},
            "decision_ref": {"id": "1", "user_selected": False},
        },
        "patients": [{"point_of_care": place}],
    }
    return good | changed
