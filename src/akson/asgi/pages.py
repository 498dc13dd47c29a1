"""Pages of a node: each view runs inside one transaction, for somebody who has signed in and taken a role."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.asgi.hosted import HIGH, Hosted, purpose_of
from akson.asgi.refusing import with_its_row
from akson.exchange.edge.reach import Reach
from akson.fhir.strict_json import loads
from akson.record import closed, gate
from akson.record.context import Context, opened
from akson.record.people import CITIZEN_SURFACE
from akson.record.reading import reader_of
from akson.record.trail import attested
from akson.rest.edge import client_request
from akson.security.actor import Actor, Kind, Purpose
from akson.security.caller import Caller, RoleChoice
from akson.security.rules.blocks import subjects
from akson.security.sessions import Session
from akson.store.access import consents
from akson.store.database.reader import NODE
from akson.web.assets import stylesheets
from akson.web.live import own_stream, stream
from akson.web.page import render
from akson.web.show import national_id

HEARINGS, PAUSE = 25, 0.2
"""How often it is looked for a consent that is on its way, and seconds between two looks."""
View = Callable[[Request], Awaitable[Response]]
Equip = Callable[[Request], None]
"""Puts what the pages of a surface need besides onto the state of a request."""


def surface_routes(
    each: Hosted, path: str, routes: Sequence[BaseRoute], equip: Equip | None = None
) -> list[BaseRoute]:
    """Signing in to one surface, and its pages behind it."""
    surface = next(surface for surface in each.surfaces if surface.path == path)
    inside = [_inside(each, path, route, equip) for route in routes]
    return [*each.sign_in(surface, show_roles, stylesheets()), *inside]


def live_routes(each: Hosted) -> list[BaseRoute]:
    """Streams of a record system's pages; not inside a transaction, since they stay open."""

    async def chart(request: Request) -> Response:
        if request.state.actor is None:
            return Response(status_code=401)
        told = with_its_row(request.scope["state"])
        async with told, opened(each.place, request.state.actor) as ctx:
            person = loads((await gate.read(ctx, "Patient", request.path_params["patient"])).body)
        pid = national_id(person)
        return stream(each.watcher, pid, Reading(each, request.state.session, person["id"], pid))

    async def consented(request: Request) -> Response:
        """The chart, when this node has heard of a consent that was written down, or after a while."""
        actor, id_ = request.state.actor, request.path_params["patient"]
        for _ in range(HEARINGS if actor is not None else 0):
            async with each.place.database.singly(NODE) as tx:
                if await consents.until(tx, id_, subjects(actor)):
                    break
            await asyncio.sleep(PAUSE)
        return RedirectResponse(f"/{each.node.name}/pasient/{quote(id_)}", 303)

    return [Route("/pasient/{patient}/strom", chart), Route("/pasient/{patient}/samtykke/aapnet", consented)]


def portal_live(each: Hosted) -> list[BaseRoute]:
    """The stream of the citizen's pages, straight from the platform's own registers."""

    async def mine(request: Request) -> Response:
        actor = request.state.actor
        if actor is None or actor.kind is not Kind.CITIZEN:
            return Response(status_code=401)
        return own_stream(
            each.place, actor.pid, Reading(each, request.state.session, actor.patient, actor.pid)
        )

    return [Route("/strom", mine)]


@dataclass(frozen=True, slots=True)
class Reading:
    """Whoever has a page about a patient open, by the session that opened it."""

    each: Hosted
    session: Session
    patient: str
    pid: str

    async def stays(self) -> bool:
        return await self._actor() is not None

    async def sees(self, reference: str) -> bool:
        """Whoever treats the patient now, or has opened the record: nobody else is told that anything changes."""
        actor = await self._actor()
        if actor is None:
            return False
        async with opened(self.each.place, actor, read_only=True) as ctx:
            treated = await self.each.people.treated(ctx.tx, actor, self.pid)
            return bool(treated) and await closed.is_open(ctx, self.patient, self.pid, reference)

    async def _actor(self) -> Actor | None:
        """Who it is by now: another role, or none, since the page was opened, is another reader."""
        now = await self.each.sessions.again(self.session)
        if now is None or now.caller.role != self.session.caller.role:
            return None
        return await self.each.people.find_actor(now.caller)


async def show_roles(request: Request, roles: Sequence[RoleChoice]) -> Response:
    """The page where a person with several roles takes one, and whoever has lost the one that was chosen another."""
    caller: Caller = request.state.session.caller
    lost = bool(caller.role) and caller.role not in {role.key for role in roles}
    words = "portal.who" if caller.surface.endswith(CITIZEN_SURFACE) else "web.role"
    return render(request, "role.html", roles=roles, words=words, lost=lost)


def _inside(each: Hosted, path: str, route: BaseRoute, equip: Equip | None) -> BaseRoute:
    if not isinstance(route, Route):
        raise TypeError("a page is a Route")
    methods = sorted(route.methods or ())
    return Route(route.path, _signed_in(each, path, route.endpoint, equip), methods=methods, name=route.name)


def _signed_in(each: Hosted, path: str, view: View, equip: Equip | None) -> View:
    """The view in a transaction that is committed before its answer leaves."""

    async def answered(request: Request) -> Response:
        state = request.state
        if state.actor is None:
            return _to_sign_in(request, path)
        purpose = purpose_of(state.actor)
        state.reach = Reach(
            each.node,
            state.actor,
            each.peer,
            state.session,
            partial(decided, each, state.actor, purpose),
        )
        state.mailroom = each.mailroom
        state.issuer = each.issuer
        if equip:
            equip(request)
        name = client_request(request.headers)
        told = with_its_row(request.scope["state"])
        async with told, opened(each.place, state.actor, purpose, client_request=name) as ctx:
            state.context = ctx
            return await view(request)

    return answered


async def decided(each: Hosted, actor: Actor, purpose: Purpose, pid: str) -> tuple[str, Purpose]:
    """The decision behind an attest for a person whom the actor treats here; empty when the actor does not. And for what.

    It is in the log before it is told to anybody, beside the page's own transaction, which may yet come to nothing.
    """
    async with each.doorway.transaction(reader=reader_of(actor)) as tx:
        patient = await each.people.treated(tx, actor, pid)
        if not patient:
            return "", purpose
        why = Purpose.EMERGENCY if patient in actor.opened else purpose
        return await attested(Context(actor, tx, each.place, why), patient), why


def _to_sign_in(request: Request, path: str) -> Response:
    """To the sign-in, to a surer e-ID, or to the choice of a role for one who is signed in; back here afterwards."""
    session = request.state.session
    below = session is not None and session.caller.assurance < HIGH
    where = "role" if session is not None and not below else "login"
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = {"next": back if request.method == "GET" else f"{path}/"} | ({"level": HIGH} if below else {})
    target = f"{path}/{where}?{urlencode(query)}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)
