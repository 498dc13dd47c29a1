"""Reports (rapportering) from a record system: what is written here and a register must know is told there, and followed.

From a mark in the own events: what has happened is noted as what may have to be told, in the transaction that moves the mark.
For each such thing the last report that the register has taken is held against what the record says now, and the next
step towards it is sent: a report, or the withdrawal of the old one, together with what else waits where the register takes
many at once. No more than one is under way about a thing, so nothing overtakes; the step and the note end in one transaction,
so nothing is told twice or lost, wherever a process is killed.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from akson.exchange.edge import report_facts, send
from akson.exchange.edge.filing import OPEN_TASKS, TASK_KIND
from akson.exchange.edge.mailroom import Mailroom
from akson.exchange.finding import find
from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import BY_MESSAGE, BY_SLUG, registers
from akson.exchange.reports.declare import Lacks, Register, Submission, Way
from akson.fhir.model import Resource
from akson.kit.clock import instant, now
from akson.kit.errors import AksonError, Conflict, NotFound
from akson.kit.ids import new_id
from akson.kit.log import Event, log
from akson.kit.text import kept
from akson.messaging import outbox, times
from akson.messaging.addresses import Entry
from akson.messaging.inbox import Why
from akson.messaging.model import Code, Header, Party, Person
from akson.messaging.outbox import ACKNOWLEDGED, FAILED, OPEN, REJECTED, Sending
from akson.record import closed, gate
from akson.record.context import NODE_ITSELF, Context
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE as READER
from akson.store.record import events
from akson.store.record.events import Mark
from akson.store.underway import keep, messages, reports
from akson.store.underway.messages import Message
from akson.store.underway.reports import Item

MARK, OWN = "report-mark", "own"
NOW = "report-now"
"""Kind under which it is kept that somebody wants a register to be told at once."""
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
LONG = 3e9
"""Seconds: as good as for ever."""
LOT = 100
"""Events, and reports, that are dealt with at once."""
PAUSE, RETRY = 0.5, 5.0
REMEMBER = 600.0
"""Seconds that it is remembered who may send claims over the interface."""
REFUSED = (REJECTED, FAILED)
AGAIN, NEXT, SINCE = "again", "next", "since"
"""What is kept of what may have to be told: somebody asks for it anew; a step was sent, and another may follow; since when."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a register is to be told next of one thing."""

    reference: str
    patient: str
    said: Any
    way: Way[Any]
    address: str
    """HER-id of the own unit that reports."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What may have to be told: a resource, as it is now and as it was told."""

    reference: str
    resource: Resource | None
    told: Sequence[Item]
    address: str
    """HER-id of the own unit that reports."""
    sender: Party

    @property
    def patient(self) -> str:
        """Id of the Patient."""
        if self.resource:
            return report_facts.patient(self.resource)
        return self.told[0].patient if self.told else ""


