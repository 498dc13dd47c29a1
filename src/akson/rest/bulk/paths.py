"""`[base]/_bulk/ID`: how far an export or import has come, its end; and below it the files that it gave.

http://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request
"""

import asyncio
from collections.abc import AsyncIterator
from email.utils import format_datetime
from functools import partial
from typing import Any

import orjson

from akson.kit import packing
from akson.kit.clock import instant, now
from akson.kit.errors import AksonError, Conflict, Gone, NotFound
from akson.kit.packing import Packed
from akson.record.bulk import imports, own
from akson.record.bulk.fetching import fetched
from akson.record.context import Context
from akson.rest.bulk.loading import CREATED, UNCHANGED, UPDATED
from akson.rest.bulk.started import address
from akson.rest.wire import outcome
from akson.rest.wire.attempt import Handler
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.packing import takes_gzip
from akson.store.underway import transfers
from akson.store.underway.transfers import File, Transfer

NDJSON = "application/fhir+ndjson"
SOON, SELDOM = 1, 60
"""Bounds of Retry-After in seconds."""


def methods(path: tuple[str, ...]) -> dict[str, Handler]:
    """What can be done at a path below the base that begins with `_bulk`."""
    match path[1:]:
        case (id_,):
            return {"GET": partial(status, id_=id_), "DELETE": partial(cancel, id_=id_)}
        case (id_, name):
            return {"GET": partial(file, id_=id_, name=name)}
    raise NotFound("No interaction has this path")


async def status(ctx: Context, request: Request, *, id_: str) -> Answer:
    """202 with X-Progress while it is under way, 200 with the manifest when it is done, 500 when it has failed."""
    transfer = await own.ask(ctx, id_)
    if transfer.state == "failed":
        raise AksonError(f"The {transfer.kind} failed: {transfer.error}")
    if transfer.state != "done":
        far = transfer.done, transfer.done
        if transfer.kind == imports.KIND:
            far = await transfers.how_far(ctx.tx, id_)
        told = {"x-progress": progress(transfer, *far), "retry-after": str(wait(transfer, sum(far) / 2))}
        return Answer(202, b"", told)
    made = orjson.dumps(manifest(request, transfer))
    return Answer(200, made, _expiry(transfer), media="application/json")


def progress(transfer: Transfer, done: int, read: int) -> str:
    """What is done of how much, in resources. How much there is, is counted before the first is done.

    A resource of an import is read and checked first, and stands with its whole part: reading is half of the work.
    """
    if transfer.state == "waiting":
        return "waiting"
    if transfer.state == "planning":
        return f"counting: {transfer.total} resources so far"
    share = min(100 * (done + read) // (2 * max(transfer.total, 1)), 99)
    if transfer.kind == imports.KIND:
        return f"{done} of {transfer.total} resources, {read} read ({share} %)"
    return f"{done} of {transfer.total} resources ({share} %)"


def wait(transfer: Transfer, done: float) -> int:
    """Seconds after which asking again is worth it: a tenth of what is likely left."""
    spent = (now() - transfer.made).total_seconds()
    left = spent * (transfer.total - done) / done if done else spent
    return round(min(max(left / 10, SOON), SELDOM))


def manifest(request: Request, transfer: Transfer) -> dict[str, Any]:
    """The files of an export or import that is done."""
    files = transfer.result.get("files", [])

    def of(kind: str) -> list[dict[str, Any]]:
        return [
            {"type": each["type"], "url": address(request, transfer.id, each["name"]), "count": each["count"]}
            for each in files
            if each["kind"] == kind
        ]

    made = {
        "transactionTime": instant(transfer.moment),
        "request": transfer.request,
        "requiresAccessToken": _needs_token(transfer),
        "output": of("output"),
        "deleted": of("deleted"),
        "error": of("error"),
    }
    if transfer.kind == imports.KIND:
        counts = transfer.result["counts"]
        types = sorted({kind for what in (CREATED, UPDATED, UNCHANGED) for kind in counts.get(what, ())})
        made["output"] = [{"type": kind, **_taken(counts, kind)} for kind in types]
    return made


def _taken(counts: dict[str, dict[str, int]], kind: str) -> dict[str, int]:
    """How many resources of a type were taken in, and what that changed."""
    found = {what: counts.get(what, {}).get(kind, 0) for what in (CREATED, UPDATED, UNCHANGED)}
    return {"count": sum(found.values())} | found


def _needs_token(transfer: Transfer) -> bool:
    """Whether the files are fetched with a token as all else; the open server knows none."""
    return not transfer.owner.startswith("anyone/")


async def cancel(ctx: Context, _request: Request, *, id_: str) -> Answer:
    """202: it is ended, and what it gave is taken away."""
    await own.cancel(ctx, id_)
    return outcome.said(202, "It is cancelled, and its files are removed")


async def file(ctx: Context, request: Request, *, id_: str, name: str) -> Answer:
    """One file, as it was packed where the client takes gzip. Conflict while it is not there yet."""
    transfer = await own.find(ctx, id_)
    if transfer.state != "done":
        raise Conflict("Its files can be fetched when it is done")
    found = next((each for each in transfer.result.get("files", []) if each["name"] == name), None)
    if found is None:
        raise NotFound("No such file")
    wanted = File(**{key: found[key] for key in File._fields})
    await fetched(ctx, transfer, wanted, found["count"])
    pieces = _whole(transfers.bodies(ctx.place.database, transfer.id, wanted), found["size"])
    headers = {"cache-control": "private"} | _expiry(transfer)
    if takes_gzip(request.headers.get("accept-encoding", "")):
        headers |= {"content-encoding": "gzip", "content-length": str(found["packed"])}
        return Answer(200, headers=headers, stream=_packed(pieces), media=NDJSON)
    headers["content-length"] = str(found["size"])
    return Answer(200, headers=headers, stream=_unpacked(pieces), media=NDJSON)


async def _whole(pieces: AsyncIterator[Packed], size: int) -> AsyncIterator[Packed]:
    """The pieces, as long as they are there. Gone when the file is taken away meanwhile: it must not seem whole."""
    async for piece in pieces:
        size -= piece.size
        yield piece
    if size:
        raise Gone("The file was removed while it was being sent")


async def _packed(pieces: AsyncIterator[Packed]) -> AsyncIterator[bytes]:
    stream = packing.Stream()
    yield packing.HEADER
    async for piece in pieces:
        stream.add(piece)
        yield piece.body
    yield stream.end()


async def _unpacked(pieces: AsyncIterator[Packed]) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield await asyncio.to_thread(packing.unpack, piece.body)


def _expiry(transfer: Transfer) -> dict[str, str]:
    return {"expires": format_datetime(transfer.expires, usegmt=True)} if transfer.expires else {}
