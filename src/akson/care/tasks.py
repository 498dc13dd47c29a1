"""Taking a task and finishing it: who has it is never in doubt, and two who take it at once are told."""

from akson.exchange import cases
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import Conflict
from akson.record import gate
from akson.record.context import Context

DONE = frozenset({"completed", "cancelled", "rejected", "failed", "entered-in-error"})


async def claim(ctx: Context, task_id: str, version: int) -> None:
    """Make oneself the owner. VersionMismatch when somebody was faster, Conflict when it is already done."""
    task = await _open_task(ctx, task_id)
    owner = {"reference": ctx.actor.role_reference or ctx.actor.practitioner, "display": ctx.actor.name}
    await _save(ctx, task | {"owner": owner, "status": "in-progress"}, version)


async def complete(ctx: Context, task_id: str, version: int) -> None:
    """Mark as done, now. Errors as `claim`."""
    task = await _open_task(ctx, task_id)
    period = task.get("executionPeriod", {}) | {"end": instant(now())}
    await _save(ctx, task | {"status": "completed", "executionPeriod": period}, version)


async def _open_task(ctx: Context, task_id: str) -> Resource:
    task: Resource = loads((await gate.read(ctx, "Task", task_id)).body)
    if task.get("status") in DONE or cases.is_case(task):
        raise Conflict("the task is not open, or is a case, which has moves of its own")
    return task


async def _save(ctx: Context, task: Resource, version: int) -> None:
    await gate.update(ctx, task | {"lastModified": instant(now())}, if_match=version)
