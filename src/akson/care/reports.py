"""Reports of other services (NAV, school, child welfare ...) taken into the record: each once, as documents that say whose they are."""

from collections.abc import Mapping

from akson.documents.harmless import File
from akson.exchange import reported
from akson.exchange.finding import find
from akson.exchange.reported import NUMBER, Told
from akson.fhir.search_parse import parse
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context
from akson.security.actor import Action


async def is_taken(ctx: Context, told: str, patient: str) -> bool:
    """Whether what was told (id) is in the record of the Patient (id) already."""
    number = f"{NUMBER}|{reported.number_of(told)}"
    return bool(
        await find(ctx, "DocumentReference", ("patient", f"Patient/{patient}"), ("identifier", number))
    )


async def take_in(ctx: Context, told: Told, contents: Mapping[str, File], patient: str, title: str) -> None:
    """Write the words and the files of what was told as documents of a Patient (id), all or none; nothing where they are there.

    `contents`: the files by the id of their Binary.
    """
    number = f"{NUMBER}|{reported.number_of(told.id)}"
    await gate.hold(ctx, parse("DocumentReference", [("identifier", number)], base=ctx.node.fhir))
    if await is_taken(ctx, told.id, patient):
        return
    unit = min(ctx.actor.units, default="")
    custodian = {"reference": unit, "display": ctx.actor.unit_name} if unit else {}
    made = reported.taken(title, told, contents, f"Patient/{patient}", custodian)
    await gate.transact(ctx, [Change(Action.CREATE, each) for each in made])
