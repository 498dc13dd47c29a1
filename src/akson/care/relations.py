"""Care relations as pages ask for them: does the actor's unit treat this patient?"""

from akson.record.context import Context
from akson.security.rules.care_relation import parties_of
from akson.store.access import relations


async def is_related(ctx: Context, patient: str) -> bool:
    """Whether the actor, the role or one of the units has a care relation with the patient now, or the actor opened the record.

    Without one, policy shows who the patient is and nothing of the record: a page must say so, or an empty chart
    would be taken for a healthy patient.
    """
    if patient in ctx.actor.opened:
        return True
    mine = parties_of(ctx.actor)
    return any(relation.party in mine for relation in await relations.of_patient(ctx.tx, patient))
