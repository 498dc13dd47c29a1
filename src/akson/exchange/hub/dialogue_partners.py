"""Other services in threads of the dialogue service: where the citizen agrees, and no longer.

A citizen who writes to a service, or brings one into a thread, lets it read and answer there, and takes it out again. A service writes of
itself to those alone who share something with it; what it writes, the citizen reads.
"""

from collections.abc import Callable
from dataclasses import replace

from akson.exchange.hub import partner
from akson.exchange.hub.desk import Desk, addresses, of_units
from akson.exchange.hub.dialogue import held, name_of, stepped
from akson.exchange.thread_making import with_party, without_party
from akson.exchange.threads import Did, Thread, service_side, unit
from akson.fhir.extract import extract
from akson.fhir.model import Resource
from akson.fhir.strict_json import loads
from akson.kit.errors import NotAllowed, NotFound
from akson.record import gate, partners
from akson.record.context import Context
from akson.security.actor import Kind, Talks
from akson.security.rules.dialogue import CITIZEN


async def of_partner(ctx: Context, patient: str = "") -> Desk:
    """The desk of a case worker of another service, or of its own system. With `patient` (id), threads about that citizen can begin.

    Refused, with a row for the citizen, where nothing is shared; who is not known here looks the same.
    """
    actor = ctx.actor
    if actor.kind is not Kind.PARTNER or not actor.unit_number:
        raise NotAllowed("the desk is for cooperating services")
    if patient:
        partners.require(ctx, patient, shared=True)
    side = service_side(actor.unit_number)
    known = {found for each in await of_units(ctx, [side]) if (found := extract(each).patient)}
    seated = replace(actor, talks=Talks(frozenset({side}), frozenset(known | {patient} - {""})))
    name = ", ".join(filter(None, (actor.name, actor.unit_name)))
    return Desk(ctx.by(seated), frozenset({side}), unit(side, name), name, addresses(ctx), patient)


async def choices(ctx: Context) -> list[tuple[str, str]]:
    """The services that a citizen can write to, and bring into a thread: side and name."""
    return [
        (service_side(partners.number(each)), str(each["name"]))
        for each in await partner.bodies(ctx)
        if partners.number(each)
    ]


async def bring(desk: Desk, id_: str, side: str) -> Thread:
    """The citizen lets a service read and answer in a thread, all that was written among it. Unprocessable (`to`) for one that is none."""
    found = await _of_citizen(desk, id_)
    name = await name_of(desk, side)
    await _relabel(desk, found, side, with_party)
    return await stepped(desk, found.task | {"meta": with_party(found.task, side)}, Did.BROUGHT, "-", name)


async def leave(desk: Desk, id_: str, side: str) -> Thread:
    """The citizen takes a service out: it reads nothing there any more. NotFound for one that takes no part, NotAllowed for the one that answers."""
    found = await _of_citizen(desk, id_)
    if side not in found.services:
        raise NotFound("No such service in the thread")
    if side == found.unit:
        raise NotAllowed("the thread is with that service: it is closed, and not left")
    name = await name_of(desk, side)
    await _relabel(desk, found, side, without_party)
    return await stepped(desk, found.task | {"meta": without_party(found.task, side)}, Did.LEFT, "-", name)


async def _of_citizen(desk: Desk, id_: str) -> Thread:
    if CITIZEN not in desk.sides:
        raise NotAllowed("the citizen says who takes part")
    return await held(desk, id_)


async def _relabel(desk: Desk, found: Thread, side: str, meta: Callable[[Resource, str], Resource]) -> None:
    """Messages and files with the labels of those who read them now."""
    for message in found.messages:
        for each in message.files:
            binary = loads((await gate.read(desk.ctx, "Binary", each.binary)).body)
            await gate.update(desk.ctx, binary | {"meta": meta(binary, side)})
        await gate.update(desk.ctx, message.resource | {"meta": meta(message.resource, side)})
