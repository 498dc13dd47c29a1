"""Care relations follow what is written; and nobody makes one to somebody whom one does not treat already.

Who treats somebody may hand on: refer, call in, name a team. Who does not has found the person in the register of patients,
and what is written there gives nobody access: the regular GP comes from the register of GPs, a stay from those who take in.
Nor does a number that is put on somebody else: an attest towards other nodes names the person by it.
"""

from dataclasses import replace

from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.record import trail
from akson.record.context import Context
from akson.record.identity import numbers
from akson.record.refused import Refused
from akson.record.relations import MAKERS, relations_of
from akson.security.actor import Action, Kind
from akson.security.rules.care_relation import parties_of
from akson.store.access import relations
from akson.store.access.relations import Relation
from akson.store.index.hashing import patient_number
from akson.store.record import resources
from akson.store.record.resources import Stored
from akson.store.scope import NODE


async def follow(ctx: Context, stored: Stored, resource: Resource | None) -> None:
    """The relations that the resource gives are those of its new version; None: it is deleted and gives none.

    Refused when personnel would make one to a patient whom they do not treat, or change who a Patient is. What is written
    in an emergency makes none: the record is open for a time, and no longer by what was documented then.
    """
    if stored.type not in MAKERS:
        return
    rows = relations_of(resource) if resource else []
    if ctx.actor.kind is Kind.PERSONNEL:
        rows = await _of_those_treated(ctx, stored, rows)
        if resource and stored.type == "Patient":
            await _same_person(ctx, stored, resource)
    await relations.replace(ctx.tx.as_node, stored.reference, rows)


async def _of_those_treated(ctx: Context, stored: Stored, rows: list[Relation]) -> list[Relation]:
    """The relations that stand already, and new ones to patients whom the actor treats."""
    there = await relations.of_source(ctx.tx.as_node, stored.reference)
    fresh = {row for row in rows if (patient_number(row.patient), row.party) not in there}
    mine = parties_of(ctx.actor)
    for patient in sorted({row.patient for row in fresh}):
        if any(each.party in mine for each in await relations.of_patient(ctx.tx.as_node, patient)):
            continue
        if patient not in ctx.actor.opened:
            raise _refused(ctx, stored, "reason.own_relation")
        rows = [row for row in rows if row.patient != patient or row not in fresh]
    return rows


async def _same_person(ctx: Context, stored: Stored, resource: Resource) -> None:
    before = await resources.vread(ctx.tx.as_node, NODE, stored.type, stored.id, stored.version - 1)
    known = set(numbers(loads(before.body))) if before and not before.deleted else set()
    if known and known != set(numbers(resource)):
        raise _refused(ctx, stored, "reason.other_person")


def _refused(ctx: Context, stored: Stored, reason: str) -> Refused:
    row = trail.refused(ctx, Action.UPDATE, stored.type, reason)
    return Refused(reason, replace(row, pat=stored.pat, id=stored.id))
