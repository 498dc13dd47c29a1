"""The FHIR API of one node as an ASGI application: which interaction a method and path mean, and its answer.

http://hl7.org/fhir/R4/http.html#summary
"""

from functools import partial

from akson.fhir.model import Resource
from akson.kit.errors import AksonError, NotFound
from akson.kit.limits import LIMITS
from akson.record.context import Context, Place
from akson.rest import edge, openapi
from akson.rest.bulk import paths, upload
from akson.rest.bulk.started import PATH as BULK
from akson.rest.bundles.process import process
from akson.rest.capability import Capability
from akson.rest.interactions import audit_event, compartment
from akson.rest.interactions.create import create
from akson.rest.interactions.delete import conditional_delete, delete
from akson.rest.interactions.history import history
from akson.rest.interactions.patch import conditional_patch, patch
from akson.rest.interactions.read import read
from akson.rest.interactions.search import search, search_posted
from akson.rest.interactions.update import conditional_update, update
from akson.rest.interactions.vread import vread
from akson.rest.openapi import OpenApi
from akson.rest.operations import Operation, Target, named
from akson.rest.terminology import terminology_capabilities
from akson.rest.wire import subset
from akson.rest.wire.attempt import Door, Handler, attempt
from akson.rest.wire.http import Answer, App, Receive, Request, Scope, Send, Told
from akson.rest.wire.incoming import known_type
from akson.rest.wire.outcome import WrongMethod, error_answer, unforeseen_answer
from akson.security.rules.access_log import LOG

METADATA = ("metadata",)
Methods = dict[str, Handler]


def app(
    place: Place,
    door: Door,
    *,
    limit: int,
    depth: int = LIMITS.json_depth,
    security: Resource | None = None,
) -> App:
    """The application to mount at /fhir. `limit` is the largest body in bytes, `depth` the deepest nesting of JSON.

    `security` is what the CapabilityStatement tells of how to prove who one is.
    """
    node = place.node
    told: Told = {METADATA: Capability(place, security).answer, openapi.PATH: OpenApi(node, _methods).answer}

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, node.fhir, limit)
        request.depth = depth
        request.told = told
        try:
            answer = await edge.give_out(request, await _answer(request, door))
        except AksonError as error:
            answer = await edge.give_out(request, error_answer(error))
        except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
            answer = await edge.give_out(request, unforeseen_answer(error))
        await answer.send(send, head=request.method == "HEAD")

    return application


async def _answer(request: Request, door: Door) -> Answer:
    edge.look(request)
    if request.method == "OPTIONS":
        return _options(request)
    if request.path in request.told and not _is_about_terminology(request):
        return await _telling(request)
    if upload.is_upload(request):
        return await upload.upload(request, door)
    handler = handler_of(request)
    if request.method in {"POST", "PUT", "PATCH"}:
        await edge.take_in(request)
    return await attempt(request, door, handler)


def _is_about_terminology(request: Request) -> bool:
    return request.path == METADATA and request.parameter("mode") == "terminology"


async def _telling(request: Request) -> Answer:
    """What the server says of itself: without a look at who asks, and without the database."""
    if request.method not in {"GET", "HEAD"}:
        raise WrongMethod(request.method, ("GET",))
    return await request.told[request.path](request)


def _options(request: Request) -> Answer:
    """Which methods a path has; of the path alone, whoever asks and whatever is there."""
    methods = {"GET": None} if request.path in request.told else _methods(request.path)
    allowed = [*methods, *(("HEAD",) if "GET" in methods else ()), "OPTIONS"]
    return Answer(204, b"", {"allow": ", ".join(allowed)})


async def dispatch(ctx: Context, request: Request) -> Answer:
    """Do an interaction inside a transaction that is open already: an entry of a Bundle."""
    if request.path == METADATA and METADATA in request.told and not _is_about_terminology(request):
        return await _telling(request)
    return await handler_of(request)(ctx, request)


def handler_of(request: Request) -> Handler:
    """The interaction that method and path mean; NotFound or WrongMethod when they mean none."""
    methods = {"GET": terminology_capabilities} if _is_about_terminology(request) else _methods(request.path)
    method = "GET" if request.method == "HEAD" else request.method
    if method not in methods:
        raise WrongMethod(method, tuple(methods))
    return methods[method]


def _methods(path: tuple[str, ...]) -> Methods:
    if not path:
        return {"GET": search, "POST": partial(process, dispatch=dispatch)}
    if any(part.startswith("$") for part in path):
        return _of_operation(path)
    found = _of_system(path) if path[0].startswith("_") else _below_type(known_type(path[0]), path)
    if found is None:
        raise NotFound("No interaction has this path")
    if path[0] == LOG:
        return audit_event.methods(path, found)
    return found


def _of_operation(path: tuple[str, ...]) -> Methods:
    """`$name` at the end of a path: of the system, a type, an instance, or one version of an instance."""
    *place, name = path
    found: Operation | None = None
    match place:
        case []:
            target = Target()
        case [kind]:
            target = Target(known_type(kind))
        case [kind, key]:
            target = Target(known_type(kind), key)
        case [kind, key, "_history", version]:
            target = Target(known_type(kind), key, version)
        case _:
            raise NotFound("No interaction has this path")
    if name.startswith("$"):
        found = named(name[1:], target)
    if found is None:
        raise NotFound("This server has no such operation here")
    do = found.run

    async def run(ctx: Context, request: Request) -> Answer:
        return subset.of_answer(request, await do(ctx, request, target))

    return {method: run for method, there in (("GET", found.get), ("POST", found.post)) if there}


def _of_system(path: tuple[str, ...]) -> Methods | None:
    if path[0] == BULK:
        return paths.methods(path)
    found: dict[tuple[str, ...], Methods] = {
        ("_search",): {"POST": search_posted},
        ("_history",): {"GET": history},
    }
    return found.get(path)


def _below_type(kind: str, path: tuple[str, ...]) -> Methods | None:
    match path[1:]:
        case ():
            return _of_type(kind)
        case ("_search" | "_history" as name,):
            return _of_type_named(kind, name)
        case (key,):
            return _of_instance(kind, key)
        case (key, "_history", *version):
            return _of_history(kind, key, version)
        case (key, inner, *rest):
            return compartment.methods(kind, key, inner, tuple(rest))
    return None


def _of_history(kind: str, key: str, version: list[str]) -> Methods | None:
    if not version:
        return {"GET": partial(history, resource_type=kind, resource_id=key)}
    if len(version) > 1:
        return None
    return {"GET": partial(vread, resource_type=kind, resource_id=key, version=version[0])}


def _of_type(kind: str) -> Methods:
    return {
        "GET": partial(search, resource_type=kind),
        "POST": partial(create, resource_type=kind),
        "PUT": partial(conditional_update, resource_type=kind),
        "PATCH": partial(conditional_patch, resource_type=kind),
        "DELETE": partial(conditional_delete, resource_type=kind),
    }


def _of_type_named(kind: str, name: str) -> Methods:
    if name == "_search":
        return {"POST": partial(search_posted, resource_type=kind)}
    return {"GET": partial(history, resource_type=kind)}


def _of_instance(kind: str, key: str) -> Methods:
    return {
        "GET": partial(read, resource_type=kind, resource_id=key),
        "PUT": partial(update, resource_type=kind, resource_id=key),
        "PATCH": partial(patch, resource_type=kind, resource_id=key),
        "DELETE": partial(delete, resource_type=kind, resource_id=key),
    }
