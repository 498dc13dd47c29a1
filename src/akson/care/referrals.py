"""Referrals: the draft that saves itself, one for each author and patient, and the tasks that a letter made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from akson.exchange import cases
from akson.exchange.cases import Side, State, Step
from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import VersionMismatch
from akson.kit.text import text
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context
from akson.store.underway import drafts

KIND = "referral"
OPEN = "requested,received,accepted,ready,in-progress,on-hold"


@dataclass(frozen=True, slots=True)
class Draft:
    """A referral in the making: the fields of its form. `version` 0 and `saved` empty: nothing is saved yet."""

    patient: str
    fields: Mapping[str, Any]
    version: int = 0
    saved: str = ""


async def draft(ctx: Context, patient: str) -> Draft:
    """One's own draft about a patient; an empty one when there is none."""
    found = await drafts.get(ctx.tx, ctx.actor.practitioner, KIND, patient)
    return (
        Draft(patient, found.content, found.version, instant(found.updated)) if found else Draft(patient, {})
    )


async def own_drafts(ctx: Context) -> list[Draft]:
    """All one's own drafts, the newest first."""
    found = await drafts.of(ctx.tx, ctx.actor.practitioner)
    return [Draft(e.subject, e.content, e.version, instant(e.updated)) for e in found if e.kind == KIND]


async def save(ctx: Context, wanted: Draft) -> Draft:
    """Save what is written. VersionMismatch when the draft was changed in another window."""
    key = (ctx.actor.practitioner, KIND, wanted.patient)
    saved = await drafts.save(ctx.tx, key, dict(wanted.fields), wanted.version)
    if saved is None:
        raise VersionMismatch("the draft was saved in another window")
    return Draft(wanted.patient, saved.content, saved.version, instant(saved.updated))


async def discard(ctx: Context, patient: str) -> None:
    """Delete one's own draft about a patient."""
    await drafts.discard(ctx.tx, ctx.actor.practitioner, KIND, patient)


async def replaced(ctx: Context, request: str) -> None:
    """An own request (reference) that could not be delivered was sent anew: its case is at its end."""
    if case := await cases.case_about(ctx, request):
        step = Step(to=State.CANCELLED, words=text("case.sent_anew"))
        await cases.move(ctx, case, step, Side.ASKER)
    await finish_tasks(ctx, request)


async def finish_tasks(ctx: Context, focus: str) -> None:
    """The open tasks about a resource are done, by this actor."""
    for task in await tasks_about(ctx, focus, OPEN):
        if not cases.is_case(task):
            status = {"status": "completed", "owner": _me(ctx), "lastModified": instant(now())}
            await gate.update(ctx, task | status)


async def tasks_about(ctx: Context, focus: str, statuses: str) -> list[Resource]:
    """Tasks about a resource, in one of these states."""
    query = parse("Task", [("focus", focus), ("status", statuses)], base=ctx.node.fhir)
    return [loads(row.body) for row in (await gate.search(ctx, query)).matches]


async def message_tasks(ctx: Context, system: str, message: str) -> list[Resource]:
    """Open tasks that a message made."""
    pairs = [("identifier", f"{system}|{message}"), ("status", OPEN)]
    query = parse("Task", pairs, base=ctx.node.fhir)
    return [loads(row.body) for row in (await gate.search(ctx.by(NODE_ITSELF), query)).matches]


def _me(ctx: Context) -> Resource:
    return {"reference": ctx.actor.role_reference or ctx.actor.practitioner, "display": ctx.actor.name}
