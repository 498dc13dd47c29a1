"""One node at work in this process: its database, identity, sessions and token checks, and the FHIR API on top."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from akson.apps.cors import Cors
from akson.apps.issuer import PATH as OAUTH
from akson.apps.issuer import Issuer
from akson.apps.routes import capability, well_known
from akson.apps.routes import routes as oauth_routes
from akson.asgi.refusing import because, with_its_row
from akson.exchange import shared_with
from akson.exchange.declare import kept_lists
from akson.exchange.edge.changes import ChangeFollower
from akson.exchange.edge.follow import RegisterFollower
from akson.exchange.edge.mailroom import Mailroom
from akson.exchange.edge.privacy import Follower
from akson.exchange.edge.publish import Publisher
from akson.exchange.edge.reach import PLATFORM_SCOPE
from akson.exchange.edge.registers import Registers
from akson.exchange.edge.watch import Watcher
from akson.kit.errors import NotAllowed, NotAuthenticated, NotFound
from akson.kit.norwegian import parse
from akson.kit.settings import Node, Role, Settings, listed, of_node
from akson.messaging import sign
from akson.messaging.amqp.connection import Broker
from akson.messaging.amqp.transport import BusTransport, Parcels
from akson.messaging.sign import Signer
from akson.record import partners, tide
from akson.record.context import Context, Place, opened
from akson.record.people import People
from akson.record.registry import Registry
from akson.record.standing import Shown
from akson.rest.dicomweb.routes import app as dicomweb_app
from akson.rest.edge import about, client_request, tell
from akson.rest.platform.witness import witness_routes
from akson.rest.routes import app as fhir_app
from akson.rest.subscriptions.live import Live
from akson.rest.wire.http import Request as RestRequest
from akson.security import log_keys
from akson.security.actor import Actor, Kind, Purpose
from akson.security.anchor import Anchor
from akson.security.client import Peer
from akson.security.door_log import DoorLog
from akson.security.jose import ALGORITHMS
from akson.security.log_keys import LogKeys
from akson.security.middleware import SAFE, Door
from akson.security.oidc import Desk, RenderRoles, SignIn, Surface
from akson.security.once import Once
from akson.security.one_patient import Asked, one_patient
from akson.security.one_patient import named as one_patients
from akson.security.rules.supplier_errand import is_supplier
from akson.security.scopes import require_scope
from akson.security.sessions import Sessions
from akson.security.system import System
from akson.security.tokens import Verifier
from akson.store.database.pool import Database, of_server

SURFACES = {Role.JOURNAL: ("{name}",), Role.SAMHANDLING: ("{name}", "innbygger", "partner")}
"""Path prefixes with pages and sessions of their own."""
APPS = {Role.JOURNAL: "{name}", Role.SAMHANDLING: "innbygger"}
"""The path prefix whose people use apps: personnel of a record system, citizens at the platform."""
SUBSTANTIAL, HIGH = 3, 4
"""Health records want an e-ID of level high (Normen); without it no other node answers either (ATT-9)."""


OWN_RULES = "akson:samhandling/personvern"
"""With which sessions reach the register of the citizens' rules: of one's own, and to ask a patient to open what is closed."""
OF_APPS = ("fhir", "dicomweb")
"""What apps use: the FHIR API, and pictures."""
DOORWAY = 3
"""Connections of a node for sessions and used proofs."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a node finds around it."""

    database: str
    """Connection URI."""
    http: httpx.AsyncClient
    sources: str
    """Scopes of the record systems, which the citizen portal asks on behalf of the citizen."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """Everything that belongs to one node."""

    settings: Settings
    place: Place
    doorway: Database
    """The same database, for sessions and used proofs."""
    system: System
    sessions: Sessions
    peer: Peer
    people: People
    surfaces: tuple[Surface, ...]
    watcher: Watcher
    mailroom: Mailroom
    follower: Follower
    registers: RegisterFollower
    publisher: Publisher
    changes: ChangeFollower
    verifier: Verifier
    shown: Shown
    log_keys: LogKeys
    issuer: Issuer | None
    """Where people use apps: the node as the authorization server of these."""

    @classmethod
    def build(cls, settings: Settings, node: Node, outside: Outside) -> "Hosted":
        """The node; its database is not opened yet. Keys are made in the data folder where they are missing."""
        http = outside.http
        database = Database(outside.database, settings.pool, statement_timeout=settings.statement_timeout)
        # A page holds its connection while it asks other nodes, and the token for that is renewed in the session:
        # sessions have connections of their own, so that pages never wait for each other's.
        doorway = Database(outside.database, DOORWAY)
        place = Place(
            replace(node, hooks=listed(settings.hooks)),
            database,
            level=settings.validation,
            limits=settings.limits,
            registry=Registry(settings.content),
            standing=timedelta(hours=settings.standing_hours),
            emergency=timedelta(minutes=min(max(settings.emergency_minutes, 5), 240)),
            follows=Role.JOURNAL in node.roles and bool(node.platform),
            kept=kept_lists() if Role.SAMHANDLING in node.roles else (),
            services=shared_with.held(),
            video=settings.video,
        )
        anchor = Anchor(
            node.trust, http, algorithms=node.algorithms or ALGORITHMS, timeout=settings.peer_timeout
        )
        system = System(node, settings.data, anchor)
        sessions = Sessions(doorway)
        peer = Peer(system, sessions, http, settings.peer_timeout)
        role = of_node(settings.message_role, node.name)
        mailroom = Mailroom(place, peer, signer(settings, node), settings.unread_days, role=role)
        mailroom.transport = bus(settings, node, mailroom)
        registers = Registers.of(peer, node, settings)
        names = [name.format(name=node.name) for role in node.roles for name in SURFACES.get(role, ())]
        apps = next((f"/{APPS[role].format(name=node.name)}" for role in node.roles if role in APPS), "")
        return cls(
            settings,
            place,
            doorway,
            system,
            sessions,
            peer,
            People(place),
            tuple(_surface(name, outside) for name in names),
            Watcher(node, peer),
            mailroom,
            Follower(place, peer),
            RegisterFollower(place, registers, settings.register_seconds, mailroom.forget),
            Publisher(place, peer),
            ChangeFollower(place, peer),
            Verifier(anchor, node.audience or node.base, Once(doorway)),
            Shown(place),
            log_keys.of(settings.data, node),
            Issuer(node, doorway, settings.data, apps, DoorLog(node, doorway)) if apps else None,
        )

    @property
    def node(self) -> Node:
        return self.place.node

    @property
    def door(self) -> Door:
        """What the authentication of this node works with."""
        tokens = tuple(
            f"/{self.node.name}/{path}"
            for path in (
                "fhir",
                "dicomweb",
                "mhd",
                "msh",
                "register",
                "hendelser",
                "grunndata",
                "vitne",
                "personvern",
                "oppslag",
                "hotell",
                "samarbeid",
                "samtale",
            )
        )
        return Door(
            self.node,
            self.verifier,
            self.sessions,
            self.people.find_actor,
            self.door_log,
            self.surfaces,
            tokens,
            tell,
            self.issuer.find_app if self.issuer else None,
            tuple(f"/{self.node.name}/{path}" for path in OF_APPS),
        )

    @property
    def door_log(self) -> DoorLog:
        """Writes who came in and who was turned away, on connections that no page holds."""
        return DoorLog(self.node, self.doorway)

    def sign_in(
        self, surface: Surface, render_roles: RenderRoles, stylesheets: tuple[str, ...]
    ) -> list[Route]:
        """Routes of signing in to one surface; `stylesheets`: addresses."""
        desk = Desk(
            self.system,
            self.place.database,
            self.sessions,
            self.people.find_roles,
            render_roles,
            self.door_log,
            stylesheets,
        )
        return SignIn(desk, surface).routes()

    def fhir(self) -> ASGIApp:
        """The FHIR API, to be put behind the authentication."""
        inner = fhir_app(
            self.place,
            self.rest_context,
            limit=self.settings.body_limit,
            depth=self.place.limits.json_depth,
            security=capability(self.issuer) if self.issuer else None,
        )
        return Live(self.place, self.rest_context).around(inner)

    def dicomweb(self) -> ASGIApp:
        """The pictures, to be put behind the authentication."""
        return dicomweb_app(f"{self.node.base}/dicomweb", self.rest_context, limit=self.settings.body_limit)

    def api(self, fhir: ASGIApp) -> list[BaseRoute]:
        """What every node answers: health, checkpoints of its access log, FHIR and, of record systems, pictures."""
        return [
            Route("/health", self.health),
            *witness_routes(self.place, self.log_keys),
            *([well_known(self.issuer)] if self.issuer else []),
            *fhir_routes(fhir),
            *([Mount("/dicomweb", app=self.dicomweb())] if Role.JOURNAL in self.node.roles else []),
        ]

    def for_apps(self, app: ASGIApp) -> list[BaseRoute]:
        """The node with what apps need besides: their endpoints, and pages of other origins that may ask."""
        name = f"/{self.node.name}"
        if self.issuer is None:
            return [Mount(name, app=app)]
        endpoints = Router(oauth_routes(self.issuer))
        # Beside the authentication of the rest: here an app proves itself by other means than a token.
        return [Mount(f"{name}{OAUTH}", app=self.shared(endpoints)), Mount(name, app=self.shared(app))]

    def shared(self, app: ASGIApp) -> ASGIApp:
        """The application, which pages of other origins may ask where the node has apps."""
        name = f"/{self.node.name}"
        paths = tuple(f"{name}/{path}" for path in OF_APPS)
        return Cors(app, self.doorway, (*paths, f"{name}{OAUTH}")) if self.issuer else app

    async def checked(self) -> None:
        """Before anybody is let in: what was put back from a backup opens nothing that was closed since."""
        await tide.checked(self.place.database, self.settings.data, self.node.name)

    async def health(self, _request: Request) -> Response:
        """200 when the database answers."""
        await self.place.database.alive()
        return JSONResponse({"status": "up", "node": self.node.name})

    @asynccontextmanager
    async def rest_context(self, request: RestRequest) -> AsyncIterator[Context]:
        """The transaction of one FHIR request; 401 without a token, 403 for one who has no business here."""
        state = request.scope.get("state", {})
        actor: Actor | None = state.get("actor")
        if actor is None:
            raise (
                NotAllowed("No business here")
                if state.get("caller")
                else NotAuthenticated("A token is needed")
            )
        caller = state["caller"]
        with because(state, "reason.no_right"):
            require_scope(caller, self.node)
        await self.shown.note(actor)
        is_partner = actor.kind is Kind.PARTNER
        asked = await about(request) if caller.attest or is_partner else None
        named = (
            partial(one_patient, caller.attest, actor.patient, asked)
            if asked and caller.attest
            else nothing_named
        )
        if request.method not in SAFE:
            with because(state, "reason.other_patient"):
                named()  # before anything is written
        name = client_request(request.headers)
        try:
            async with (
                with_its_row(state),
                opened(
                    self.place,
                    actor,
                    purpose_of(actor),
                    client_request=name,
                    looks_only=request.method in SAFE,
                ) as ctx,
            ):
                if is_partner and asked:
                    await self._shared(ctx, asked)
                yield ctx
        except NotFound:
            with because(state, "reason.other_patient"):
                named()
            raise
        if request.method in SAFE:
            with because(state, "reason.other_patient"):
                named()  # by now it is in the access log as well

    async def _shared(self, ctx: Context, asked: Asked) -> None:
        """Refused where a cooperating service names a citizen of whom nothing like that is shared with it."""
        kind = asked.path[0] if asked.path else ""
        for name in sorted(one_patients(asked)):
            number = await self.people.patient(ctx.tx, name) if parse(name) else None
            if number is None and parse(name) and Role.SAMHANDLING not in self.node.roles:
                continue  # whom this record system does not know, it has nothing of
            partners.require(ctx, number["id"] if number else "" if parse(name) else name, kind)


def nothing_named() -> None:
    """Who comes without an attest may ask about whom the rules say."""


def fhir_routes(app: ASGIApp) -> list[BaseRoute]:
    """The FHIR API below /fhir and at /fhir itself, where bundles are sent to (a Mount alone would redirect them)."""
    return [Route("/fhir", AtBase(app)), Mount("/fhir", app=app)]


class AtBase:
    """Serves the base address as a Mount serves what is below it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "") + "/fhir"
        await self._app({**scope, "root_path": root, "path": f"{scope['path']}/"}, receive, send)


