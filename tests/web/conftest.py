"""Pages against a real database with the demo's people in it: a template once, a copy for each test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import count
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from psycopg import sql
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from akson.demo.build import resources
from akson.demo.nodes import nodes, persons
from akson.documents.mhd import Source
from akson.exchange.edge.platform import Answer, Ask, Platform
from akson.exchange.hub.access import AccessLook
from akson.exchange.hub.inquiry import Inquiry
from akson.exchange.hub.look import Look
from akson.kit.clock import today
from akson.kit.errors import AksonError, NotAuthenticated, PeerSilent
from akson.record import gate
from akson.record.change import Change
from akson.record.context import NODE_ITSELF, Place, opened
from akson.record.people import People
from akson.security.actor import Action
from akson.security.caller import Caller
from akson.store.database.embedded import Embedded
from akson.store.database.migrate import migrate
from akson.store.database.pool import Database
from akson.store.database.reader import OWNER
from akson.web.ehr.routes import ehr_routes
from akson.web.error import show_error
from akson.web.language import language_routes
from akson.web.platform.views import platform_routes
from akson.web.portal.views import portal_routes
from tools import build_static

NODES = {node.name: node for node in nodes("http://akson.test")}
PERSONS = {person.key: person for person in persons(today())}
HANDLERS = {AksonError: show_error, HTTPException: show_error}
_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def _front_end_files() -> None:
    assert build_static.main([]) == 0, "the front-end files could not be built; see the output above"


async def _fill(uri: str, node: str, day: date) -> None:
    database = Database(uri, 1, reader=OWNER)
    await database.open()
    await migrate(database)
    async with opened(Place(NODES[node], database), NODE_ITSELF) as ctx:
        changes = [Change(Action.UPDATE, each) for each in resources(node, day)]
        await gate.transact(ctx, changes)
    await database.close()


@pytest.fixture(scope="session")
def demo(postgres: Embedded) -> Callable[[str], str]:
    """The name of a database that holds a node's demo data, to copy."""
    made: set[str] = set()

    def template(node: str) -> str:
        # Midnight may come between two tests: what is to be done on a day is of that day.
        name = f"demo_{node}_{today()}"
        if name not in made:
            asyncio.run(_fill(postgres.uri(name), node, today()))
            made.add(name)
        return name

    return template


@pytest.fixture
def copy_of(postgres: Embedded, demo: Callable[[str], str]) -> Iterator[Callable[[str], str]]:
    """Makes a copy of a node's demo database and gives its URI."""
    copies: list[str] = []

    def make(node: str) -> str:
        name = f"web_{next(_numbers)}"
        with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
            names = [sql.Identifier(name), sql.Identifier(demo(node))]
            connection.execute(sql.SQL("create database {} template {} strategy file_copy").format(*names))
        copies.append(name)
        return postgres.uri(name)

    yield make
    with psycopg.connect(postgres.uri("postgres"), autocommit=True) as connection:
        for name in copies:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


class Silent:
    """A platform that does not answer."""

    mhd = "http://akson.test/samhandling/mhd"

    def ask(self, _pid: str) -> Ask:
        async def send(method: str, url: str, **_: object) -> Answer:
            raise PeerSilent(f"{method} {url}")

        return send

    def platform(self, pid: str) -> Platform:
        return Platform(self.ask(pid), "http://akson.test/samhandling/fhir")


async def silent_source(source: Source, *_: object) -> Answer:
    """A record system that does not answer."""
    raise PeerSilent(source.slug)


def inquiry(pid: str) -> Inquiry:
    """How the citizen portal asks record systems, all of them silent."""
    sources = (Source("sykehus", "Fjordsykehuset", "http://akson.test/sykehus/fhir"),)
    look = Look(sources)
    return Inquiry(silent_source, look, AccessLook(sources), pid)


class Browser:
    """One node's pages with somebody signed in: what a real session would put on the request is put there."""

    def __init__(self, place: Place, path: str, routes: list[BaseRoute]) -> None:
        self.place, self.path, self.reach = place, path, Silent()
        self.caller: Caller | None = None
        inner = Starlette(routes=[self._wrapped(route) for route in routes], exception_handlers=HANDLERS)
        app = Starlette(routes=[*language_routes(), Mount(path, app=inner)], exception_handlers=HANDLERS)
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://akson.test")

    def _wrapped(self, route: BaseRoute) -> Route:
        assert isinstance(route, Route)

        async def answer(request: Request) -> Response:
            request.state.node = self.place.node
            if self.caller is None:
                raise NotAuthenticated("nobody")
            actor = await People(self.place).find_actor(self.caller)
            assert actor
            request.state.actor, request.state.session = actor, SimpleNamespace(csrf="the-token")
            request.state.reach = self.reach
            request.state.inquiry = inquiry(actor.pid)
            async with opened(self.place, actor) as ctx:
                request.state.context = ctx
                return await route.endpoint(request)

        return Route(route.path, answer, methods=sorted(route.methods or ()))

    async def sign_in(self, key: str) -> None:
        """As the first role that the person has here."""
        person = PERSONS[key]
        self.caller = Caller(
            "test", pid=person.pid, hpr=person.hpr, name=person.name, assurance=4, surface=self.path
        )
        roles = await People(self.place).find_roles(self.caller)
        self.caller = replace(self.caller, role=roles[0].key if roles else "")

    async def get(self, path: str, status: int = 200) -> str:
        answer = await self.http.get(f"{self.path}{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    async def post(self, path: str, **form: str) -> httpx.Response:
        return await self.http.post(f"{self.path}{path}", data=form | {"csrf_token": "the-token"})


@pytest.fixture
def journal_uri(copy_of: Callable[[str], str]) -> str:
    return copy_of("journal")


@pytest.fixture
def platform_uri(copy_of: Callable[[str], str]) -> str:
    return copy_of("samhandling")


@pytest.fixture
async def journal(journal_uri: str) -> AsyncIterator[Browser]:
    """The municipality's record system."""
    async for found in _browser(journal_uri, "journal", "/journal", ehr_routes()):
        yield found


@pytest.fixture
async def innbygger(platform_uri: str) -> AsyncIterator[Browser]:
    """The citizen portal."""
    async for found in _browser(platform_uri, "samhandling", "/innbygger", portal_routes()):
        yield found


@pytest.fixture
async def platform(platform_uri: str) -> AsyncIterator[Browser]:
    """The platform's own pages."""
    async for found in _browser(platform_uri, "samhandling", "/samhandling", platform_routes()):
        yield found


async def _browser(uri: str, node: str, path: str, routes: list[BaseRoute]) -> AsyncIterator[Browser]:
    database = Database(uri, 4, reader=OWNER)
    await database.open()
    browser = Browser(Place(NODES[node], database), path, routes)
    yield browser
    await browser.http.aclose()
    await database.close()
