"""Pages of a node: each view runs inside one transaction, for somebody who has signed in and taken a role."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from akson.asgi.hosted import HIGH, Hosted, purpose_of
from akson.asgi.refusing import with_its_row
from akson.exchange.edge.reach import Reach
from akson.fhir.strict_json import loads
from akson.record import closed, gate
from akson.record.context import Context, opened
from akson.record.trail import attested
from akson.rest.edge import client_request
from akson.security.actor import Actor, Kind, Purpose
from akson.security.caller import RoleChoice
from akson.web.live import own_stream, stream
from akson.web.page import render
from akson.web.show import national_id

View = Callable[[Request], Awaitable[Response]]
Equip = Callable[[Request], None]
"""Puts what the pages of a surface need besides onto the state of a request."""


def surface_routes(
    each: Hosted, path: str, routes: Sequence[BaseRoute], equip: Equip | None = None
) -> list[BaseRoute]:
    """Signing in to one surface, and its pages behind it."""
    surface = next(surface for surface in each.surfaces if surface.path == path)
    inside = [_inside(each, path, route, equip) for route in routes]
    return [*each.sign_in(surface, show_roles), *inside]


def live_routes(each: Hosted) -> list[BaseRoute]:
    """Streams of a record system's pages; not inside a transaction, since they stay open."""

    async def chart(request: Request) -> Response:
        if request.state.actor is None:
            return Response(status_code=401)
        told = with_its_row(request.scope["state"])
        async with told, opened(each.place, request.state.actor) as ctx:
            person = loads((await gate.read(ctx, "Patient", request.path_params["patient"])).body)

        async def is_open(resource_type: str) -> bool:
            async with opened(each.place, request.state.actor, read_only=True) as ctx:
                return await closed.is_open(ctx, person["id"], resource_type)

        return stream(each.watcher, national_id(person), is_open)

    return [Route("/pasient/{patient}/strom", chart)]


def portal_live(each: Hosted) -> list[BaseRoute]:
    """The stream of the citizen's pages, straight from the platform's own registers."""

    async def mine(request: Request) -> Response:
        actor = request.state.actor
        if actor is None or actor.kind is not Kind.CITIZEN:
            return Response(status_code=401)
        return own_stream(each.place, actor.pid)

    return [Route("/strom", mine)]


async def show_roles(request: Request, roles: Sequence[RoleChoice]) -> Response:
    """The page where a person with several roles takes one."""
    return render(request, "role.html", roles=roles)


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
    async with each.doorway.transaction() as tx:
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
