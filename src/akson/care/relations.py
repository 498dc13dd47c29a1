"""Care relations as pages ask for them: does the actor's unit treat this patient?"""

from akson.record.context import Context
from akson.security.rules.care_relation import parties_of
from akson.store.access import relations
from akson.store.access.relations import Relation


async def held(ctx: Context, patient: str) -> list[Relation]:
    """The care relations that the actor, the role or one of the units has with the patient now."""
    mine = parties_of(ctx.actor)
    return [each for each in await relations.of_patient(ctx.tx, patient) if each.party in mine]


async def is_related(ctx: Context, patient: str) -> bool:
    """Whether the actor, the role or one of the units has a care relation with the patient now, or the actor opened the record.

    Without one, policy shows who the patient is and nothing of the record: a page must say so, or an empty chart
    would be taken for a healthy patient.
    """
    return patient in ctx.actor.opened or bool(await held(ctx, patient))
