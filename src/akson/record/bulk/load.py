"""Resources taken in many at a time, each under its id: by one who may administer, or on the server open to anyone."""

from collections.abc import Sequence
from dataclasses import replace

from akson.fhir.model import Resource, reference
from akson.kit.settings import Level
from akson.record import gate
from akson.record.change import Change
from akson.record.context import Context, Policy
from akson.record.prepare import complete
from akson.record.validation import admit
from akson.security.actor import Action, Actor, Purpose
from akson.security.policy import Decision
from akson.store.record import resources
from akson.store.record.resources import Stored, Write

NEIGHBOURS = frozenset({"Binary", "DocumentReference", "Provenance"})
"""Types whose index depends on other resources."""


async def load(ctx: Context, found: Sequence[Resource], more: frozenset[str]) -> list[Stored]:
    """Store them all or, on any error, none; as they then are, in the order given. Each id at most once.

    `more` names the types of which more than rows has to be written. A node that keeps a log of accesses takes
    everything through the gate, as single writes.
    """
    grant = gate.granted(ctx, Action.ADMINISTER, "")
    inside = replace(ctx, place=replace(ctx.place, policy=_administering(ctx)))
    special = [place for place, each in enumerate(found) if grant.audited or each["resourceType"] in more]
    made: dict[int, Stored] = {}
    if special:
        changes = [Change(Action.UPDATE, found[place]) for place in special]
        written = await gate.transact(inside, changes, brought=True)
        made = {place: each.stored for place, each in zip(special, written, strict=True)}
    plain = [place for place in range(len(found)) if place not in made]
    stored = await _load_plain(inside, [found[place] for place in plain])
    made |= dict(zip(plain, stored, strict=True))
    return [made[place] for place in range(len(found))]


async def _load_plain(ctx: Context, found: Sequence[Resource]) -> list[Stored]:
    known = await ctx.definitions()
    siblings = {reference(each): (each, known.extract(each, base=ctx.node.fhir)) for each in found}
    writes = []
    for each in found:
        index = siblings[reference(each)][1]
        if ctx.place.level is not Level.STRUCTURE:
            await admit(ctx, each)
        if each["resourceType"] in NEIGHBOURS:
            await complete(ctx, each, index, siblings)
        writes.append(Write(each["resourceType"], each["id"], each, index))
    return await resources.write_many(ctx.tx, writes)


def _administering(ctx: Context) -> Policy:
    """Whoever may administer writes what an import brings: the policy inside it."""

    def policy(actor: Actor, _action: Action, _type: str, purpose: Purpose) -> Decision:
        return ctx.policy(actor, Action.ADMINISTER, "", purpose)

    return policy
