"""Referrals: the draft that saves itself, and what the receiving unit decides.

One draft for each author and patient. A decision stands on the receiver's own request and its task, so that the patient
and those who look see where the referral is; the letter that tells the sender is the caller's to send.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from akson.fhir.model import Resource, coding
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import instant, now
from akson.kit.errors import Conflict, VersionMismatch
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context
from akson.store.underway import drafts

KIND = "referral"
DECISION = "https://akson.example/fhir/CodeSystem/henvisning-beslutning"
OPEN = "requested,received,accepted,ready,in-progress,on-hold"


class Decision(StrEnum):
    """What a unit decides on a referral that it received."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    ANSWERED = "answered"
    """The discharge summary was sent."""


_REQUEST_STATUS = {
    Decision.ACCEPTED: "active",
    Decision.DECLINED: "revoked",
    Decision.ANSWERED: "completed",
}


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
    """An own request (reference) that could not be delivered was sent anew: it does not apply any more."""
    resource, version = await _read(ctx, request)
    await gate.update(ctx, resource | {"status": "revoked"}, if_match=version)
    await finish_tasks(ctx, request)


async def decide(ctx: Context, request: str, decision: Decision, words: str = "") -> None:
    """Note what the unit decides on a referral (reference). Conflict when it was declined or answered before."""
    resource, version = await _read(ctx, request)
    if resource.get("status") not in ("active", "on-hold"):
        raise Conflict("the referral was decided on before")
    note = {"authorReference": _me(ctx), "time": instant(now()), "text": words}
    notes = [*resource.get("note", []), *([note] if words else [])]
    changed = resource | {"status": _REQUEST_STATUS[decision]} | ({"note": notes} if notes else {})
    if changed != resource:
        await gate.update(ctx, changed, if_match=version)
    await finish_tasks(ctx, request, decision)


async def finish_tasks(ctx: Context, focus: str, decision: Decision | None = None) -> None:
    """The open tasks about a resource are done, by this actor; for a referral with what was decided."""
    for task in await tasks_about(ctx, focus, OPEN):
        status = {"status": "completed", "owner": _me(ctx), "lastModified": instant(now())}
        words = {"businessStatus": {"coding": [coding(DECISION, decision.value)]}} if decision else {}
        await gate.update(ctx, task | status | words)


async def decision_on(ctx: Context, request: str) -> Decision | None:
    """What was decided last on a referral; None while it waits."""
    resource, _ = await _read(ctx, request)
    status = resource.get("status")
    if status == "revoked":
        return Decision.DECLINED
    if status == "completed":
        return Decision.ANSWERED
    tasks = await tasks_about(ctx, request, "completed")
    return Decision.ACCEPTED if any("businessStatus" in task for task in tasks) else None


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


async def _read(ctx: Context, reference: str) -> tuple[Resource, int]:
    stored = await gate.read(ctx, *reference.split("/", 1))
    return loads(stored.body), stored.version
