"""The message engine of a node: hands over what waits, takes in what came, gives and follows receipts.

All state is in the store, each step is one transaction, and every step may be done twice: the engine can be stopped
anywhere. A message that nobody answers, or that cannot go on, is given to a person.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from akson.kit.clock import now
from akson.kit.errors import (
    AksonError,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PeerFailed,
    PeerSilent,
    Unavailable,
)
from akson.kit.log import Event, log
from akson.messaging import answering, codec, outbox, receipts
from akson.messaging.inbox import Judgement, Surroundings, Why, judge, take_in
from akson.messaging.model import Receipt
from akson.messaging.outbox import FAILED, FOLLOWED, OVERDUE, QUEUED, SENT
from akson.messaging.receipts import Answer
from akson.messaging.schemas import Schemas
from akson.messaging.transport import Notice, Refused, Status, Transport
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import NODE
from akson.store.underway import messages
from akson.store.underway.messages import Message, Receiver

LEASE = timedelta(seconds=60)
"""How long one worker has for one message before another may try."""
RETRY_FIRST = timedelta(seconds=2)
RETRY_MOST = timedelta(minutes=15)
LOOK_AFTER = timedelta(seconds=5)
"""How soon an own message is looked for at the transport; doubles up to LOOK_MOST."""
LOOK_MOST = timedelta(minutes=10)
BATCH = 50
TRIES = 5
"""How often a message that makes us fail is tried."""
AT_ONCE = 4
"""Messages that are under way to or from the other side at the same time."""
ENOUGH = 3
"""After so many silences in a row the other side counts as away, and the rest of a step waits for the next."""
AWAY = (PeerSilent, PeerFailed, Unavailable, NotAuthenticated)
"""The other side, or our own database, cannot be reached: everything waits."""


_T = TypeVar("_T")


@dataclass(slots=True)
class Engine:
    """One node's engine. `own` are the HER-ids that it sends and receives for."""

    database: Database
    transport: Transport
    own: Collection[str]
    here: Surroundings
    schemas: Schemas | None = None
    """The official schemas, where the operator has them; without, the declarations of the codecs decide."""
    failures: dict[str, int] = field(default_factory=dict)
    """How often a waiting message could not be taken in, by its id at the transport."""
    unread_after: timedelta = timedelta(days=3)
    """How long a letter may stand in an inbox before nobody having opened it is somebody's task."""
    clock: Callable[[], datetime] = now

    async def tick(self) -> int:
        """Do all that can be done now; how many messages were touched."""
        done = 0
        for step in (
            self.send_due,
            self.receive,
            self.answer_pending,
            self.follow_up,
            self.find_overdue,
            self.find_unread,
        ):
            try:
                done += await step()
            except AksonError as error:
                # The other steps go on: a silent transport must not hide what is overdue.
                log(Event.PEER_FAILED, step=step.__name__, error=type(error).__name__)
        return done

    async def run(self, interval: float = 1.0) -> None:
        """Tick until cancelled."""
        while True:
            try:
                done = await self.tick()
            except Exception as error:  # noqa: BLE001 - one bad tick must not end the engine
                log(Event.JOB_FAILED, job="messages", error=type(error).__name__)
                done = 0
            await asyncio.sleep(0 if done else interval)

    async def send_due(self) -> int:
        """Hand over what is queued."""
        async with self.database.transaction(reader=NODE) as tx:
            due = await messages.claim(tx, "out", [QUEUED], self.clock(), BATCH)
            for message in due:
                # A lease instead of a lock held while the other side works.
                await messages.lease(tx, message.id, self.clock() + LEASE)
        await _each(due, self._send)
        return len(due)

    async def _send(self, message: Message) -> None:
        async with self.database.transaction(reader=NODE) as tx:
            raw = await messages.payload(tx, message.id)
        try:
            transport_id = await self.transport.send(raw)
        except (Refused, NotAllowed) as error:
            await self._settle(message, FAILED, detail=error.diagnostics, why=Why.FAILED)
        except AksonError as error:
            await self._try_again(message, type(error).__name__)
        else:
            await self._sent(message, transport_id)

    async def _sent(self, message: Message, transport_id: str) -> None:
        async with self.database.transaction(reader=NODE) as tx:
            held = await messages.get(tx, message.id, hold=True)
            # The receipt may have been faster than the answer to our call.
            if held and held.state == QUEUED:
                changed = replace(
                    held,
                    state=SENT,
                    transport_id=transport_id,
                    due=self.clock() + LOOK_AFTER,
                    attempts=0,
                    detail="",
                )
                await messages.change(tx, changed)
                await self.here.settled(tx, changed)
            elif held and not held.transport_id:
                await messages.change(tx, replace(held, transport_id=transport_id))

    async def _try_again(self, message: Message, reason: str) -> None:
        async with self.database.transaction(reader=NODE) as tx:
            held = await messages.get(tx, message.id, hold=True)
            if held and held.state == QUEUED:
                wait = min(RETRY_FIRST * 2 ** min(held.attempts, 10), RETRY_MOST)
                await messages.change(
                    tx, replace(held, due=self.clock() + wait, attempts=held.attempts + 1, detail=reason)
                )

    async def _settle(self, message: Message, state: str, *, detail: str, why: Why) -> None:
        async with self.database.transaction(reader=NODE) as tx:
            held = await messages.get(tx, message.id, hold=True)
            if held is None or held.state == state:
                return
            changed = replace(held, state=state, detail=detail, due=None, deadline=None)
            await messages.change(tx, changed)
            await self.here.settled(tx, changed)
            await self.here.needs_person(tx, changed, why)

    async def receive(self) -> int:
        """Fetch what waits, take it in, and mark receipts as read; letters are marked when they are answered."""
        if not self.own:
            return 0
        notices = await self.transport.waiting(sorted(self.own), BATCH)
        await _each(notices, self._take)
        return len(notices)

    async def _take(self, notice: Notice) -> None:
        try:
            await (self._receipt(notice) if notice.is_receipt else self._letter(notice))
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - one message nobody foresaw must not stop the others
            log(Event.JOB_FAILED, job="message", error=type(error).__name__)
            await self._give_up(notice)

    async def _letter(self, notice: Notice) -> None:
        known = await self._known(notice)
        if known == "pending":
            return
        if known == "answered":
            # Offered again: it is only taken from the list.
            await self.transport.mark_read(notice.id, notice.receiver)
            return
        raw = await self.transport.fetch(notice.id)
        if answer := answering.of_register(raw):
            await self._answered(*answer, notice)
            return
        # Certificates may come over the network, so the look at the message is before the transaction.
        judged = await judge(raw, self.here.certificates, self.clock(), self.schemas)
        async with self.database.transaction(reader=NODE) as tx:
            await take_in(tx, notice, raw, judged, self.here)

    async def _give_up(self, notice: Notice) -> None:
        """A message that fails again and again is refused, and a person is told: it must not wait unseen."""
        self.failures[notice.id] = self.failures.get(notice.id, 0) + 1
        if self.failures[notice.id] < TRIES:
            return
        del self.failures[notice.id]
        if notice.is_receipt:
            await self.transport.mark_read(notice.id, notice.receiver)
            return
        raw = await self.transport.fetch(notice.id)
        async with self.database.transaction(reader=NODE) as tx:
            await take_in(tx, notice, raw, Judgement(receipts.rejection("X99")), self.here)

    async def _known(self, notice: Notice) -> str:
        """How far the receipt of this receiver is: empty for a message that was not seen before."""
        async with self.database.transaction(reader=NODE) as tx:
            first = await messages.by_msg_id(tx, "in", notice.sender, notice.msg_id)
            known = await messages.receivers(tx, first.id) if first else []
        return next((r.state for r in known if r.her_id == notice.receiver), "")

    async def _receipt(self, notice: Notice) -> None:
        raw = await self.transport.fetch(notice.id)
        try:
            content = codec.read(raw).content
        except AksonError as error:
            # A receipt is never answered; the deadline of the message finds it.
            log(Event.MESSAGE_REFUSED, kind="receipt", error=type(error).__name__)
            content = None
        if isinstance(content, Receipt):
            await self._answered(content.original_id, Answer(content.status, content.errors), notice)
        else:
            await self.transport.mark_read(notice.id, notice.receiver)

    async def _answered(self, original: str, answer: Answer, notice: Notice) -> None:
        """What its receiver says to an own message."""
        status = Status(notice.sender, delivered=True, status=answer.status, errors=answer.as_json())
        await self._note(original, status)
        await self.transport.mark_read(notice.id, notice.receiver)

    async def _note(self, msg_id: str, status: Status) -> None:
        async with self.database.transaction(reader=NODE) as tx:
            message = await messages.sent(tx, msg_id)
            if message:
                await self._take_status(tx, message, status)

    async def _take_status(self, tx: Tx, message: Message, status: Status) -> Message:
        after = await outbox.note(tx, message, status, message.due)
        is_rejected = status.status == receipts.REJECTED
        if after.state != message.state:
            await self.here.settled(tx, after)
        if is_rejected and (after.state != message.state or status.receiver != message.to_her):
            await self.here.needs_person(tx, after, Why.REJECTED)
        return after

    async def answer_pending(self) -> int:
        """Give the receipts that have been decided."""
        async with self.database.transaction(reader=NODE) as tx:
            pending = await messages.pending(tx, BATCH)
            for receiver in pending:
                # To the end of the line: one that cannot be given must not stand before the others for ever.
                await messages.put_receiver(tx, receiver)
            origins = {r.message: await messages.get(tx, r.message) for r in pending}
        told = [(message, r) for r in pending if (message := origins[r.message])]
        await _each(told, lambda each: self._answer(*each))
        return len(pending)

    async def _answer(self, message: Message, receiver: Receiver) -> None:
        answer = Answer(receiver.status, tuple(codec.error_from_json(e) for e in receiver.errors))
        try:
            await self.transport.answer(
                message.transport_id, receiver.her_id, answer, partial(self._payload, message)
            )
            await self.transport.mark_read(message.transport_id, receiver.her_id)
        except (Refused, NotFound, NotAllowed) as error:
            # Another answer stands there already, or the message is gone: nothing more can be said.
            log(Event.MESSAGE_REFUSED, kind="receipt", error=type(error).__name__)
        async with self.database.transaction(reader=NODE) as tx:
            await messages.put_receiver(tx, replace(receiver, state="answered"))

    async def _payload(self, message: Message) -> bytes:
        async with self.database.transaction(read_only=True, reader=NODE) as tx:
            return await messages.payload(tx, message.id)

    async def follow_up(self) -> int:
        """Ask the transport about own messages: delivered yet, and has a receipt been lost?"""
        async with self.database.transaction(reader=NODE) as tx:
            due = await messages.claim(tx, "out", FOLLOWED, self.clock(), BATCH)
            for message in due:
                await messages.lease(tx, message.id, self.clock() + _look_again(message, self.clock()))
        await _each(due, self._follow)
        return 0

    async def _follow(self, message: Message) -> None:
        for status in await self.transport.status(message.transport_id):
            await self._note(message.msg_id, status)

    async def find_overdue(self) -> int:
        """Give messages whose answer did not come in time to a person. A late answer is still taken."""
        async with self.database.transaction(reader=NODE) as tx:
            late = await messages.late(tx, [QUEUED, SENT, "delivered"], self.clock(), BATCH)
            for message in late:
                changed = replace(message, state=OVERDUE if message.transport_id else QUEUED, deadline=None)
                await messages.change(tx, changed)
                await self.here.settled(tx, changed)
                await self.here.needs_person(tx, changed, Why.OVERDUE)
        return len(late)

    async def find_unread(self) -> int:
        """Letters that nobody has opened for days: somebody is told, once for each."""
        async with self.database.transaction(reader=NODE) as tx:
            old = await messages.unopened(tx, self.clock() - self.unread_after, BATCH)
            for message in old:
                await self.here.needs_person(tx, message, Why.UNREAD)
        return len(old)


async def _each(items: Iterable[_T], work: Callable[[_T], Awaitable[None]]) -> None:
    """Work on some at a time. One that fails holds up no other, but after ENOUGH silences in a row the rest is left.

    Raises the last silence when the other side counts as away.
    """
    line = deque(items)
    silences: list[AksonError] = []

    async def worker() -> None:
        while line and len(silences) < ENOUGH:
            try:
                await work(line.popleft())
            except AWAY as error:
                silences.append(error)
            except Exception as error:  # noqa: BLE001 - what nobody foresaw with one message must not stop the others
                log(Event.JOB_FAILED, job="message", error=type(error).__name__)
            else:
                silences.clear()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())
    if len(silences) >= ENOUGH:
        raise silences[-1]


def _look_again(message: Message, at: datetime) -> timedelta:
    """The older a message, the rarer the look."""
    age = at - message.made if message.made else LOOK_AFTER
    return max(LOOK_AFTER, min(age, LOOK_MOST))
