"""What a request leaves behind: audit rows (who saw or did what, why).

They are written in the transaction of the request: no audit, no answer. One audit row for each patient that a search
shows (IHE BALP), so that each citizen's log stands on its own. Rows of looks outlive an error (`context.opened`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from akson.kit.clock import now
from akson.kit.errors import AksonError
from akson.kit.norwegian import parse
from akson.record.context import Context
from akson.record.refused import Refused
from akson.security.actor import Action
from akson.security.policy import Grant
from akson.store.access import audit
from akson.store.access.audit import AuditRow
from akson.store.record import resources
from akson.store.record.resources import Stored
from akson.store.scope import NODE

_LOOKS = frozenset({Action.READ.value, Action.SEARCH.value, Action.HISTORY.value})


async def seen(
    ctx: Context, grant: Grant, action: Action, found: Iterable[Stored], resource_type: str
) -> None:
    """Audit rows for what was shown; a search that found nothing leaves one row about nobody."""
    if not grant.audited:
        return
    shown: dict[int, list[Stored]] = {}
    for stored in found:
        shown.setdefault(stored.pat, []).append(stored)
    for pat, group in shown.items():
        row = _row(ctx, grant, action, pat=pat, type=resource_type, count=len(group))
        await _write(ctx, row if len(group) > 1 else replace(row, **_what(group[0])))
    if not shown:
        await _write(ctx, _row(ctx, grant, action, type=resource_type))


async def missed(ctx: Context, grant: Grant, action: Action, resource_type: str, resource_id: str) -> None:
    """The audit row of a look, or a try to change, that found nothing: because it is not there, or is hidden.

    The caller is told the same either way. The log has what is hidden as refused, with the patient whose it is.
    """
    if not grant.audited:
        return
    # Both are always asked for, so that the time it takes tells nothing either.
    there = await resources.read(ctx.tx, NODE, resource_type, resource_id)
    visible = await resources.read(ctx.tx, grant.scope, resource_type, resource_id)
    # Somebody may have put an identity number where an id belongs.
    told = "" if parse(resource_id) else resource_id
    row = _row(ctx, grant, action, pat=there.pat if there else 0, type=resource_type, id=told)
    if there is not None and visible is None:
        row = replace(row, granted=False, reason="reason.outside_scope")
    await _write(ctx, row, is_look=True)


async def shown(ctx: Context, grant: Grant, stored: Stored, count: int) -> None:
    """The audit row of a whole record: `count` resources of or around a patient or encounter."""
    row = _row(ctx, grant, Action.SEARCH, pat=stored.pat, count=count, **_what(stored))
    await _write(ctx, row)


async def changed(ctx: Context, grant: Grant, action: Action, stored: Stored) -> None:
    """Audit row of one write, which counts nothing where all stayed as it was; the event is part of the write itself."""
    row = _row(ctx, grant, action, pat=stored.pat, count=int(stored.changed), **_what(stored))
    await _write(ctx, row)


async def log_read(ctx: Context, grant: Grant, shown: Mapping[int, int]) -> None:
    """Audit rows for a look at the access log itself: rows shown by number of the patient they are about."""
    for pat, count in shown.items():
        row = _row(ctx, grant, Action.SEARCH, pat=pat, type="AuditEvent", count=count)
        await _write(ctx, row)


async def administered(ctx: Context, grant: Grant, pat: int, resource_type: str, count: int) -> None:
    """The audit row of what was done to the store as a whole, for one patient whose data it was."""
    row = _row(ctx, grant, Action.ADMINISTER, pat=pat, type=resource_type, count=count)
    await audit.append(ctx.tx, row)


async def put_together(ctx: Context, grant: Grant, held: Mapping[int, int]) -> None:
    """Audit rows for data that was put into files: one for each patient (number) with how many resources."""
    if grant.audited and held:
        await audit.append_many(ctx.tx, _row(ctx, grant, Action.ADMINISTER), held)


async def taken_out(ctx: Context, grant: Grant, resource_type: str, shown: Mapping[int, int]) -> None:
    """Audit rows for a file that leaves: one for each patient (number) with how many resources of them are in it."""
    if grant.audited:
        row = _row(ctx, grant, Action.READ, type=resource_type)
        await audit.append_many(ctx.tx, row, shown)


async def turned_away(ctx: Context, grant: Grant, action: Action) -> None:
    """The audit row of a try at what is somebody else's, of which the caller is told that it is not there."""
    if grant.audited:
        await _write(ctx, refused(ctx, action, "", "reason.outside_scope"), is_look=True)


def refused(ctx: Context, action: Action, resource_type: str, reason: str) -> AuditRow:
    """The row of a refusal, written by whoever opened the transaction after it was rolled back."""
    return AuditRow(
        moment=now(),
        action=action.value,
        purpose=ctx.purpose.value,
        granted=False,
        reason=reason,
        type=resource_type,
        request_id=ctx.request_id,
        **_who(ctx),
    )


async def again(ctx: Context, since: int, error: AksonError) -> None:
    """Write anew what was undone with a part of the request, which goes on; `since`: how many looks there were before."""
    if isinstance(error, Refused):
        ctx.looks.append(error.audit)
    for row in ctx.looks[since:]:
        await audit.append(ctx.tx, row)


async def _write(ctx: Context, row: AuditRow, *, is_look: bool = False) -> None:
    await audit.append(ctx.tx, row)
    if is_look or row.action in _LOOKS:
        ctx.looks.append(row)


def _row(ctx: Context, grant: Grant, action: Action, **what: Any) -> AuditRow:
    return AuditRow(
        moment=now(),
        action=action.value,
        purpose=ctx.purpose.value,
        granted=True,
        reason=grant.scope.reason,
        basis=grant.basis,
        request_id=ctx.request_id,
        **_who(ctx),
        **what,
    )


def _what(stored: Stored) -> dict[str, Any]:
    return {"type": stored.type, "id": stored.id, "version": stored.version}


def _who(ctx: Context) -> dict[str, Any]:
    actor = ctx.actor
    return {
        "actor_kind": actor.kind.value,
        "actor_name": actor.name,
        "actor_id": actor.hpr,
        "practitioner": actor.practitioner,
        "role": actor.role,
        "unit": actor.unit_name,
        "organization": actor.organization,
        "organization_name": actor.organization_name,
        "client_id": actor.client_id,
        "node": ctx.node.name,
    }
