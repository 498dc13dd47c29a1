"""Powers of attorney at the platform: given and taken back by the citizen alone, to somebody close."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from akson.fhir.model import Resource
from akson.fhir.search_parse import parse
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import NotAllowed, NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.kit.norwegian import FNR
from akson.record import gate, representation, trail
from akson.record.context import Context
from akson.security.actor import Action, Kind
from akson.security.representation import ALL
from akson.security.topics import PRIVACY
from akson.store.access import attorneys
from akson.store.access.attorneys import Power
from akson.store.index.hashing import patient_number

LONGEST = timedelta(days=5 * 366)


async def close_to(ctx: Context) -> dict[str, Resource]:
    """Those close to the citizen who can be given a power: RelatedPersons with an identity number, by id."""
    _oneself(ctx)
    query = parse("RelatedPerson", [("patient", f"Patient/{ctx.actor.patient}")], base=ctx.node.fhir)
    found = [loads(stored.body) for stored in (await gate.search(ctx, query)).matches]
    return {each["id"]: each for each in found if _number(each)}


async def given(ctx: Context) -> Sequence[Power]:
    """What the citizen has given, what was taken back too."""
    _oneself(ctx)
    grant = gate.granted(ctx, Action.READ, PRIVACY)
    await trail.ruled(ctx, grant, Action.READ, patient_number(ctx.actor.patient))
    return await attorneys.given(ctx.tx.as_node, ctx.actor.pid)


async def received(ctx: Context) -> Sequence[Power]:
    """What the citizen was given, what ended too."""
    _oneself(ctx)
    grant = gate.granted(ctx, Action.READ, PRIVACY)
    found = await attorneys.received(ctx.tx.as_node, ctx.actor.pid)
    for pat in sorted({each.pat for each in found}):
        await trail.ruled(ctx, grant, Action.READ, pat)
    return found


async def give(ctx: Context, relative: str, areas: frozenset[str], until: datetime) -> None:
    """Let one of those close (id) do so much for the citizen until a moment, five years from now at most.

    Unprocessable, with the element, for nothing, for what does not exist, for a time that no power lasts, and where the
    one is not 16 or the other not 18.
    """
    grant = gate.granted(ctx, Action.CREATE, PRIVACY)
    holder = (await close_to(ctx)).get(relative)
    if holder is None:
        raise NotFound("Nobody close by that id")
    if not areas or areas - ALL:
        raise Unprocessable("A power of attorney is for journal or personvern", expression=("areas",))
    if not now() < until <= now() + LONGEST:
        raise Unprocessable("A power of attorney ends within five years", expression=("until",))
    if not await representation.old_enough(ctx.tx, ctx.actor.pid, _number(holder)):
        raise Unprocessable("Who gives it is 16, and who is given it 18", expression=("holder",))
    name: Resource = next(iter(holder.get("name", [])), {})
    called = " ".join([*name.get("given", []), name.get("family", "")]).strip()
    pat = patient_number(ctx.actor.patient)
    given_ = (ctx.actor.pid, _number(holder), ctx.actor.name, called, sorted(areas), pat, until)
    power = Power(new_id(), *given_)
    await attorneys.add(ctx.tx.as_node, power)
    await trail.ruled(ctx, grant, Action.CREATE, pat, (power.id, power.version))


async def take_back(ctx: Context, id_: str) -> None:
    """From now on nobody acts by it. NotFound when it is not there or not one's own."""
    _oneself(ctx)
    grant = gate.granted(ctx, Action.UPDATE, PRIVACY)
    if not await attorneys.withdraw(ctx.tx.as_node, ctx.actor.pid, id_):
        raise NotFound("No such power of attorney")
    await trail.ruled(ctx, grant, Action.UPDATE, patient_number(ctx.actor.patient), (id_, 2))


def _oneself(ctx: Context) -> None:
    """Whoever acts for somebody gives no powers in their name."""
    if ctx.actor.kind is not Kind.CITIZEN:
        raise NotAllowed("Powers of attorney are given by the citizen")


def _number(person: Resource) -> str:
    return next((str(i["value"]) for i in person.get("identifier", []) if i.get("system") == FNR), "")
