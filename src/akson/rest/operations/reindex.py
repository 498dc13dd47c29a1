"""$reindex: index again what is stored, and $reindex-status: how far that is. Needs the right to administer the node.

On an instance at once; on types and on the whole node as a run beside the requests, which outlives a restart. To be
asked for after an upgrade that says so; an added search parameter asks by itself.
http://hl7.org/fhir/R4/async.html is the pattern of the answers.
"""

from akson.kit.clock import instant
from akson.kit.errors import Malformed, NotFound
from akson.record import gate, reindexing, trail
from akson.record.context import Context
from akson.rest.operations.operation import ANY, Operation, Target
from akson.rest.operations.parameters import Part, answer, given, part
from akson.rest.wire.http import Answer, Request
from akson.rest.wire.incoming import check_id, given_type
from akson.security.actor import Action
from akson.store.operations import reindex
from akson.store.operations.reindex import Run

_URL = "https://akson.example/fhir/OperationDefinition/"
PAUSE = "2"
"""Seconds until it is worth asking again."""


async def start(ctx: Context, request: Request, target: Target) -> Answer:
    """202 with the address of the status; of an instance 200 when it is done."""
    grant = gate.granted(ctx, Action.ADMINISTER, target.type)
    if grant.audited:
        await trail.administered(ctx, grant, 0, target.type, 0)
    values = await given(request, () if target.type else ("type",))
    if target.id:
        if not await reindexing.at_once(ctx, target.type, check_id(target.id)):
            raise NotFound("No such resource")
        return answer([part("done", "UnsignedInt", 1)])
    kinds = (
        [target.type]
        if target.type
        else [given_type(str(kind), "Parameters.type") for kind in values.all("type")]
    )
    identity = await reindexing.begin(ctx, kinds)
    place = f"{request.base}/$reindex-status?id={identity}"
    return Answer(202, headers={"content-location": place})


async def status(ctx: Context, request: Request, _target: Target) -> Answer:
    """202 while it goes on, 200 when it is over; both with done and total."""
    gate.granted(ctx, Action.ADMINISTER, "")
    identity = (await given(request, ("id",))).text("id")
    if not identity:
        raise Malformed("The parameter id is required: that of a run", expression=("Parameters.id",))
    run = await reindex.one(ctx.tx, identity)
    if run is None:
        raise NotFound("No such run")
    if run.state == "done":
        return answer(_told(run))
    progress = f"{run.state}: {_done(run)} of {run.total}"
    return answer(_told(run), 202, {"x-progress": progress, "retry-after": PAUSE})


def _done(run: Run) -> int:
    """What was written meanwhile is visited too, and does not count."""
    return run.total if run.state == "done" else min(run.done, run.total)


def _told(run: Run) -> list[Part]:
    return [
        part("id", "Id", run.id),
        part("state", "Code", run.state),
        *(part("type", "Code", kind) for kind in run.kinds),
        part("done", "UnsignedInt", _done(run)),
        part("total", "UnsignedInt", run.total),
        part("began", "Instant", instant(run.made)),
        part("updated", "Instant", instant(run.updated)),
    ]


OPERATIONS = (
    Operation("reindex", f"{_URL}reindex", start, system=True, types=ANY, instances=ANY, get=False),
    Operation("reindex-status", f"{_URL}reindex-status", status, system=True),
)
