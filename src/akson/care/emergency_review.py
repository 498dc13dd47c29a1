"""Follow-up of records that were opened in an emergency, by those who answer for how the record system is used.

The privacy officer sees all openings of the node, a leader those of the own units (rule `access_log`); nobody follows up
one's own. Source: Normen, log control; pasientjournalloven 22.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from akson.care.whose import name_of
from akson.kit.clock import now
from akson.kit.errors import Conflict, NotFound, Unprocessable
from akson.record import gate, trail
from akson.record.context import Context
from akson.record.people import People
from akson.security.actor import Action
from akson.security.rules import access_log as rule
from akson.store.access import judgments, openings
from akson.store.access.judgments import Judgment
from akson.store.access.openings import Followed
from akson.store.index.hashing import patient_number

SPAN = timedelta(days=180)
MOST = 200
OUTCOMES = ("justified", "ask", "unjustified")
"""It was needed; the person is asked; it was not needed and is a breach."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Case:
    """One opening on the list."""

    followed: Followed
    patient: str
    """Name of the patient; empty where there is none any more."""
    is_own: bool
    """The reader's own: for somebody else to follow up."""
    judged: Sequence[Judgment] = ()
    """All that the follow-up came to, the latest first."""


async def cases(ctx: Context) -> list[Case]:
    """What the reader follows up, that which waits first. Refused for one who follows up nothing; the look is audited."""
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    found = await openings.since(ctx.tx, now() - SPAN, await _units(ctx), ctx.actor.organization, MOST)
    counts = Counter(patient_number(each.opening.patient) for each in found)
    await trail.log_read(ctx, grant, counts or {0: 0})
    mine, names = ctx.actor.practitioner, [openings.case(each.opening.id) for each in found]
    judged = await judgments.of(ctx.tx, names)
    return [
        Case(
            each,
            await name_of(ctx, each.opening.patient),
            each.opening.practitioner == mine,
            judged.get(name, ()),
        )
        for each, name in zip(found, names, strict=True)
    ]


async def review(ctx: Context, id_: str, outcome: str, note: str) -> None:
    """Keep what a follow-up came to, beside what it came to before.

    NotFound for what the reader does not follow up, Conflict for one's own, Unprocessable for an outcome that is none.
    """
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    found, units = await openings.one(ctx.tx, id_), await _units(ctx)
    seen = found and (units is None or found.opening.unit in units)
    if not (found and seen):
        raise NotFound("No such opening")
    if found.opening.practitioner == ctx.actor.practitioner:
        raise Conflict("nobody follows up one's own opening")
    if outcome not in OUTCOMES or len(note) > LONGEST:
        raise Unprocessable("an outcome is chosen, and the note is short", expression=("outcome",))
    await openings.review(ctx.tx, found.opening, outcome, note.strip(), ctx.actor.name)
    await trail.log_read(ctx, grant, {patient_number(found.opening.patient): 1})


async def _units(ctx: Context) -> Collection[str] | None:
    """Names of the units whose openings the reader follows up; None for all."""
    seen = rule.view(ctx.actor)
    if seen is None or seen.patients is not None:
        return ()
    return await People(ctx.place).unit_names(ctx.tx, ctx.actor.units) if seen.own_units else None
