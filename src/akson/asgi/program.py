"""The whole program as one ASGI application: every hosted node under its prefix, the start page at the root."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from akson.asgi.hosted import Hosted, Outside, database_uri
from akson.asgi.limited import Limited
from akson.asgi.pages import live_routes, portal_live, surface_routes
from akson.asgi.platform import cooperation, hub_routes, inquiry, sources_of, trial_register
from akson.asgi.straight import Straight
from akson.asgi.trusting import known_nodes, served_nodes
from akson.demo.start import start
from akson.documents.mhd import Source
from akson.exchange.edge import tally
from akson.exchange.edge.report import Reporter
from akson.exchange.edge.witness import Witnessed
from akson.exchange.hub.catalogue import Catalogue
from akson.exchange.hub.look import Look
from akson.fhir.spec import folder
from akson.kit.errors import AksonError
from akson.kit.log import Event, configure, log
from akson.kit.settings import Node, Role, Settings, listed
from akson.record import sealing
from akson.rest import background
from akson.security.middleware import Authentication
from akson.store.database.pool import Database
from akson.trust.eid import behind
from akson.trust.routes import routes as trust_routes
from akson.web.apps.authorize import app_routes
from akson.web.apps.keeping import keeping_routes
from akson.web.assets import asset_routes, stylesheets
from akson.web.ehr.claims import claim_routes
from akson.web.ehr.consent import consent_routes
from akson.web.ehr.cooperating import cooperating_routes
from akson.web.ehr.critical_forms import critical_routes
from akson.web.ehr.emergency import emergency_routes
from akson.web.ehr.errands import errand_routes
from akson.web.ehr.routes import ehr_routes
from akson.web.ehr.send_routes import send_routes
from akson.web.ehr.simulate import simulate_routes
from akson.web.ehr.team import team_routes
from akson.web.error import show_error
from akson.web.headers import SecurityHeaders
from akson.web.language import language_routes
from akson.web.partner.views import partner_routes
from akson.web.platform.views import platform_routes
from akson.web.portal.views import portal_routes
from akson.web.services import studies, summary
from akson.web.services.catalogue import catalogue_routes
from akson.web.services.ehr import service_routes
from akson.web.services.forms import form_routes
from akson.web.services.general import general_routes, reading_routes
from akson.web.services.kept import kept_routes
from akson.web.services.portal import service_routes as own_service_routes
from akson.web.start import iga_routes, start_routes

Job = Callable[[], Coroutine[Any, Any, None]]


def create() -> ASGIApp:
    """The program as the environment sets it up; the factory that the server calls. Unavailable without definitions."""
    folder.check()
    settings = Settings.load()
    configure()
    return application(settings, served_nodes(settings))


def application(
    settings: Settings,
    nodes: tuple[Node, ...],
    *,
    http: httpx.AsyncClient | None = None,
    uri: Callable[[Settings, str], str] = database_uri,
) -> Starlette:
    """The application of these nodes. `http` is how they reach each other, `uri` where a node's database is."""
    client = http or httpx.AsyncClient(limits=httpx.Limits(max_connections=200, max_keepalive_connections=50))
    here = {node.name for node in nodes}
    elsewhere = [node for node in known_nodes(settings) if node.name not in here and settings.nodes]
    records = [node for node in (*nodes, *elsewhere) if Role.JOURNAL in node.roles]
    sources = sources_of(records, settings.sources)
    scopes = " ".join(f"akson:{each.slug}/fhir" for each in sources)
    hosted = [
        Hosted.build(settings, node, Outside(uri(settings, node.name), client, scopes)) for node in nodes
    ]
    apis = {each.node.name: each.fhir() for each in hosted}
    routes: list[BaseRoute] = [*asset_routes(), *language_routes(), *start_routes(start(nodes))]
    for each in hosted:
        routes += mounts(each, sources, apis[each.node.name])
    made = Starlette(
        routes=routes,
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(Straight, straight(hosted, apis)),
            Middleware(Limited),
        ],
        exception_handlers={AksonError: show_error, 404: show_error, 405: show_error, Exception: show_error},
        lifespan=lifespan(
            [base for each in hosted for base in (each.place.database, each.doorway)],
            client,
            jobs(hosted, client),
            tuple(each.checked for each in hosted),
        ),
    )
    made.state.hosted = hosted
    return made


def jobs(hosted: list[Hosted], client: httpx.AsyncClient) -> tuple[Job, ...]:
    """What runs beside the requests."""
    records = [each for each in hosted if Role.JOURNAL in each.node.roles]
    witnesses = listed(hosted[0].settings.witnesses) if hosted else frozenset()
    following = [each for each in hosted if {Role.JOURNAL, Role.SAMHANDLING} & each.node.roles]
    others = [each for each in hosted if Role.TILLITSANKER not in each.node.roles]
    return (
        *(partial(once_up, client, each.node, each.watcher.run) for each in records),
        *(partial(once_up, client, each.node, each.mailroom.run) for each in records),
        *(partial(once_up, client, each.node, partial(tally.keep, each.mailroom)) for each in records),
        *(partial(once_up, client, each.node, Reporter(each.mailroom).run) for each in records),
        *(
            partial(once_up, client, each.node, trial_register(each).run)
            for each in hosted
            if Role.SAMHANDLING in each.node.roles
        ),
        *(partial(once_up, client, each.node, each.follower.run) for each in records if each.place.follows),
        *(partial(once_up, client, each.node, each.publisher.run) for each in records if each.place.follows),
        *(partial(once_up, client, each.node, each.changes.run) for each in records if each.place.follows),
        *(partial(once_up, client, each.node, each.registers.run) for each in following),
        *(partial(once_up, client, each.node, partial(_hearing, each)) for each in others),
        *(partial(sealing.run, each.place.database, each.log_keys) for each in others),
        *(partial(once_up, client, each.node, witnessed(each, witnesses, records).run) for each in others),
        *(partial(background.run, each.place) for each in others),
    )