@dataclass(slots=True)
class Reporter:
    """What one node tells registers."""

    mailroom: Mailroom
    _practices: Mapping[str, str] | None = None
    """What HELFO calls the node's own units, by their organisation numbers; None while that was never told."""
    _asked: float = 0.0
    _rests: dict[str, float] = field(default_factory=dict)
    """Until when a register is left alone that could not be told, by its slug."""

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            try:
                is_more = await self.once()
            except AksonError as error:
                log(Event.PEER_FAILED, job="reports", error=type(error).__name__)
                await asyncio.sleep(RETRY)
                continue
            await asyncio.sleep(0 if is_more else PAUSE)

    async def once(self) -> bool:
        """Note what has happened and take the next steps; whether there may be more."""
        is_more = await self.note()
        for register in registers():
            if self._rests.get(register.slug, 0.0) > time.monotonic():
                continue
            try:
                is_more |= await self._tell(register)
            except AksonError as error:
                # The other registers are told: this one is tried again.
                log(Event.PEER_FAILED, job="report", error=type(error).__name__)
                self._rests[register.slug] = time.monotonic() + RETRY
        return is_more

    async def note(self) -> bool:
        """Take in the next events: each of a type that starts a report may have to be told. Begins with what comes after now."""
        async with self.mailroom.place.database.transaction(reader=READER) as tx:
            state = await keep.lock(tx, MARK, OWN)
            if state is None:
                mark = await events.latest(tx)
                await keep.add(tx, MARK, OWN, _kept(mark), LONG)
                return True
            found = await events.after(tx, Mark(int(state["xid"]), int(state["sequence"])), limit=LOT)
            ctx = Context(NODE_ITSELF, tx.as_node, self.mailroom.place)
            for each in found:
                for register, reference in await report_facts.started(ctx, each.reference):
                    if reference == each.reference:
                        await keep.add(tx, register.kept, reference, {SINCE: instant(now())}, LONG)
                    else:
                        # A consent that is given or taken back waits for nobody.
                        await keep.put(tx, register.kept, reference, {NEXT: True}, FOREVER)
            if found:
                await keep.put(tx, MARK, OWN, _kept(found[-1].mark), FOREVER)
        return len(found) == LOT

    async def _tell(self, register: Register) -> bool:
        """Take the next steps with what waits. Nothing is lost while there is no address."""
        async with self.mailroom.place.database.transaction(read_only=True, reader=READER) as tx:
            ready = await reports.ready(tx, register.kept, register.messages, OPEN, LOT)
            asked = await keep.get(tx, NOW, register.slug)
        if not self.mailroom.own or not (asked is not None or _is_time(register, ready)):
            return False
        taking = {way.message: await self.mailroom.book.that_take(way.message) for way in register.ways}
        if not any(taking.values()):
            return False
        ways = {message: entries[0] for message, entries in taking.items() if entries}
        if any(register.way(message).needs_practice for message in ways):
            await self._learn_practices()
        try:
            await self._submit(register, ways, list(ready))
        except AksonError as error:
            log(Event.JOB_FAILED, job="report", error=type(error).__name__)
            # One that cannot be told must not hold up the others: each by itself, and that one is tried again.
            for what in ready:
                try:
                    await self._submit(register, ways, [what])
                except AksonError as failed:
                    log(Event.JOB_FAILED, job="report", error=type(failed).__name__)
        if asked is not None:
            async with self.mailroom.place.database.transaction(reader=READER) as tx:
                await keep.delete(tx, NOW, register.slug)
        return len(ready) == LOT

    async def _submit(self, register: Register, ways: Mapping[str, Entry], ready: Sequence[str]) -> None:
        """Tell what is due of these things, in as few submissions as may be."""
        async with self.mailroom.place.database.transaction(reader=READER) as tx:
            due = [step for what in ready if (step := await self._step(tx, register, ways, what))]
            for way, address, lot in _together(due):
                await self._post(tx, register, way, ways[way.message], address, lot)

    async def _post(
        self, tx: Tx, register: Register, way: Way[Any], receiver: Entry, address: str, lot: Sequence[Due]
    ) -> None:
        ctx = Context(NODE_ITSELF, tx.as_node, self.mailroom.place)
        sender, _ = await send.sender_of(ctx, self.mailroom, address)
        head = _header(way, sender, receiver.party)
        practice = self._practice(sender) if way.needs_practice else ""
        about = lot[0] if len(lot) == 1 else None
        sending = Sending(
            about.patient if about else "",
            about.reference if about else "",
            owner_role=self.mailroom.role,
            answer_within=register.within,
            content_type=way.content_type,
        )
        raw = way.write(Submission(head, [each.said for each in lot], practice))
        message = await outbox.post(tx, head, raw, sending, self.mailroom.signer if way.is_letter else None)
        key = register.format.key
        await reports.add(tx, message.id, [(each.reference, each.patient, key(each.said)) for each in lot])
        for each in lot:
            # It stays noted until the register has answered: there may be another step.
            await keep.put(tx, register.kept, each.reference, {NEXT: True}, FOREVER)

    async def _step(self, tx: Tx, register: Register, ways: Mapping[str, Entry], what: str) -> Due | None:
        asked = await keep.lock(tx, register.kept, what)
        told = await reports.told(tx, what, register.messages)
        if asked is None or any(each.state in OPEN for each in told):
            return None
        ctx = Context(NODE_ITSELF, tx.as_node, self.mailroom.place)
        resource = await report_facts.resource(ctx, what)
        address = await self._address(ctx, resource, told)
        sender, _ = await send.sender_of(ctx, self.mailroom, address)
        thing = Thing(what, resource, told, address, sender)
        try:
            said = await self._due(ctx, register, thing)
        except Lacks as error:
            await self._cannot(tx, register, thing, error, again=bool(asked.get(AGAIN)))
            return None
        if said is None:
            await _finish_tasks(ctx, what)
        if said is None or (not asked.get(AGAIN) and await _refused_before(tx, register, thing, said)):
            await keep.delete(tx, register.kept, what)
            return None
        # What a register has taken in one way is corrected in the same.
        before = [each.message.type for each in told if each.state == ACKNOWLEDGED]
        open_ = [each for each in ways if self._practice(sender) or not register.way(each).needs_practice]
        if not open_:
            return None
        way = register.way(next(each for each in [*before, *open_] if each in open_))
        return Due(what, thing.patient, said, way, thing.address)

    async def _due(self, ctx: Context, register: Register, thing: Thing) -> Any | None:
        """The next report, or None where the register holds what it is to hold. Raises Lacks."""
        form = register.format
        taken = next((each for each in thing.told if each.state == ACKNOWLEDGED), None)
        held = await _said(ctx.tx, register, taken) if taken else None
        if held is not None and form.is_withdrawal(held):
            held = None
        wanted = None
        if thing.resource is not None:
            wanted = form.make(await report_facts.facts(ctx, register, thing.resource, thing.sender))
        if held is None or taken is None:
            return wanted
        if wanted is not None and form.essence(_as_told(register, taken, thing, wanted)) == form.essence(
            held
        ):
            return None
        return (form.amended(held, wanted) if wanted is not None else None) or form.withdrawal(held)

    async def _address(self, ctx: Context, resource: Resource | None, told: Sequence[Item]) -> str:
        """The own unit that reports: the one that reported before, else that of who did it, else the first."""
        own = self.mailroom.own
        if before := next((each.message.from_her for each in told if each.message.from_her in own), ""):
            return before
        units = await report_facts.units(ctx, resource or {})
        return next((her for unit in units for her in self.mailroom.of_units(frozenset({unit}))), min(own))

    async def _learn_practices(self) -> None:
        """Ask from time to time; while there is no answer, what was told last holds."""
        if self._practices is not None and self._asked + REMEMBER > time.monotonic():
            return
        try:
            self._practices = await self.mailroom.ways().practices()
            self._asked = time.monotonic()
        except AksonError:
            if self._practices is None:
                raise

    def _practice(self, sender: Party) -> str:
        """What HELFO calls the one who sends; empty where it takes no claims of its over the interface."""
        units = [each for each in (sender.department, sender.organization) if each]
        numbers = [i.id for unit in units for i in unit.idents if i.type == "ENH"]
        known = self._practices or {}
        return next((known[each] for each in numbers if each in known), "")

    async def _cannot(self, tx: Tx, register: Register, thing: Thing, error: Lacks, *, again: bool) -> None:
        """What cannot be written is somebody's task: a report that has failed, told once for each reason."""
        detail = kept(error.texts)
        await keep.delete(tx, register.kept, thing.reference)
        last = next(iter(thing.told), None)
        if not again and last and (last.state, last.detail) == (FAILED, detail):
            return
        id_ = new_id()
        made = Message(
            id=id_, direction="out", msg_id=id_, type=register.messages[-1], state=FAILED, from_her=thing.address,
            to_her="", patient=thing.patient, reference=thing.reference, owner_role=self.mailroom.role, detail=detail,
        )  # fmt: skip
        await messages.add(tx, made, b"")
        await reports.add(tx, id_, [(thing.reference, thing.patient, "")])
        await self.mailroom.settled(tx, made)
        await self.mailroom.needs_person(tx, made, Why.FAILED)


