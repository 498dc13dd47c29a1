"""The door to erasure: for whoever administers the node, audited, and not to be undone."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from akson.kit.errors import NotFound
from akson.record import trail
from akson.record.context import Context
from akson.record.gate import granted, taken_back
from akson.security.actor import Action
from akson.store.database.pool import Tx
from akson.store.index.hashing import patient_number
from akson.store.operations import erasing, leftovers
from akson.store.operations.erasing import Erased
from akson.store.record import events, resources
from akson.store.scope import Scope


class What(StrEnum):
    """What is erased."""

    INSTANCE = "instance"
    """The resource with all its versions."""
    VERSIONS = "versions"
    """The versions before the present one, of a resource, a type or all."""
    DELETED = "deleted"
    """What was deleted, of a type or of all."""
    COMPARTMENT = "compartment"
    """The whole record of a patient."""


async def erase(ctx: Context, what: What, resource_type: str = "", resource_id: str = "") -> Erased:
    """Erase, and say how much. Refused unless the actor administers the node; NotFound when there is nothing there."""
    grant = granted(ctx, Action.ADMINISTER, resource_type)
    await leftovers.hold(ctx.tx)
    if what is What.INSTANCE:
        # Deleted first, so that nothing it brought to the node outlives it.
        there = await resources.delete(ctx.tx, grant.scope, resource_type, resource_id, told=grant.audited)
        if there is not None:
            await taken_back(ctx, there)
    erased = await _DO[what](ctx.tx, grant.scope, resource_type, resource_id)
    gone = erased.resources + erased.versions
    if resource_id and not gone and what is not What.VERSIONS:
        await trail.missed(ctx, grant, Action.ADMINISTER, resource_type, resource_id)
        raise NotFound("No such resource")
    if not grant.audited:
        return erased
    for pat, number in erased.patients.items():
        await trail.administered(ctx, grant, pat, resource_type, number)
    if resource_id and what is not What.VERSIONS:
        pat = patient_number(resource_id) if what is What.COMPARTMENT else next(iter(erased.patients), 0)
        # For pages that show this patient: who it was, and what, is not kept.
        await events.append(ctx.tx, f"{resource_type}.delete", pat, resource_type)
    return erased


async def _deleted(tx: Tx, scope: Scope, resource_type: str, _id: str) -> Erased:
    return await erasing.deleted(tx, scope, resource_type)


async def _compartment(tx: Tx, scope: Scope, _type: str, resource_id: str) -> Erased:
    return await erasing.compartment(tx, scope, resource_id)


_DO: dict[What, Callable[[Tx, Scope, str, str], Awaitable[Erased]]] = {
    What.INSTANCE: erasing.instance,
    What.VERSIONS: erasing.versions,
    What.DELETED: _deleted,
    What.COMPARTMENT: _compartment,
}
