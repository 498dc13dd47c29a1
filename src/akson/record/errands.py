"""Errands of a supplier's people: asked for on a ticket, approved by somebody of the organisation, ended early by either.

The one who approves names the patient: who asks cannot try whether somebody is a patient here. All of it is in the access log.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from akson.kit.clock import now
from akson.kit.errors import Conflict, Issue, NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.record import trail
from akson.record.context import Context
from akson.record.people import People
from akson.record.refused import Refused
from akson.security.actor import Action
from akson.security.rules.access_log import sees_all
from akson.security.rules.supplier_errand import PARTS, is_supplier, may_decide
from akson.store.access import errands
from akson.store.access.errands import APPROVED, ASKED, DECLINED, Asking, Errand

PATIENT, TECHNICAL = "patient", "technical"
HOURS = (1, 2, 4, 8)
"""How long one may last."""
AHEAD = timedelta(days=14)
"""How far ahead one may begin."""
SHORTEST, LONGEST = 10, 300
"""Characters of the errand in words."""
TICKET = 40
"""Characters of a ticket at most."""
KEPT = timedelta(days=180)
"""How long what was asked for stands on the lists."""
MOST = 200
_NUMBER = re.compile(r"\d{11}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form of the one who asks holds."""

    ticket: str
    why: str
    kind: str
    topics: Sequence[str]
    starts: datetime | None
    """None where it is no time."""
    hours: int


async def ask(ctx: Context, wish: Wish) -> Asking:
    """Ask for an errand. Refused for all but a supplier's people; Unprocessable names what is missing."""
    if not is_supplier(ctx.actor) or ctx.actor.app is not None:
        raise _refused(ctx)
    ticket, why = " ".join(wish.ticket.split()), " ".join(wish.why.split())
    topics = tuple(topic for topic in PARTS if topic in wish.topics) if wish.kind == PATIENT else ()
    moment = now()
    right = {
        "ticket": 0 < len(ticket) <= TICKET
        and any(each.isdigit() for each in ticket)
        and not _is_number(ticket),
        "why": SHORTEST <= len(why) <= LONGEST and not _is_number(why),
        "kind": wish.kind in (PATIENT, TECHNICAL),
        "topics": bool(topics) or wish.kind != PATIENT,
        "starts": wish.starts is not None and moment - timedelta(hours=1) <= wish.starts <= moment + AHEAD,
        "hours": wish.hours in HOURS,
    }
    if wrong := [Issue("value", f"{name} is wrong", (name,)) for name, fits in right.items() if not fits]:
        raise Unprocessable("ticket, errand, what is needed and when are told", issues=tuple(wrong))
    actor = ctx.actor
    asking = Asking(
        new_id(), actor.practitioner, actor.name, actor.unit_name, actor.unit_number,
        ticket, why, wish.kind, topics, max(wish.starts or moment, moment), wish.hours,
    )  # fmt: skip
    await errands.add(ctx.tx, asking)
    await trail.supplier(ctx, Action.CREATE, "reason.supplier_asked", "", _told(asking))
    return asking


async def approve(ctx: Context, id_: str, number: str) -> Errand:
    """Let somebody do what was asked for; `number`: identity number of the patient, where it is about one.

    NotFound for what is not there or another leader's, Conflict for what is decided already and for one who may not decide just this,
    Unprocessable where nobody has the number, or a leader's units do not treat the patient.
    """
    errand = await _to_decide(ctx, id_)
    patient = await _named(ctx, number) if errand.asking.kind == PATIENT else ""
    if not patient and not sees_all(ctx.actor):
        raise Conflict("what is about the node as a whole is for the privacy officer to decide")
    decider = (ctx.actor.practitioner, ctx.actor.name)
    await errands.decide(ctx.tx, id_, APPROVED, decider, "", patient)
    await trail.supplier(ctx, Action.UPDATE, "reason.supplier_approved", patient, _told(errand.asking))
    return await _one(ctx, id_)


