"""$reindex: index again what is stored, and $reindex-status: how far that is. Needs the right to administer the node.

On an instance at once; on types and on the whole node as a run beside the requests, which outlives a restart. To be
asked for after an upgrade that says so; an added search parameter asks by itself.
http://hl7.org/fhir/R4/async.html is the pattern of the answers.
"""

import orjson

from akson.fhir.model import Resource
from akson.kit.clock import instant
from akson.kit.errors import Malformed, NotFound
from akson.record import gate, reindexing, trail
from akson.record.context import Context
from akson.rest.operations.operation import ANY, Operation, Target
from akson.rest.operations.parameters import given
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
        return Answer(200, orjson.dumps(_parameters([("done", "valueUnsignedInt", 1)])))
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
    body = orjson.dumps(_of_run(run))
    if run.state == "done":
        return Answer(200, body)
    progress = f"{run.state}: {_done(run)} of {run.total}"
    return Answer(202, body, {"x-progress": progress, "retry-after": PAUSE})


def _done(run: Run) -> int:
    """What was written meanwhile is visited too, and does not count."""
    return run.total if run.state == "done" else min(run.done, run.total)


def _of_run(run: Run) -> Resource:
    return _parameters(
        [
            ("id", "valueId", run.id),
            ("state", "valueCode", run.state),
            *(("type", "valueCode", kind) for kind in run.kinds),
            ("done", "valueUnsignedInt", _done(run)),
            ("total", "valueUnsignedInt", run.total),
            ("began", "valueInstant", instant(run.made)),
            ("updated", "valueInstant", instant(run.updated)),
        ]
    )


def _parameters(values: list[tuple[str, str, object]]) -> Resource:
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": name, kind: value} for name, kind, value in values],
    }


OPERATIONS = (
    Operation("reindex", f"{_URL}reindex", start, system=True, types=ANY, instances=ANY, get=False),
    Operation("reindex-status", f"{_URL}reindex-status", status, system=True),
)
