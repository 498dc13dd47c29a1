"""Reports (rapportering) from a record system: what is written here and a register must know is told there, and followed.

From a mark in the own events: what has happened is noted as what may have to be told, in the transaction that moves the mark.
For each such thing the last report that the register has taken is held against what the record says now, and the next
step towards it is sent: a report, or the withdrawal of the old one. No more than one is under way about a thing, so nothing
overtakes; the step and the note end in one transaction, so nothing is told twice or lost, wherever a process is killed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from akson.exchange.edge import send
from akson.exchange.edge.filing import OPEN_TASKS, TASK_KIND
from akson.exchange.edge.mailroom import Mailroom
from akson.exchange.finding import find
from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import BY_MESSAGE, REGISTERS
from akson.exchange.reports.declare import Facts, Lacks, Register
from akson.fhir.model import Resource, split_reference
from akson.kit.errors import AksonError, Conflict
from akson.kit.ids import new_id
from akson.kit.log import Event, log
from akson.kit.text import text
from akson.messaging import outbox
from akson.messaging.addresses import Entry
from akson.messaging.inbox import Why
from akson.messaging.model import Person
from akson.messaging.outbox import ACKNOWLEDGED, FAILED, OPEN, REJECTED, Sending
from akson.record import gate
from akson.record.context import NODE_ITSELF, Context
from akson.store.database.pool import Tx
from akson.store.database.reader import NODE as READER
from akson.store.record import events
from akson.store.record.events import Mark
from akson.store.underway import keep, messages, reports
from akson.store.underway.messages import Message, Wanted

MARK, OWN = "report-mark", "own"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
LONG = 3e9
"""Seconds: as good as for ever."""
LOT = 100
"""Events, and reports, that are dealt with at once."""
PAUSE, RETRY = 0.5, 5.0
REFUSED = (REJECTED, FAILED)


@dataclass(slots=True)
class Reporter:
    """What one node tells registers."""

    mailroom: Mailroom

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
        for register in REGISTERS:
            is_more |= await self._tell(register)
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
            for each in found:
                kind = each.reference.partition("/")[0]
                for register in [one for one in REGISTERS if kind in one.starts]:
                    await keep.add(tx, register.kept, each.reference, {}, LONG)
            if found:
                await keep.put(tx, MARK, OWN, _kept(found[-1].mark), FOREVER)
        return len(found) == LOT

    async def _tell(self, register: Register) -> bool:
        """Take the next step for each thing that waits for one. Nothing is lost while there is no address."""
        async with self.mailroom.place.database.transaction(read_only=True, reader=READER) as tx:
            ready = await reports.ready(tx, register.kept, register.message, OPEN, LOT)
        if not ready or not self.mailroom.own:
            return False
        taking = await self.mailroom.book.that_take(register.message)
        for what in ready if taking else ():
            try:
                async with self.mailroom.place.database.transaction(reader=READER) as tx:
                    await self._step(tx, register, taking[0], what)
            except AksonError as error:
                # The others go on; this one is tried again.
                log(Event.JOB_FAILED, job="report", error=type(error).__name__)
        return len(ready) == LOT

    async def _step(self, tx: Tx, register: Register, receiver: Entry, what: str) -> None:
        asked = await keep.lock(tx, register.kept, what)
        told = await messages.find(tx, "out", Wanted(reference=what, types=(register.message,)))
        if asked is None or any(each.state in OPEN for each in told):
            return
        ctx = Context(NODE_ITSELF, tx.as_node, self.mailroom.place)
        resource = next(iter(await find(ctx, *_by_id(what))), None)
        try:
            due = await self._due(ctx, register, told, resource)
        except Lacks as error:
            await self._cannot(tx, register, _of(what, resource, told), error, told, again=bool(asked))
            return
        if due is None:
            await _finish_tasks(ctx, what)
        if due is None or (not asked and await _refused_before(tx, register, told, due)):
            await keep.delete(tx, register.kept, what)
            return
        sender, _ = await send.sender_of(ctx, self.mailroom, await self._address(ctx, resource, told))
        head = outbox.header(register.message, sender, receiver.party, Person(), version=register.version)
        patient, role = _of(what, resource, told).patient, self.mailroom.role
        sending = Sending(patient, what, owner_role=role, answer_within=register.within)
        raw = wire.write(register, head, due)
        await outbox.post(tx, head, raw, sending, self.mailroom.signer)
        # It stays noted until the register has answered: there may be another step.
        await keep.put(tx, register.kept, what, {}, FOREVER)

    async def _due(
        self, ctx: Context, register: Register, told: Sequence[Message], resource: Resource | None
    ) -> Any | None:
        """The next report, or None where the register holds what it is to hold. Raises Lacks."""
        form, held = register.format, await _held(ctx.tx, register, told)
        wanted = await self._wanted(ctx, register, resource, told)
        if held is None:
            return wanted
        if wanted is not None and form.essence(wanted) == form.essence(held):
            return None
        return form.withdrawal(held)

    async def _wanted(
        self, ctx: Context, register: Register, resource: Resource | None, told: Sequence[Message]
    ) -> Any | None:
        if resource is None:
            return None
        patients = await find(ctx, "Patient", ("_id", _patient(resource)))
        unit, _ = await send.sender_of(ctx, self.mailroom, await self._address(ctx, resource, told))
        named = [each for each in _references(resource) if each.partition("/")[0] in register.related]
        related = {each: one for each in named for one in await find(ctx, *_by_id(each))}
        return register.format.make(Facts(resource, patients[0] if patients else {}, unit, related))

    async def _address(self, ctx: Context, resource: Resource | None, told: Sequence[Message]) -> str:
        """The own unit that reports: the one that reported before, else that of who did it, else the first."""
        own = self.mailroom.own
        if before := next((each.from_her for each in told if each.from_her in own), ""):
            return before
        said = resource or {}
        actors = [each.get("actor", {}) for each in said.get("performer", [])] + [said.get("provider", {})]
        units = [unit for each in actors for unit in await _units(ctx, str(each.get("reference", "")))]
        return next((her for unit in units for her in self.mailroom.of_units(frozenset({unit}))), min(own))

    async def _cannot(
        self,
        tx: Tx,
        register: Register,
        about: Message,
        error: Lacks,
        told: Sequence[Message],
        *,
        again: bool,
    ) -> None:
        """What cannot be written is somebody's task: a report that has failed, told once for each reason."""
        detail = text(f"report.lacks_{error.element}")
        await keep.delete(tx, register.kept, about.reference)
        last = next(iter(told), None)
        if not again and last and (last.state, last.detail) == (FAILED, detail):
            return
        made = Message(
            id=about.id, direction="out", msg_id=about.id, type=register.message, state=FAILED,
            from_her=about.from_her or min(self.mailroom.own), to_her="", patient=about.patient,
            reference=about.reference, owner_role=self.mailroom.role, detail=detail,
        )  # fmt: skip
        await messages.add(tx, made, b"")
        await self.mailroom.needs_person(tx, made, Why.FAILED)


