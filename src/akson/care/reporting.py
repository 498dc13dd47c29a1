"""Reports to registers as the one who sees to them has them: each register, how many stand where, and what went wrong.

What a patient has closed to the reader is in no list and no count.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from akson.care import correspondence
from akson.exchange.edge import report_facts
from akson.exchange.edge.report import SINCE
from akson.exchange.finding import find
from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import BY_MESSAGE, registers
from akson.exchange.reports.declare import Register
from akson.messaging.mapping import terms
from akson.messaging.outbox import ACKNOWLEDGED, FAILED, OPEN, OVERDUE, QUEUED, REJECTED
from akson.record import closed
from akson.record.context import NODE_ITSELF, Context
from akson.store.underway import messages, reports
from akson.store.underway.reports import Item

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
    """Why it was refused, or a remark of the register."""
    with_others: int
    """How many went in the same submission."""

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
    gathering: int
    """How many wait here for others to go with."""
    next_due: datetime | None
    """When what waits goes at the latest."""
    last_receipt: datetime | None
    troubled: tuple[Line, ...]
    latest: tuple[Line, ...]

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values()) and not self.gathering

    @property
    def standards(self) -> tuple[str, ...]:
        """The formats, as their owners call them."""
        return tuple(f"{each.standard} {each.version}" for each in self.register.ways)


async def overview(ctx: Context) -> list[Standing]:
    """All registers."""
    own = await correspondence.addresses(ctx)
    return [await _standing(ctx, register, own) for register in registers()]


async def _standing(ctx: Context, register: Register, own: list[str]) -> Standing:
    sums, late = await _counts(ctx, register, own)
    found = await closed.open_letters(ctx, await reports.latest(ctx.tx, register.messages, own, limit=SHOWN))
    troubled = await closed.open_letters(ctx, await reports.latest(ctx.tx, register.messages, own, TROUBLED))
    waiting = await _gathering(ctx, register)
    answered = [each.message.updated for each in found if each.state in (ACKNOWLEDGED, REJECTED)]
    return Standing(
        register,
        sums,
        late,
        len(waiting),
        min(waiting) + register.gather if waiting else None,
        max(filter(None, answered), default=None),
        await _lines(ctx, troubled),
        # What somebody must see to stands above, and not here too.
        await _lines(ctx, [each for each in found if each.state not in TROUBLED]),
    )


async def _counts(ctx: Context, register: Register, own: list[str]) -> tuple[dict[str, int], int]:
    """How many stand where, and how many are late, of those whose patients have not closed them to the reader."""
    found = Counter(await reports.counts(ctx.tx, register.messages, own, register.within))
    known = await reports.some_closed(ctx.tx, register.messages, own, register.within)
    is_late = {item.id: late for item, late in known}
    for item in await closed.open_letters(ctx, [item for item, _ in known]):
        found[item.state, is_late[item.id]] += 1
    sums = dict.fromkeys(STATES, 0)
    for (state, _), number in found.items():
        sums[said(state)] += number
    return sums, sum(number for (_, late), number in found.items() if late)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits to be told."""

    reference: str
    patient: str
    since: datetime


async def _gathering(ctx: Context, register: Register) -> list[datetime]:
    """Since when each thing of the actor's units waits to be told, but for what its patient has closed to the reader."""
    ready = await reports.ready(ctx.tx, register.kept, register.messages, OPEN, 100)
    since = {what: datetime.fromisoformat(value[SINCE]) for what, value in ready.items() if value.get(SINCE)}
    # Who sees to reports need not treat the patient: what there is to send is the unit's, what it says is not shown.
    node, found = ctx.by(NODE_ITSELF), []
    for what, start in since.items():
        resource = await report_facts.resource(node, what)
        units = await report_facts.units(node, resource) if resource else []
        if resource and (not units or ctx.actor.units.intersection(units)):
            found.append(Waiting(what, report_facts.patient(resource), start))
    return [each.since for each in await closed.open_letters(ctx, found)]


def said(state: str) -> str:
    """What people call a state of the message engine."""
    return {QUEUED: WAITING, ACKNOWLEDGED: TAKEN, REJECTED: REFUSED, FAILED: REFUSED}.get(state, SENT)


async def _lines(ctx: Context, shown: Sequence[Item]) -> tuple[Line, ...]:
    wanted = ",".join(sorted({each.patient for each in shown if each.patient}))
    people = await find(ctx, "Patient", ("_id", wanted), ("_count", "100")) if wanted else []
    names = {each["id"]: terms.person(each).full_name for each in people}
    return tuple([await _line(ctx, each, names) for each in shown])


async def _line(ctx: Context, item: Item, names: Mapping[str, str]) -> Line:
    register, name = BY_MESSAGE[item.message.type], names.get(item.patient, "")
    raw = await messages.payload(ctx.tx, item.message.id) if name else b""
    told = wire.read_own(register, item.message.type, raw)
    report = told[item.place] if item.place < len(told) else None
    beside = await closed.open_letters(ctx, await reports.items(ctx.tx, item.message.id))
    return Line(
        id=item.id,
        state=item.state,
        about=register.format.about(report) if report is not None else "",
        is_withdrawal=report is not None and register.format.is_withdrawal(report),
        patient=item.patient if name else "",
        patient_name=name,
        when=item.message.made,
        detail=item.detail,
        with_others=len(beside),
    )
