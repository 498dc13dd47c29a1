"""The DICOMweb API of a node as an ASGI application: which transaction a method and path mean, and its answer (PS3.18 10.3)."""

import re
from functools import partial

import orjson

from akson.documents.dicom import as_json, storing
from akson.kit.errors import AksonError, NotFound
from akson.kit.norwegian import without_numbers
from akson.record.context import Context
from akson.rest.dicomweb import parts, retrieving, searching
from akson.rest.dicomweb.accept import JSON, require
from akson.rest.dicomweb.retrieving import Place
from akson.rest.wire.attempt import Door, Handler, attempt
from akson.rest.wire.http import Answer, App, Receive, Request, Scope, Send
from akson.rest.wire.outcome import WrongMethod, error_answer, unforeseen_answer

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_LONGEST_WARNING = 1000


def app(base: str, door: Door, *, limit: int) -> App:
    """The application to mount at /dicomweb, whose address is `base`. `limit` is the largest body in bytes."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, base, limit)
        try:
            answer = await _answer(request, door)
        except AksonError as error:
            answer = error_answer(error)
        except Exception as error:  # noqa: BLE001 - the edge: nothing may leave as a stack trace
            answer = unforeseen_answer(error)
        await answer.send(send, head=request.method == "HEAD")

    return application


async def _answer(request: Request, door: Door) -> Answer:
    path = request.path
    if path[:1] != ("studies",):
        raise NotFound("No transaction has this path")
    method = "GET" if request.method == "HEAD" else request.method
    if path[-1] == "rendered" and len(path) in {7, 9} and method == "GET":
        return await retrieving.rendered(request, door, _place(path[:-1]))
    handlers = _methods(path)
    if method not in handlers:
        raise WrongMethod(request.method, tuple(handlers))
    if method == "POST":
        await request.body()
    return await attempt(request, door, handlers[method])


def _methods(path: tuple[str, ...]) -> dict[str, Handler]:
    match path:
        case ("studies",):
            return {"GET": searching.studies, "POST": partial(store, uid="")}
        case ("studies", uid, "series" | "instances" as name):
            look = searching.series if name == "series" else searching.instances
            return {"GET": partial(look, uid=_checked(uid))}
        case ("studies", uid, "series", series, "instances"):
            return {"GET": partial(searching.instances, uid=_checked(uid), within=_checked(series))}
        case ("studies", uid):
            return {"GET": _retrieved(path), "POST": partial(store, uid=_checked(uid))}
    return {"GET": _retrieved(path)}


def _retrieved(path: tuple[str, ...]) -> Handler:
    """What gives the files, metadata or frames that an address names."""
    do = retrieving.files
    if path[-1] == "metadata":
        do, path = retrieving.metadata, path[:-1]
    elif path[-2] == "frames":
        do = retrieving.frames
    return partial(do, place=_place(path))


def _place(path: tuple[str, ...]) -> Place:
    """What an address names. NotFound where it is not built as those of DICOMweb."""
    order = ("studies", "series", "instances", "frames")[: len(path) // 2]
    if len(path) % 2 or not path or path[::2] != order:
        raise NotFound("No transaction has this path")
    uids = [_checked(each) for each in path[1:6:2]]
    study, series, instance = [*uids, "", ""][:3]
    return Place(study, series, instance, "".join(path[7:8]))


def _checked(uid: str) -> str:
    """NotFound for what is no UID: there is nothing of that name."""
    if not _UID.fullmatch(uid) or len(uid) > 64:
        raise NotFound("No such study")
    return uid


async def store(ctx: Context, request: Request, uid: str) -> Answer:
    """Store transaction (STOW-RS, PS3.18 10.5): 200 when all was taken, 202 when some was, 409 when nothing was."""
    require(request, JSON)
    outcome = await storing.store(ctx, parts.parted(request, await request.body()), uid)
    done = [
        (each, f"{request.base}/studies/{each.study}/series/{each.series}/instances/{each.uid}")
        for each in outcome.done
    ]
    body = as_json.stored(done, [each[:3] for each in outcome.failed], request.base)
    status = 200 if not outcome.failed else 202 if outcome.done else 409
    headers = {"cache-control": "no-store"}
    if outcome.failed:
        # The answer of the standard has numbers only: the words stand beside it (PS3.18 8.4.3, RFC 7234 5.5).
        words = "; ".join(dict.fromkeys(each[3] for each in outcome.failed))
        headers["warning"] = f'299 akson "{without_numbers(words)[:_LONGEST_WARNING]}"'
    return Answer(status, orjson.dumps(body), headers, media=JSON)
