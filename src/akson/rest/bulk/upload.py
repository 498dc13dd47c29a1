"""NDJSON that is sent with the request for an import: kept part by part as it comes, so that its size does not matter."""

from akson.kit.errors import Gone, Malformed
from akson.record.bulk import imports, own
from akson.record.bulk.steps import Over
from akson.record.context import Place
from akson.rest.bulk.sources import Unreadable
from akson.rest.bulk.staging import Stage
from akson.rest.bulk.started import asked, check_asynchronous, started
from akson.rest.wire.attempt import Door
from akson.rest.wire.http import Answer, Request
from akson.store.database.reader import NODE
from akson.store.underway import transfers
from akson.store.underway.transfers import Transfer

NDJSON = frozenset({"application/fhir+ndjson", "application/ndjson", "application/x-ndjson"})
BODY = "body"
"""What the body is called where its lines are told of."""


def is_upload(request: Request) -> bool:
    """Whether resources come with the request."""
    return request.path == ("$import",) and request.method == "POST" and request.media in NDJSON


async def upload(request: Request, door: Door) -> Answer:
    """202 once all has come; what had come is thrown away when the client leaves before its end."""
    check_asynchronous(request)
    async with door(request) as ctx:
        place = ctx.place
        transfer = await imports.begin(ctx, asked(request), [{"type": "", "url": BODY}], is_staged=True)
    try:
        await _keep(request, place, transfer)
    except BaseException:
        async with place.database.transaction(reader=NODE) as tx:
            await transfers.drop(tx, transfer.id)
        raise
    async with door(request) as ctx, ctx.tx.savepoint():
        await own.queue(ctx, transfer)
    return started(request, transfer)


async def _keep(request: Request, place: Place, transfer: Transfer) -> None:
    where = {"input": 0, "offset": 0, "line": 1, "number": 1}
    stage = Stage(place, transfer.id, where, is_upload=True)
    try:
        async for piece in request.pieces():
            await stage.add(piece)
        await stage.end()
    except Over as error:
        raise Gone("The import has ended before all had come") from error
    except Unreadable as error:
        raise Malformed(f"The body cannot be read: {error}") from error
