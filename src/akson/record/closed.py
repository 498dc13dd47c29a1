"""What a patient has closed to the actor, asked of what is about a patient and no resource: letters, streams, a notice.

Resources need none of this: the scope of every statement holds what is closed (rule blocks).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from akson.kit.clock import now
from akson.kit.settings import Role
from akson.record.context import Context
from akson.security.actor import Action, Kind
from akson.security.blocking import compiled
from akson.security.rules import blocks as rule
from akson.store.access import blocks, mirror
from akson.store.index.hashing import patient_number, resource_key
from akson.store.scope_holds import Block, Row, holds

LETTER = "DocumentReference"
"""A letter is closed as the document that it becomes, and as the resource that it carries."""


class About(Protocol):
    """Something about a patient: `reference` is the resource it carries or became, empty for none."""

    @property
    def patient(self) -> str: ...
    @property
    def reference(self) -> str: ...


T = TypeVar("T", bound=About)


async def open_letters(ctx: Context, found: Sequence[T]) -> list[T]:
    """Those that their patients have not closed to the actor; what is about nobody who is known here stays."""
    left = rule.leaves(ctx.actor, Action.READ, LETTER, ctx.purpose)
    if left is None:
        return list(found)
    # Asked for also where there is no letter: who has one that is closed waits no longer than who has none.
    known = await blocks.of_patients(ctx.tx, {patient_number(each.patient) for each in found if each.patient})
    moment = now()

    def is_open(each: T) -> bool:
        number = patient_number(each.patient)
        kind, _, id_ = each.reference.partition("/")
        things = {(LETTER, 0), (kind or LETTER, resource_key(kind, id_) if id_ else 0)}
        closed = known.get(number, ())
        return all(holds(left, Row(moment, number, type_, key, blocks=closed)) for type_, key in things)

    return [each for each in found if is_open(each)]


async def is_open(ctx: Context, patient: str, pid: str, reference: str) -> bool:
    """Whether the patient (id here, and identity number) has not closed what a reference of the platform names to the actor.

    What is closed of the patient's record here holds for it by its type; single entries of the platform are closed by
    rules that close nothing here.
    """
    kind, _, id_ = reference.partition("/")
    left = rule.leaves(ctx.actor, Action.READ, kind, ctx.purpose)
    number = patient_number(patient)
    known = await blocks.of_patients(ctx.tx, [number])
    there = replace(ctx.node, name=Role.SAMHANDLING.value, roles=frozenset({Role.SAMHANDLING}))
    rules = await mirror.of(ctx.tx.as_node, [pid])
    single = [block for each in compiled(rules, there).values() for block in each if block.key]
    row = Row(now(), number, kind, resource_key(kind, id_), blocks=(*known.get(number, ()), *single))
    return left is None or holds(left, row)


async def notice(ctx: Context, patient: str) -> str:
    """What personnel who treat the patient are told: a key of the catalogues, empty where nothing is closed to them.

    It follows from the patient's rules alone and says neither what is closed nor whether there is any of it: only that
    the patient can be asked, or that somebody else has to take over. That somebody has marked an entry, or that the
    citizen has asked about a look, is no business of theirs.
    """
    standing = await _closed_by_patient(ctx, patient)
    if standing and all(block.holds_in_emergency for block in standing):
        return "chart.closed_to_you"
    return "chart.closed_some" if standing and patient not in ctx.actor.opened else ""


async def may_ask(ctx: Context, patient: str) -> bool:
    """Whether the actor may ask the patient (id): something is closed that a consent opens, not only what holds in an emergency."""
    return any(not block.holds_in_emergency for block in await _closed_by_patient(ctx, patient))


async def _closed_by_patient(ctx: Context, patient: str) -> list[Block]:
    """What the patient (id) has closed to the actor, whether or not there is any of it."""
    if ctx.actor.kind is not Kind.PERSONNEL:
        return []
    mine, moment, number = rule.subjects(ctx.actor), now(), patient_number(patient)
    known = await blocks.of_patients(ctx.tx, [number], others=False)
    return [
        block
        for block in known.get(number, ())
        if block.low <= moment < block.high
        and block.listed == bool(block.subjects & mine)
        and not (block.excepted & mine)
    ]
