"""The engine's way in: what waits is fetched, judged and taken in, receipts are noted, all that came at once in one transaction.

A batch in which anything goes wrong is undone and taken one by one, so that one message nobody foresaw stops no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from akson.kit.clock import now
from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.messaging import answering, codec, outbox, receipts
from akson.messaging.inbox import Came, Judgement, Surroundings, Why, judge, take_in
from akson.messaging.model import Receipt
from akson.messaging.receipts import Answer
from akson.messaging.schemas import Schemas
from akson.messaging.transport import AWAY, Notice, Status, Transport, one_by_one
from akson.store.database.pool import Database, Tx
from akson.store.database.reader import NODE
from akson.store.underway import messages_many
from akson.store.underway.messages import Message, Receiver

BATCH = 50
Fetched = tuple[Notice, bytes]
TRIES = 5
"""How often a message that makes us fail is tried."""


@dataclass(slots=True)
class Receiving:
    """One node's side of a transport. `own` are the HER-ids that it sends and receives for."""

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

    async def receive(self, patience: float = 0) -> int:
        """Fetch what waits, take it in, and mark receipts as read; letters are marked when they are answered.

        How many messages were new. With nothing there it waits for some seconds, where the transport can.
        """
        if not self.own:
            return 0
        notices = await self.transport.waiting(sorted(self.own), BATCH, patience)
        told = await self._fetched([each for each in notices if each.is_receipt])
        fresh = await self._fetched(await self._fresh([each for each in notices if not each.is_receipt]))
        for some, take in ((told, self._receipts), (fresh, self._letters)):
            try:
                await take(some)
            except AWAY:
                raise
            except Exception as error:  # noqa: BLE001 - it is found one by one which of them it was
                log(Event.JOB_FAILED, job="messages", error=type(error).__name__)
                for each in some:
                    await self._alone(each, take)
        return len(told) + len(fresh)

    async def _alone(self, fetched: Fetched, take: Callable[[Sequence[Fetched]], Awaitable[None]]) -> None:
        try:
            await take([fetched])
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - one message nobody foresaw must not stop the others
            log(Event.JOB_FAILED, job="message", error=type(error).__name__)
            await self._give_up(fetched[0])

    async def _fresh(self, letters: Sequence[Notice]) -> list[Notice]:
        """Letters that were not seen before. Those answered already are taken from the list."""
        if not letters:
            return []
        async with self.database.transaction(reader=NODE) as tx:
            known = await messages_many.known(tx, {(each.sender, each.msg_id) for each in letters})
        states = [known.get((each.sender, each.msg_id, each.receiver), "") for each in letters]
        answered = [n for n, state in zip(letters, states, strict=True) if state == "answered"]
        if answered:
            await self.transport.mark_read([(each.id, each.receiver) for each in answered])
        return [n for n, state in zip(letters, states, strict=True) if not state]

    async def _letters(self, fetched: Sequence[Fetched]) -> None:
        came = []
        for notice, raw in fetched:
            if answer := answering.of_register(raw):
                await self._note([_told(notice, *answer)])
                await self.transport.mark_read([(notice.id, notice.receiver)])
                continue
            # Certificates may come over the network, so the look at the message is before the transaction.
            judged = await judge(raw, self.here.certificates, self.clock(), self.schemas, self.here.faults)
            came.append(Came(notice, raw, judged))
            await asyncio.sleep(0)
        if came:
            async with self.database.transaction(reader=NODE) as tx:
                await take_in(tx, came, self.here)

    async def _fetched(self, notices: Sequence[Notice]) -> list[Fetched]:
        """The messages themselves, asked for where they did not come with their notices. Those that did not come wait."""
        absent = [each for each in notices if each.document is None]
        outcomes = await one_by_one([each.id for each in absent], self.transport.fetch)
        asked = {notice.id: outcome for notice, outcome in zip(absent, outcomes, strict=True)}
        found: list[Fetched] = []
        silence: AksonError | None = None
        for each in notices:
            raw = asked[each.id] if each.document is None else each.document
            if isinstance(raw, AWAY):
                silence = raw
            elif isinstance(raw, AksonError):
                log(Event.JOB_FAILED, job="message", error=type(raw).__name__)
                await self._give_up(each)
            else:
                found.append((each, raw))
        if silence and not found:
            raise silence
        return found

    async def _give_up(self, notice: Notice) -> None:
        """A message that fails again and again is refused, and a person is told: it must not wait unseen."""
        self.failures[notice.id] = self.failures.get(notice.id, 0) + 1
        if self.failures[notice.id] < TRIES:
            return
        del self.failures[notice.id]
        if notice.is_receipt:
            await self.transport.mark_read([(notice.id, notice.receiver)])
            return
        raw = await self.transport.fetch(notice.id) if notice.document is None else notice.document
        async with self.database.transaction(reader=NODE) as tx:
            await take_in(tx, [Came(notice, raw, Judgement(receipts.rejection("X99")))], self.here)

    async def _receipts(self, fetched: Sequence[Fetched]) -> None:
        told = []
        for notice, raw in fetched:
            content = _receipt_in(raw)
            if content:
                told.append(_told(notice, content.original_id, Answer(content.status, content.errors)))
        await self._note(told)
        if fetched:
            await self.transport.mark_read([(notice.id, notice.receiver) for notice, _ in fetched])

    async def _note(self, told: Sequence[tuple[str, Status]]) -> None:
        """Take in what is known of own messages, by their MsgId."""
        if not told:
            return
        async with self.database.transaction(reader=NODE) as tx:
            found = await messages_many.sent(tx, {msg_id for msg_id, _ in told})
            receivers = await messages_many.receivers(tx, [each.id for each in found.values()])
            known = {(r.message, r.her_id): r for each in receivers.values() for r in each}
            await self._noted(tx, found, known, told)

    async def _noted(
        self,
        tx: Tx,
        before: dict[str, Message],
        known: dict[tuple[str, str], Receiver],
        told: Sequence[tuple[str, Status]],
    ) -> None:
        after, put, to_persons = dict(before), {}, []
        for msg_id, status in told:
            message = after.get(msg_id)
            if message is None:
                continue
            key = (message.id, status.receiver)
            changed, receiver = outbox.noted(message, known.get(key), status, message.due)
            if receiver:
                put[key] = known[key] = receiver
            after[msg_id] = changed
            is_other = status.receiver != message.to_her
            if status.status == receipts.REJECTED and (changed.state != message.state or is_other):
                to_persons.append(msg_id)
        changes = [each for msg_id, each in after.items() if each is not before[msg_id]]
        await messages_many.put_receivers(tx, put.values())
        await messages_many.change(tx, changes)
        for each in changes:
            await self.here.settled(tx, each)
        for msg_id in to_persons:
            await self.here.needs_person(tx, after[msg_id], Why.REJECTED)


def _told(notice: Notice, original: str, answer: Answer) -> tuple[str, Status]:
    """What its receiver says to an own message (MsgId)."""
    return original, Status(notice.sender, delivered=True, status=answer.status, errors=answer.as_json())


def _receipt_in(raw: bytes) -> Receipt | None:
    try:
        content = codec.read(raw).content
    except AksonError as error:
        # A receipt is never answered; the deadline of the message finds it.
        log(Event.MESSAGE_REFUSED, kind="receipt", error=type(error).__name__)
        return None
    return content if isinstance(content, Receipt) else None
