"""A change that begins from what is there: read, altered, written, and begun anew when somebody else was faster."""

from collections.abc import Callable

from akson.fhir import strict_json
from akson.fhir.model import Resource
from akson.kit.errors import Contended, VersionMismatch
from akson.record import gate
from akson.record.change import Written
from akson.record.context import Context
from akson.store.record.resources import Stored

Alter = Callable[[Resource], Resource]
"""From the resource as it is to what it shall be."""


async def change(
    ctx: Context, resource_type: str, resource_id: str, alter: Alter, *, if_match: int | None = None
) -> Written:
    """The new version. VersionMismatch when the client's `if_match` is not the present one."""
    stored = await gate.read(ctx, resource_type, resource_id)
    check_version(stored, if_match)
    made = alter(strict_json.loads(stored.body))
    try:
        return await gate.update(ctx, made, if_match=stored.version)
    except VersionMismatch as error:
        if if_match is not None:
            raise
        raise Contended("another transaction changed the resource: try again") from error


def check_version(stored: Stored, if_match: int | None) -> None:
    """VersionMismatch when the client expects another version than the present one."""
    if if_match is not None and if_match != stored.version:
        raise VersionMismatch(f"{stored.reference} is not at version {if_match}")