async def decline(ctx: Context, id_: str, note: str) -> None:
    """Say no, with what the one who asked is told. As `approve`."""
    errand = await _to_decide(ctx, id_)
    note = " ".join(note.split())
    if len(note) > LONGEST or _is_number(note):
        raise Unprocessable("a short note", expression=("note",))
    decider = (ctx.actor.practitioner, ctx.actor.name)
    await errands.decide(ctx.tx, id_, DECLINED, decider, note, "")
    await trail.supplier(ctx, Action.UPDATE, "reason.supplier_declined", "", _told(errand.asking))


async def end(ctx: Context, id_: str) -> None:
    """End it before its time: the one whose it is, or those who may approve. Nothing happens when it is over."""
    decides = await _is_of_the_organization(ctx)
    errand = await _one(ctx, id_)
    mine = is_supplier(ctx.actor) and errand.asking.practitioner == ctx.actor.practitioner
    if not mine and not (decides and _supervises(ctx, errand)):
        raise NotFound("No such errand")
    if await errands.end(ctx.tx, id_, ctx.actor.name):
        told = _told(errand.asking)
        await trail.supplier(ctx, Action.UPDATE, "reason.supplier_ended", errand.patient, told)


async def mine(ctx: Context) -> list[Errand]:
    """What the reader has asked for, newest first. Refused for all but a supplier's people."""
    if not is_supplier(ctx.actor):
        raise _refused(ctx)
    return await errands.of_person(ctx.tx, ctx.actor.practitioner, now() - KEPT, MOST)


async def supervised(ctx: Context) -> list[Errand]:
    """What the reader decides on and follows up: all for the privacy officer, what waits and the own for a leader."""
    if not await _is_of_the_organization(ctx):
        raise _refused(ctx)
    decider = None if sees_all(ctx.actor) else ctx.actor.practitioner
    return await errands.since(ctx.tx, now() - KEPT, decider, MOST)


async def supervised_one(ctx: Context, id_: str) -> Errand:
    """One of them. NotFound for all others."""
    # Asked before the errand is: what others decide on takes no longer than what is not there.
    decides = await _is_of_the_organization(ctx)
    errand = await _one(ctx, id_)
    if not (decides and _supervises(ctx, errand)):
        raise NotFound("No such errand")
    return errand


async def _to_decide(ctx: Context, id_: str) -> Errand:
    if not await _is_of_the_organization(ctx):
        raise _refused(ctx)
    errand = await _one(ctx, id_)
    if not _supervises(ctx, errand):
        raise NotFound("No such errand")
    if errand.state != ASKED:
        raise Conflict("it is decided already")
    return errand


def _supervises(ctx: Context, errand: Errand) -> bool:
    """Whether an errand is among those that one who decides on errands decides on or has decided."""
    return sees_all(ctx.actor) or errand.state == ASKED or errand.decider == ctx.actor.practitioner


async def _is_of_the_organization(ctx: Context) -> bool:
    """Whether the reader answers for the use of the system, and works for no supplier beside it."""
    actor = ctx.actor
    if not may_decide(actor) or actor.app is not None:
        return False
    return not await People(ctx.place).works_for_supplier(ctx.tx, actor.practitioner)


async def _named(ctx: Context, number: str) -> str:
    """Id of the patient of an identity number whom the one who approves may decide about."""
    people = People(ctx.place)
    if sees_all(ctx.actor):
        found = await people.patient(ctx.tx, number) if number else None
        patient = str(found["id"]) if found else ""
    else:
        patient = await people.treated(ctx.tx, ctx.actor, number) if number else ""
    if not patient:
        raise Unprocessable("nobody here has this number", expression=("number",))
    return patient


async def _one(ctx: Context, id_: str) -> Errand:
    found = await errands.one(ctx.tx, id_)
    if found is None:
        raise NotFound("No such errand")
    return found


def _refused(ctx: Context) -> Refused:
    return Refused("reason.no_rule", trail.refused(ctx, Action.ADMINISTER, "", "reason.no_rule"))


def _told(asking: Asking) -> str:
    return f"{asking.ticket}: {asking.why}"


def _is_number(words: str) -> bool:
    """Whether an identity number stands in a text that the log and the patient will read."""
    return bool(_NUMBER.search(words.replace(" ", "")))
