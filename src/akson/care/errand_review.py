"""Errands of a supplier's people as those see them who answer for the system: what waits, what lasts, what is to be followed up.

The privacy officer sees all, a leader what waits and the own approvals. Nobody follows up one's own errand. Source: Normen,
log control; pasientjournalloven 22.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from akson.care.whose import name_of
from akson.kit.clock import now
from akson.kit.errors import Conflict, Unprocessable
from akson.record import errands, gate, trail
from akson.record.context import Context
from akson.security.actor import Action
from akson.security.rules import access_log as rule
from akson.security.rules.supplier_errand import STATUS
from akson.store.access import errands as store
from akson.store.access import judgments
from akson.store.access.errands import APPROVED, Errand
from akson.store.access.judgments import Judgment
from akson.store.index.hashing import patient_number
from akson.store.operations import status
from akson.store.operations.status import Count

OUTCOMES = ("fine", "ask", "breach")
"""As it was approved; the person or the supplier is asked; more was looked at than the errand needed."""
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Case:
    """One errand on a list."""

    errand: Errand
    stage: str
    """waits, declined, coming, lasts, over, reviewed."""
    patient: str = ""
    """Name of the patient; empty for a technical errand, and while nobody has named one."""
    looks: int = 0
    """How often something was looked at by it."""
    types: int = 0
    """Of how many types."""
    judged: Sequence[Judgment] = ()
    """All that the follow-up came to, the latest first."""


async def own(ctx: Context) -> list[Case]:
    """The errands of one who works for a supplier, newest first."""
    return [Case(each, _stage(each)) for each in await errands.mine(ctx)]


async def cases(ctx: Context) -> list[Case]:
    """What the reader decides on and follows up, what waits first; the look is in the log."""
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    found = await errands.supervised(ctx)
    counts = Counter(patient_number(each.patient) if each.patient else 0 for each in found)
    await trail.log_read(ctx, grant, counts or {0: 0})
    judged = await judgments.of(ctx.tx, [store.case(each.asking.id) for each in found])
    return [await _case(ctx, each, judged.get(store.case(each.asking.id), ())) for each in found]


async def review(ctx: Context, id_: str, outcome: str, remark: str) -> None:
    """Keep what a follow-up came to, beside what it came to before. NotFound for what the reader does not follow up, Conflict while it is not over."""
    grant = gate.granted(ctx, Action.SEARCH, rule.LOG)
    errand = await errands.supervised_one(ctx, id_)
    if _stage(errand) not in {"over", "reviewed"}:
        raise Conflict("the errand is not over")
    if outcome not in OUTCOMES or len(remark) > LONGEST:
        raise Unprocessable("an outcome is chosen, and the remark is short", expression=("outcome",))
    await store.review(ctx.tx, errand, outcome, remark.strip(), ctx.actor.name)
    await trail.log_read(ctx, grant, {patient_number(errand.patient) if errand.patient else 0: 1})


async def technical(ctx: Context) -> list[Count]:
    """How the node does, for one whose errand is technical. Refused for all others; the look is in the log with the ticket."""
    grant = gate.granted(ctx, Action.READ, STATUS)
    found = await status.counts(ctx.tx)
    await trail.seen(ctx, grant, Action.READ, (), STATUS)
    return found


async def _case(ctx: Context, errand: Errand, judged: Sequence[Judgment]) -> Case:
    looks, types = await store.looks(ctx.tx, errand) if errand.low else (0, 0)
    patient = await name_of(ctx, errand.patient) if errand.patient else ""
    return Case(errand, _stage(errand), patient, looks, types, judged)


def _stage(errand: Errand) -> str:
    if errand.state != APPROVED or errand.low is None or errand.high is None:
        return "waits" if errand.state == store.ASKED else "declined"
    moment = now()
    if errand.lasts(moment):
        return "lasts"
    if moment < errand.low and errand.high > errand.low:
        return "coming"
    return "reviewed" if errand.outcome in {"fine", "breach"} else "over"
