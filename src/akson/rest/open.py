"""The plain FHIR server: anyone may do anything, nothing is audited. For loopback, conformance and measurement only."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType

from akson.kit.limits import LIMITS, Limits
from akson.kit.settings import Content, Level, Node, Role
from akson.record.context import Context, Place, opened
from akson.record.registry import Registry
from akson.record.subscriptions.register import TYPES
from akson.rest.routes import app
from akson.rest.subscriptions.live import Live
from akson.rest.wire.attempt import Door
from akson.rest.wire.http import Answer, App, Receive, Request, Send
from akson.rest.wire.http import Scope as Connection
from akson.security.actor import Action, Actor, Kind, Purpose
from akson.security.policy import Decision, Grant
from akson.store.database.pool import Database
from akson.store.index.search_parameters import KIND as SEARCH_PARAMETER
from akson.store.scope import Everything, Scope
from akson.store.terms.definitions import KEPT
from akson.store.terms.sources import KINDS as TERMS

ANYONE = Actor(Kind.ANYONE)
MORE = TERMS | KEPT | TYPES | {SEARCH_PARAMETER}
"""Types whose writing is more than one statement."""
_JSON = "application/json"
_GRANT = Grant(Scope(Everything(), "reason.open"), audited=False)


def anything(actor: Actor, action: Action, resource_type: str, purpose: Purpose) -> Decision:  # noqa: ARG001
    """The policy without rules."""
    return _GRANT


def open_node(base: str, hooks: frozenset[str] = frozenset()) -> Node:
    """The node of `akson fhir serve`. `base` is its address without /fhir, `hooks` as in `Node`."""
    return Node(
        name="fhir",
        roles=frozenset({Role.FHIR}),
        base=base,
        title="Akson FHIR server",
        organization="",
        client_id="",
        hooks=hooks,
    )


def open_place(
    database: Database,
    base: str,
    level: Level = Level.STRUCTURE,
    hooks: frozenset[str] = frozenset(),
    limits: Limits = LIMITS,
    content: Content = Content.DOCUMENTS,
) -> Place:
    """The open node at work."""
    return Place(open_node(base, hooks), database, anything, level, limits, registry=Registry(content))


def open_door(place: Place) -> Door:
    """A transaction for each request, on behalf of anyone.

    A request that only looks, and a write without a condition, is one statement, since nothing is audited here: it is
    its own transaction and needs none around it. Terminology, definitions and operations are more than one.
    """

    def door(request: Request) -> AbstractAsyncContextManager[Context]:
        return _Alone(place) if _is_one_statement(request) else opened(place, ANYONE)

    return door


class _Alone:
    """The context of a request that is one statement."""

    __slots__ = ("_place", "_statement")

    def __init__(self, place: Place) -> None:
        self._place = place
        self._statement = place.database.singly()

    async def __aenter__(self) -> Context:
        return Context(ANYONE, await self._statement.__aenter__(), self._place)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._statement.__aexit__(kind, error, trace)


def _is_one_statement(request: Request) -> bool:
    path = request.path
    if request.method in {"GET", "HEAD"}:
        return path[-1:] != ("$export",)
    if not path or path[0] in MORE or path[0].startswith("_") or path[-1].startswith("$"):
        return False
    if request.method == "POST":
        return len(path) == 1 and "if-none-exist" not in request.headers
    return request.method in {"PUT", "DELETE"} and len(path) == 2


def standalone(place: Place, *, limit: int) -> App:
    """The whole program of `akson fhir serve`: the API at /fhir, and /health."""
    door = open_door(place)
    inner = Live(place, door).around(app(place, door, limit=limit, depth=place.limits.json_depth))

    async def application(scope: Connection, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == "/fhir" or path.startswith("/fhir/"):
            scope["root_path"] = "/fhir"
            await inner(scope, receive, send)
        elif path == "/health":
            await Answer(200, b'{"status":"ok"}', media=_JSON).send(send)
        else:
            await Answer(404, b'{"status":"the FHIR base is /fhir"}', media=_JSON).send(send)

    return application
