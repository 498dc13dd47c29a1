"""A file of an export or import leaves the node: the access log says whose data is in it, before the first byte goes."""

from akson.record import gate, trail
from akson.record.bulk.export import Wanted
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.policy import Grant
from akson.store.operations import exporting
from akson.store.operations.exporting import Times
from akson.store.underway.transfers import File, Transfer


async def fetched(ctx: Context, transfer: Transfer, file: File, count: int) -> None:
    """A row for each patient with how many resources of the file's `count` are theirs, and one for the rest."""
    grant = gate.granted(ctx, Action.ADMINISTER, "")
    if not grant.audited:
        return
    shown = await _patients(ctx, grant, transfer, file) if transfer.kind == "export" else {}
    rest = count - sum(shown.values())
    if rest > 0 or not shown:
        shown[0] = rest
    await trail.taken_out(ctx, grant, file.type, shown)


async def _patients(ctx: Context, grant: Grant, transfer: Transfer, file: File) -> dict[int, int]:
    wanted = Wanted.read(transfer.wanted)
    times = Times(transfer.moment, wanted.since, wanted.until)
    return await exporting.patients(ctx.tx, grant.scope, transfer.id, times, file)
