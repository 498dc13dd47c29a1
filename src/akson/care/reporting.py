"""Reports to registers as the one who sees to them has them: each register, how many stand where, and what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from akson.care import correspondence
from akson.exchange.finding import find
from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import BY_MESSAGE, REGISTERS
from akson.exchange.reports.declare import Register
from akson.messaging.mapping import terms
from akson.messaging.outbox import ACKNOWLEDGED, FAILED, OVERDUE, QUEUED, REJECTED
from akson.record import closed
from akson.record.context import Context
from akson.store.underway import messages, reports
from akson.store.underway.messages import Message

WAITING, SENT, TAKEN, REFUSED = "waiting", "sent", "accepted", "refused"
STATES = (WAITING, SENT, TAKEN, REFUSED)
TROUBLED = (REJECTED, FAILED, OVERDUE)
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Line:
    """The last report about one thing. What it is about, and whom, only for those who may see the patient."""

    id: str
    state: str
    """Of the engine, as STATES of `care/correspondence.py` has it."""
    about: str
    is_withdrawal: bool
    patient: str
    patient_name: str
    when: datetime | None
    detail: str

    @property
    def may_again(self) -> bool:
        return self.state in (REJECTED, FAILED)

    @property
    def advice(self) -> str:
        """What to do (key of the catalogues)."""
        return f"report.advice_{self.state}"


@dataclass(frozen=True, slots=True)
class Standing:
    """One register with the reports of the actor's units."""

    register: Register
    counts: Mapping[str, int]
    """By what people call the states (STATES)."""
    late: int
    troubled: tuple[Line, ...]
    latest: tuple[Line, ...]

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())


async def overview(ctx: Context) -> list[Standing]:
    """All registers."""
    own = await correspondence.addresses(ctx)
    counts = await reports.counts(ctx.tx, list(BY_MESSAGE), own)
    return [await _standing(ctx, register, own, counts) for register in REGISTERS]


async def _standing(
    ctx: Context, register: Register, own: list[str], counts: Mapping[tuple[str, str], int]
) -> Standing:
    types = [register.message]
    sums = dict.fromkeys(STATES, 0)
    for (type_, state), number in counts.items():
        if type_ == register.message:
            sums[said(state)] += number
    late = await reports.late(ctx.tx, types, own, register.within)
    return Standing(
        register,
        sums,
        late.get(register.message, 0),
        await _lines(ctx, await reports.latest(ctx.tx, types, own, TROUBLED)),
        await _lines(ctx, await reports.latest(ctx.tx, types, own, limit=SHOWN)),
    )


def said(state: str) -> str:
    """What people call a state of the message engine."""
    return {QUEUED: WAITING, ACKNOWLEDGED: TAKEN, REJECTED: REFUSED, FAILED: REFUSED}.get(state, SENT)


async def _lines(ctx: Context, found: list[Message]) -> tuple[Line, ...]:
    shown = await closed.open_letters(ctx, found)
    wanted = ",".join(sorted({each.patient for each in shown if each.patient}))
    people = await find(ctx, "Patient", ("_id", wanted), ("_count", "100")) if wanted else []
    names = {each["id"]: terms.person(each).full_name for each in people}
    return tuple([await _line(ctx, each, names) for each in shown])


async def _line(ctx: Context, message: Message, names: Mapping[str, str]) -> Line:
    register = BY_MESSAGE[message.type]
    name = names.get(message.patient, "")
    report = wire.read_own(register, await messages.payload(ctx.tx, message.id)) if name else None
    return Line(
        id=message.id,
        state=message.state,
        about=register.format.about(report) if report else "",
        is_withdrawal=report is not None and register.format.is_withdrawal(report),
        patient=message.patient if name else "",
        patient_name=name,
        when=message.made,
        detail=await _reason(ctx, message),
    )


async def _reason(ctx: Context, message: Message) -> str:
    """Why it was not accepted, in the register's words and without its codes; else what the engine knows."""
    errors = [each for one in await messages.receivers(ctx.tx, message.id) for each in one.errors]
    words = [str(each.get("details") or each.get("description") or "") for each in errors]
    return ". ".join(filter(None, words)) or (message.detail if message.state == FAILED else "")
