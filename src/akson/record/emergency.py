"""Opens one patient's record in an emergency: by whom, why, for how long. In the access log before anything is shown."""

from dataclasses import replace
from datetime import datetime, timedelta

from akson.kit.clock import now
from akson.kit.errors import Issue, Unprocessable
from akson.kit.ids import new_id
from akson.kit.norwegian import parse
from akson.record import gate, trail
from akson.record.context import Context
from akson.record.people import People
from akson.record.refused import Refused
from akson.security.actor import Action
from akson.security.rules.blocks import subjects
from akson.security.rules.emergency import may_open
from akson.store.access import consents, openings
from akson.store.access.openings import Opening

LASTS = timedelta(hours=1)
"""The usual time that a record is open; a node may set another (`Place.emergency`)."""
ABSENT = "absent"
"""The id of no Patient: asked for all the same, so that the answer is that of a hidden one."""
REASONS = ("life", "acute", "unable")
"""Danger to life; acute help that cannot wait; a patient who cannot say what is needed."""
SHORTEST, LONGEST = 10, 500
"""Characters of the reason in writing."""


async def open_record(ctx: Context, patient: str, reason: str, why: str) -> Opening:
    """Open the record of a Patient. Refused, and audited, for one who may not; Unprocessable names what is missing.

    NotFound where there is no such patient, and where the patient has closed it so that it stays closed now too.
    """
    actor = ctx.actor
    if not may_open(actor):
        raise Refused("reason.no_rule", trail.refused(ctx, Action.READ, "Patient", "reason.no_rule"))
    why = " ".join(why.split())
    issues = [] if reason in REASONS else [Issue("code-invalid", "one of the reasons", ("reason",))]
    if not SHORTEST <= len(why) <= LONGEST:
        issues.append(Issue("value", f"{SHORTEST} to {LONGEST} characters", ("why",)))
    if issues:
        raise Unprocessable("a reason is chosen and written", issues=tuple(issues))
    await gate.read(ctx.by(replace(actor, opened=actor.opened | {patient})), "Patient", patient)
    begins = now()
    opening = Opening(
        id=new_id(),
        patient=patient,
        practitioner=actor.practitioner,
        name=actor.name,
        role=actor.role,
        unit=actor.unit_name,
        organization=actor.organization,
        reason=reason,
        why=why,
        low=begins,
        high=begins + ctx.place.emergency,
    )
    await openings.end(ctx.tx, actor.practitioner, patient)
    await openings.add(ctx.tx, opening)
    await trail.opened(ctx, patient, why)
    return opening


async def open_of(ctx: Context, pid: str, reason: str, why: str) -> Opening:
    """Open the record of the person with this identity number, whom a search need not show: what is closed to a unit or role.

    As `open_record`; what cannot be opened looks like what is not there.
    """
    found = await People(ctx.place).patient(ctx.tx, pid) if parse(pid) else None
    return await open_record(ctx, found["id"] if found else ABSENT, reason, why)


async def end(ctx: Context, patient: str) -> None:
    """Close what one has open of a patient; nothing happens when nothing is open."""
    await openings.end(ctx.tx, ctx.actor.practitioner, patient)


async def current(ctx: Context, patient: str) -> Opening | None:
    """What one has open of a patient."""
    if patient not in ctx.actor.opened:
        return None
    return await openings.current(ctx.tx, ctx.actor.practitioner, patient)


async def consented(ctx: Context, patient: str) -> datetime | None:
    """Until when the patient has opened what is closed to the actor, or to the unit, by consent; None for not now."""
    if patient not in ctx.actor.consented:
        return None
    return await consents.until(ctx.tx.as_node, patient, subjects(ctx.actor))
