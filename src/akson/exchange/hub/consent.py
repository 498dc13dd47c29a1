"""Opening what is closed with the patient's consent, at the platform: personnel ask, the citizen answers; or they write it down.

The consent is a rule of the citizen like the others (`aapning`): every node hears of it within seconds, and the citizen can
end it. What holds in an emergency too, it does not open.
"""

from collections.abc import Sequence
from datetime import timedelta

from akson.exchange.hub import asked, privacy
from akson.exchange.hub.privacy import OPENING, Order
from akson.exchange.wish import Wish
from akson.fhir.strict_json import loads
from akson.kit.clock import now
from akson.kit.errors import NotFound, Unprocessable
from akson.kit.ids import new_id
from akson.record import gate, trail
from akson.record.context import Context
from akson.record.identity import numbers
from akson.security.actor import Action
from akson.security.privacy import FETCHING, Subject, Terms
from akson.security.topics import CONSENT
from akson.store.access import consents
from akson.store.access.consents import Wanted
from akson.store.access.privacy import Version
from akson.store.index.hashing import patient_number


async def ask(ctx: Context, wish: Wish) -> str:
    """Ask the patient of the attest on `/innbygger`; the id of the request."""
    grant = gate.granted(ctx, Action.CREATE, CONSENT)
    actor, subject = ctx.actor, _subject(ctx, wish)
    wanted = Wanted(
        new_id(),
        await _patient(ctx),
        patient_number(actor.patient),
        actor.hpr,
        subject.key,
        actor.name,
        actor.role,
        actor.unit_name,
        actor.organization_name,
        wish.why,
        wish.hours,
    )
    await consents.ask(ctx.tx.as_node, wanted)
    await trail.ruled(ctx, grant, Action.CREATE, wanted.pat, (wanted.id, 1))
    return wanted.id


async def write_down(ctx: Context, wish: Wish) -> Version:
    """The patient of the attest has said yes in the room: what was closed opens now."""
    return await privacy.write_down(ctx, _order(_subject(ctx, wish), wish.hours), await _patient(ctx))


async def waiting(ctx: Context) -> Sequence[Wanted]:
    """Those who ask the citizen and have no answer."""
    return await asked.waiting(ctx, consents.waiting)


async def answer(ctx: Context, id_: str, *, agreed: bool) -> Version | None:
    """The citizen's answer; the opening, where it was yes. NotFound where nobody waits for it any more."""
    found = await consents.answer(ctx.tx.as_node, privacy.whose(ctx), id_, agreed=agreed)
    wanted = await asked.answered(ctx, found, agreed=agreed)
    if wanted is None:
        return None
    kind, _, number = wanted.subject.partition(":")
    name = wanted.unit if kind == "unit" else _named(wanted.name, wanted.unit)
    return await privacy.put(ctx, _order(Subject(kind, number, name), wanted.hours))


def _order(subject: Subject, hours: int) -> Order:
    begins = now()
    return Order(OPENING, Terms(FETCHING, (subject,)), low=begins, high=begins + timedelta(hours=hours))


def _subject(ctx: Context, wish: Wish) -> Subject:
    actor = ctx.actor
    if wish.for_unit and not actor.unit_number:
        raise Unprocessable("The attest names no unit", expression=("gjelder",))
    if wish.for_unit:
        return Subject("unit", actor.unit_number, actor.unit_name)
    return Subject("hpr", actor.hpr, _named(actor.name, actor.unit_name))


def _named(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


async def _patient(ctx: Context) -> str:
    """Identity number of the patient of the attest."""
    found = numbers(loads((await gate.read(ctx, "Patient", ctx.actor.patient)).body))
    if not found:
        raise NotFound("No citizen by that attest")
    return next(iter(found))