def _is_time(register: Register, ready: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether what waits has waited long enough for others to go with."""
    if not ready or len(ready) >= min(register.most, LOT):
        return bool(ready)
    until = now() - register.gather
    return any(
        each.get(AGAIN)
        or each.get(NEXT)
        or datetime.fromisoformat(each.get(SINCE, "1900-01-01T00:00:00Z")) <= until
        for each in ready.values()
    )


def _together(due: Sequence[Due]) -> Iterator[tuple[Way[Any], str, Sequence[Due]]]:
    """What goes in one submission: of one own unit, in one way, as many as it takes."""

    def where(each: Due) -> tuple[str, str]:
        return each.way.message, each.address

    for (_, address), found in groupby(sorted(due, key=where), where):
        lot = list(found)
        way = lot[0].way
        for start in range(0, len(lot), way.most):
            yield way, address, lot[start : start + way.most]


def _header(way: Way[Any], sender: Party, receiver: Party) -> Header:
    if way.is_letter:
        return outbox.header(way.message, sender, receiver, Person(), version=way.version)
    return Header(
        msg_id=new_id(),
        type=Code(way.message),
        generated=times.current(),
        sender=sender,
        receiver=receiver,
        version=way.version,
    )


async def _said(tx: Tx, register: Register, item: Item) -> Any | None:
    """What an item of ours says; None for one that was never written."""
    found = wire.read_own(register, item.message.type, await messages.payload(tx, item.message.id))
    return found[item.place] if item.place < len(found) else None


async def _refused_before(tx: Tx, register: Register, thing: Thing, due: Any) -> bool:
    """Whether the register has just refused the same: a person decides, and it is not sent again and again."""
    if not thing.told or thing.told[0].state not in REFUSED:
        return False
    before = await _said(tx, register, thing.told[0])
    essence = register.format.essence
    return before is not None and essence(before) == essence(_as_told(register, thing.told[0], thing, due))


def _as_told(register: Register, like: Item, thing: Thing, said: Any) -> Any:
    """A report as it would be read from what is sent the way another one went, which may have no place for all of it."""
    way = register.way(like.message.type)
    head = _header(way, thing.sender, thing.sender)
    return way.read(way.write(Submission(head, [said])))[0]


async def _finish_tasks(ctx: Context, what: str) -> None:
    """The register holds what it is to hold: whatever was wrong on the way there is nobody's task any more."""
    codes = ",".join(f"{TASK_KIND}|why-{why}" for why in (Why.REJECTED, Why.FAILED, Why.OVERDUE))
    for task in await find(ctx, "Task", ("focus", what), OPEN_TASKS, ("code", codes)):
        await gate.update(ctx, task | {"status": "completed"}, if_match=None)


def _kept(mark: Mark) -> dict[str, Any]:
    return {"xid": str(mark.xid), "sequence": mark.sequence}


async def again(ctx: Context, mailroom: Mailroom, chosen: str) -> None:
    """Somebody has seen to what was wrong: tell it anew, as the record has it now. Conflict where it was not refused.

    `chosen` is the id of an item, or of the submission whose first it is.
    """
    id_, _, place = chosen.partition(".")
    message = await send.mine(ctx, mailroom, id_)
    items = [each for each in await reports.items(ctx.tx, id_) if str(each.place) == (place or "0")]
    if not (found := await closed.open_letters(ctx, items)):
        raise NotFound("no such report")
    register = BY_MESSAGE.get(message.type)
    if register is None or found[0].state not in REFUSED:
        raise Conflict("the report was not refused")
    await keep.put(ctx.tx, register.kept, found[0].reference, {AGAIN: True}, FOREVER)


async def at_once(ctx: Context, slug: str) -> None:
    """Somebody wants what waits for a register to be told now."""
    if slug not in BY_SLUG:
        raise NotFound("no such register")
    await keep.put(ctx.tx, NOW, slug, {}, FOREVER)
