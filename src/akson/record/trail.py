"""What a request leaves behind: audit rows (who saw or did what, why).

They are written in the transaction of the request: no audit, no answer. One audit row for each patient that a search
shows (IHE BALP), so that each citizen's log stands on its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from akson.kit.clock import now
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.policy import Grant
from akson.store.access import audit
from akson.store.access.audit import AuditRow
from akson.store.record.resources import Stored


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
        await audit.append(ctx.tx, row if len(group) > 1 else replace(row, **_what(group[0])))
    if not shown:
        await audit.append(ctx.tx, _row(ctx, grant, action, type=resource_type))


async def shown(ctx: Context, grant: Grant, stored: Stored, count: int) -> None:
    """The audit row of a whole record: `count` resources of or around a patient or encounter."""
    row = _row(ctx, grant, Action.SEARCH, pat=stored.pat, count=count, **_what(stored))
    await audit.append(ctx.tx, row)


async def changed(ctx: Context, grant: Grant, action: Action, stored: Stored) -> None:
    """Audit row of one write; the event is part of the write itself."""
    await audit.append(ctx.tx, _row(ctx, grant, action, pat=stored.pat, count=1, **_what(stored)))


async def log_read(ctx: Context, grant: Grant, shown: Mapping[int, int]) -> None:
    """Audit rows for a look at the access log itself: rows shown by number of the patient they are about."""
    for pat, count in shown.items():
        row = _row(ctx, grant, Action.SEARCH, pat=pat, type="AuditEvent", count=count)
        await audit.append(ctx.tx, row)


async def administered(ctx: Context, grant: Grant, pat: int, resource_type: str, count: int) -> None:
    """The audit row of what was done to the store as a whole, for one patient whose data it was."""
    row = _row(ctx, grant, Action.ADMINISTER, pat=pat, type=resource_type, count=count)
    await audit.append(ctx.tx, row)


async def taken_out(ctx: Context, grant: Grant, shown: Mapping[int, int]) -> None:
    """Audit rows for data that leaves in bulk: one for each patient (number) with how many resources."""
    if grant.audited and shown:
        await audit.append_many(ctx.tx, _row(ctx, grant, Action.READ), shown)


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