def _of(what: str, resource: Resource | None, told: Sequence[Message]) -> Message:
    """What a message about it has in common with the last one."""
    last = next(iter(told), None)
    patient = _patient(resource) if resource else last.patient if last else ""
    return Message(new_id(), "out", "", "", "", last.from_her if last else "", "", patient, what)


def _patient(resource: Resource) -> str:
    """Id of the Patient."""
    about = resource.get("patient") or resource.get("subject") or {}
    return str(about.get("reference", "")).removeprefix("Patient/")


def _by_id(what: str) -> tuple[str, tuple[str, str]]:
    kind, id_ = split_reference(what)
    return kind, ("_id", id_)


def _references(said: Any) -> list[str]:
    """All that a resource refers to, in its order."""
    if isinstance(said, list):
        return [found for each in said for found in _references(each)]
    if not isinstance(said, dict):
        return []
    own = [said["reference"]] if isinstance(said.get("reference"), str) else []
    return own + [found for each in said.values() for found in _references(each)]


async def _units(ctx: Context, actor: str) -> list[str]:
    """References of the units that somebody is, or works in."""
    kind, _, id_ = actor.partition("/")
    if kind == "Organization":
        return [actor]
    named = {"PractitionerRole": ("_id", id_), "Practitioner": ("practitioner", actor)}.get(kind)
    roles = await find(ctx, "PractitionerRole", named) if named else []
    return [str(each.get("organization", {}).get("reference", "")) for each in roles]


async def _held(tx: Tx, register: Register, told: Sequence[Message]) -> Any | None:
    """What the register holds: the last report that it has taken, unless that was a withdrawal."""
    taken = next((each for each in told if each.state == ACKNOWLEDGED), None)
    report = wire.read_own(register, await messages.payload(tx, taken.id)) if taken else None
    return None if report is None or register.format.is_withdrawal(report) else report


async def _refused_before(tx: Tx, register: Register, told: Sequence[Message], due: Any) -> bool:
    """Whether the register has just refused the same: a person decides, and it is not sent again and again."""
    if not told or told[0].state not in REFUSED:
        return False
    before = wire.read_own(register, await messages.payload(tx, told[0].id))
    return before is not None and register.format.essence(before) == register.format.essence(due)


async def _finish_tasks(ctx: Context, what: str) -> None:
    """The register holds what it is to hold: whatever was wrong on the way there is nobody's task any more."""
    codes = ",".join(f"{TASK_KIND}|why-{why}" for why in (Why.REJECTED, Why.FAILED, Why.OVERDUE))
    for task in await find(ctx, "Task", ("focus", what), OPEN_TASKS, ("code", codes)):
        await gate.update(ctx, task | {"status": "completed"}, if_match=None)


def _kept(mark: Mark) -> dict[str, Any]:
    return {"xid": str(mark.xid), "sequence": mark.sequence}


async def again(ctx: Context, mailroom: Mailroom, message_id: str) -> None:
    """Somebody has seen to what was wrong: tell it anew, as the record has it now. Conflict where it was not refused."""
    message = await send.mine(ctx, mailroom, message_id)
    register = BY_MESSAGE.get(message.type)
    if register is None or message.state not in REFUSED:
        raise Conflict("the report was not refused")
    await keep.put(ctx.tx, register.kept, message.reference, {"again": True}, FOREVER)