async def _hearing(each: Hosted) -> None:
    """Hear what the trust anchor has taken back."""
    await each.verifier.anchor.follow(each.settings.revocation_seconds)


def witnessed(each: Hosted, addresses: frozenset[str], records: list[Hosted]) -> Witnessed:
    """Who countersigns a node's log: the nodes that are named, or the platform, or for itself a record system here."""
    others = [base for base in (each.node.platform, *(other.node.base for other in records)) if base]
    chosen = sorted(addresses) or [base for base in others if base != each.node.base][:1]
    return Witnessed(
        each.place, each.peer, each.log_keys, [base for base in chosen if base != each.node.base]
    )


async def once_up(client: httpx.AsyncClient, node: Node, job: Job) -> None:
    """A job that calls other nodes begins when this one answers: until then nobody can be reached."""
    while True:
        with suppress(httpx.HTTPError):
            if (await client.get(f"{node.base}/health")).is_success:
                break
        await asyncio.sleep(0.2)
    await job()


def straight(hosted: list[Hosted], apis: Mapping[str, ASGIApp]) -> dict[str, ASGIApp]:
    """The FHIR APIs behind their authentication, by the name of the node."""
    return {
        each.node.name: each.shared(Authentication(apis[each.node.name], each.door))
        for each in hosted
        if Role.TILLITSANKER not in each.node.roles
    }


def mounts(each: Hosted, sources: tuple[Source, ...], fhir: ASGIApp) -> list[BaseRoute]:
    """Where a node and its further surfaces stand."""
    node = each.node
    if Role.TILLITSANKER in node.roles:
        inner: list[BaseRoute] = [
            Route("/health", each.health),
            *trust_routes(
                node,
                each.place.database,
                each.settings.data,
                stylesheets(),
                behind(each.settings, node, each.system.anchor.http),
            ),
        ]
        # The anchor knows tokens and systems by itself, and nobody by a cookie.
        return [Mount(f"/{node.name}", app=Named(answering(inner), node))]
    if Role.IGA in node.roles:
        return [Mount(f"/{node.name}", app=guarded(each, [*each.api(fhir), *iga_routes()]))]
    if Role.SAMHANDLING in node.roles:
        return platform(each, Look(sources), fhir)
    pages = surface_routes(
        each,
        f"/{node.name}",
        [
            *ehr_routes(),
            *emergency_routes(),
            *errand_routes(),
            *simulate_routes(),
            *consent_routes(),
            *critical_routes(),
            *service_routes(),
            *summary.chart_routes(),
            *studies.chart_routes(),
            *claim_routes(),
            *form_routes(),
            *general_routes(),
            *kept_routes(),
            *send_routes(),
            *cooperating_routes(),
            *team_routes(),
            *app_routes(),
            *keeping_routes(),
        ],
    )
    return each.for_apps(guarded(each, [*each.api(fhir), *live_routes(each), *pages]))


def platform(each: Hosted, look: Look, fhir: ASGIApp) -> list[BaseRoute]:
    """The platform and its portals."""
    name = f"/{each.node.name}"
    portal = surface_routes(
        each,
        "/innbygger",
        [
            *portal_routes(),
            *own_service_routes(),
            *summary.portal_routes(),
            *reading_routes(),
            *studies.portal_routes(),
            *app_routes(),
        ],
        inquiry(each, look),
    )
    pages = [*partner_routes(), *reading_routes()]
    partner = surface_routes(each, "/partner", pages, cooperation(each, look))
    own = [
        *each.api(fhir),
        *hub_routes(each, look),
        *surface_routes(
            each,
            name,
            [*platform_routes(), *keeping_routes(), *catalogue_routes(Catalogue(each.place, look.times))],
        ),
    ]
    return [
        *each.for_apps(guarded(each, own)),
        Mount("/innbygger", app=guarded(each, [*portal_live(each), *portal])),
        Mount("/partner", app=guarded(each, partner)),
    ]


def guarded(each: Hosted, routes: list[BaseRoute]) -> ASGIApp:
    """The routes behind the node's authentication; errors are shown as pages."""
    return Authentication(Named(answering(routes), each.node), each.door)


def answering(routes: list[BaseRoute]) -> ASGIApp:
    """The routes; errors are shown as pages."""
    shown = {AksonError: show_error, 404: show_error, 405: show_error, Exception: show_error}
    return Starlette(routes=routes, exception_handlers=shown)


class Named:
    """Tells the pages which node they belong to."""

    def __init__(self, app: ASGIApp, node: Node) -> None:
        self._app = app
        self._node = node

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["node"] = self._node
        await self._app(scope, receive, send)


def lifespan(
    databases: list[Database],
    client: httpx.AsyncClient,
    jobs: tuple[Job, ...] = (),
    before: tuple[Callable[[], Awaitable[None]], ...] = (),
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Open what the program needs, look `before` anybody is let in, run its jobs beside it, close everything in reverse."""

    @asynccontextmanager
    async def run(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(client.aclose)
            for database in databases:
                await database.open()
                stack.push_async_callback(database.close)
            for look in before:
                await look()
            tasks = [asyncio.create_task(background.kept_up(job)) for job in jobs]

            def quiesce() -> None:
                # Jobs end before the server does: what they ask would not be answered any more.
                for task in tasks:
                    task.cancel()
                for database in databases:
                    database.ending = True

            app.state.quiesce = quiesce
            log(Event.STARTED)
            try:
                yield
            finally:
                await background.ended(tasks)
                log(Event.STOPPED)

    return run