def _surface(name: str, outside: Outside) -> Surface:
    """One surface of a node, with what its pages ask others for. For a cooperating service the platform asks by itself."""
    scopes = f"{outside.sources if name == 'innbygger' else PLATFORM_SCOPE} {OWN_RULES}"
    return Surface(f"/{name}", "" if name == "partner" else scopes, SUBSTANTIAL, HIGH)


def signer(settings: Settings, node: Node) -> Signer | None:
    """What a record system signs its messages with."""
    return (
        sign.load(settings.data, node.name, node.title, node.organization)
        if Role.JOURNAL in node.roles
        else None
    )


def bus(settings: Settings, node: Node, mailroom: Mailroom) -> BusTransport | None:
    """The service bus of a record system that has one: with its own keys, and what the address register says of others."""
    address = of_node(settings.bus, node.name)
    if not address or mailroom.signer is None:
        return None
    opener = sign.load(settings.data, node.name, node.title, node.organization, encrypts=True)
    book = mailroom.book
    parcels = Parcels(mailroom.signer, (opener,), book.encryption, book.certificates)
    return BusTransport(Broker.of(address), parcels)


def purpose_of(actor: Actor) -> Purpose:
    """Why this actor asks: what the attest says, else what the kind of actor means."""
    if actor.care_relationship is not None:
        return actor.care_relationship.purpose
    if is_supplier(actor):
        return Purpose.ADMINISTRATION
    if actor.kind is Kind.PARTNER:
        return Purpose.COORDINATION
    return Purpose.PATIENT_REQUEST if actor.kind in {Kind.CITIZEN, Kind.REPRESENTATIVE} else Purpose.TREATMENT


def database_uri(settings: Settings, name: str) -> str:
    """The connection URI of a node's database; AKSON_DATABASE names the server."""
    return of_server(settings.database, f"akson_{name}")
