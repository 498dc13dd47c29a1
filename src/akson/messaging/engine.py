"""The message engine of a node: hands over what waits, takes in what came, gives and follows receipts.

All state is in the store, each step is one transaction for all that is due, and every step may be done twice: the engine can be
stopped anywhere. A message that nobody answers, or that cannot go on, is given to a person.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from akson.kit.errors import AksonError, NotAllowed, NotFound
from akson.kit.log import Event, log
from akson.messaging import codec, outbox
from akson.messaging.inbox import Why
from akson.messaging.outbox import FAILED, FOLLOWED, OVERDUE, QUEUED, SENT
from akson.messaging.receipts import Answer
from akson.messaging.receiving import BATCH, Receiving
from akson.messaging.transport import AWAY, Given, Refused, one_by_one
from akson.store.database.reader import NODE
from akson.store.underway import messages, messages_many
from akson.store.underway.messages import Message, Receiver

LEASE = timedelta(seconds=60)
"""How long one worker has for its messages before another may try."""
RETRY_FIRST = timedelta(seconds=2)
RETRY_MOST = timedelta(minutes=15)
LOOK_AFTER = timedelta(seconds=5)
"""How soon an own message is looked for at the transport; doubles up to LOOK_MOST."""
LOOK_MOST = timedelta(minutes=10)
SMALL = 200_000
"""Bytes up to which letters are handed over together."""
PATIENCE = 5.0
"""Seconds that the other side may keep an engine waiting that asks for what has come."""
GATHER = 0.03
"""Seconds that a letter waits for others that are written at the same time."""
PACE = 0.1
"""Seconds between two rounds of an engine that has something to do, and less than a batch of it."""
Step = Callable[[], Awaitable[int]]


@dataclass(slots=True)
class Engine(Receiving):
    """One node's engine."""

    async def tick(self) -> int:
        """Do all that can be done now; how many messages were touched."""
        done = 0
        for step in (self.send_due, self.receive, self.answer_pending, *self._watching):
            done += await self._tried(step)
        return done

    @property
    def _watching(self) -> tuple[Step, ...]:
        return self.follow_up, self.find_overdue, self.find_unread

    async def _tried(self, step: Step) -> int:
        """A step; one that fails lets the others go on: a silent transport must not hide what is overdue."""
        try:
            return await step()
        except AksonError as error:
            log(Event.PEER_FAILED, step=getattr(step, "__name__", "receive"), error=type(error).__name__)
        return 0

    async def run(self, interval: float = 1.0) -> None:
        """Work until cancelled: send what is written at once, take in what comes at once, and look after the rest now and then."""
        async with asyncio.TaskGroup() as group:
            for work in (self._keep_sending, self._keep_receiving, self._keep_watch):
                group.create_task(work(interval))

    async def _keep_sending(self, interval: float) -> None:
        bells = self.database.bells
        while True:
            since = bells.count([outbox.BELL])
            if done := await self._whatever_comes(self.send_due):
                await self._pace(done, interval)
            elif await bells.heard([outbox.BELL], since, interval):
                await asyncio.sleep(min(GATHER, interval))

    async def _keep_receiving(self, interval: float) -> None:
        while True:
            began = time.monotonic()
            came = await self._whatever_comes(partial(self.receive, PATIENCE))
            given = await self._whatever_comes(self.answer_pending)
            if came or given:
                await self._pace(max(came, given), interval)
            else:
                # A transport that cannot wait has answered at once.
                await asyncio.sleep(max(0, interval - (time.monotonic() - began)))

    async def _pace(self, done: int, interval: float) -> None:
        """Let more come together: a round costs the same for one letter as for many."""
        if done < BATCH:
            await asyncio.sleep(min(PACE, interval))

    async def _keep_watch(self, interval: float) -> None:
        while True:
            for step in self._watching:
                await self._whatever_comes(step)
            await asyncio.sleep(interval)

    async def _whatever_comes(self, step: Step) -> int:
        try:
            return await self._tried(step)
        except Exception as error:  # noqa: BLE001 - one bad step must not end the engine
            log(Event.JOB_FAILED, job="messages", error=type(error).__name__)
        return 0

    async def send_due(self) -> int:
        """Hand over what is queued."""
        at = self.clock()
        async with self.database.transaction(reader=NODE) as tx:
            # A lease instead of a lock held while the other side works.
            due = await messages_many.claim(tx, [QUEUED], at, BATCH, until=at + LEASE, small=SMALL)
        small = [(each.message, each.payload) for each in due if each.payload is not None]
        if small:
            await self._settled([each for each, _ in small], await self._send([raw for _, raw in small]))
        for each in due:
            if each.payload is None:
                await self._settled([each.message], await self._send([await self._payload(each.message)]))
        return len(due)

    async def _send(self, documents: Sequence[bytes]) -> Sequence[str | AksonError]:
        try:
            return await self.transport.send_all(documents)
        except AksonError as error:
            return [error] * len(documents)

    async def _settled(self, sent: Sequence[Message], outcomes: Sequence[str | AksonError]) -> None:
        """Note what the transport said of each, in one transaction; one by one when that fails."""
        by_id = {message.id: outcome for message, outcome in zip(sent, outcomes, strict=True)}
        try:
            await self._note_sent(by_id)
        except AWAY:
            raise
        except AksonError:
            for id_, outcome in by_id.items():
                await self._note_sent({id_: outcome})

    async def _note_sent(self, outcomes: dict[str, str | AksonError]) -> None:
        async with self.database.transaction(reader=NODE) as tx:
            held = await messages_many.held(tx, outcomes)
            after = {id_: self._after_sending(each, outcomes[id_]) for id_, each in held.items()}
            changed = [each for id_, each in after.items() if each is not held[id_]]
            await messages_many.change(tx, changed)
            for each in changed:
                if each.state != QUEUED and held[each.id].state == QUEUED:
                    await self.here.settled(tx, each)
                if each.state == FAILED:
                    await self.here.needs_person(tx, each, Why.FAILED)

    def _after_sending(self, held: Message, outcome: str | AksonError) -> Message:
        if isinstance(outcome, str):
            if held.state == QUEUED:
                due = self.clock() + LOOK_AFTER
                return replace(held, state=SENT, transport_id=outcome, due=due, attempts=0, detail="")
            # The receipt may have been faster than the answer to our call.
            return held if held.transport_id else replace(held, transport_id=outcome)
        if isinstance(outcome, Refused | NotAllowed):
            if held.state == FAILED:
                return held
            return replace(held, state=FAILED, detail=outcome.diagnostics, due=None, deadline=None)
        if held.state != QUEUED:
            return held
        wait = min(RETRY_FIRST * 2 ** min(held.attempts, 10), RETRY_MOST)
        return replace(
            held, due=self.clock() + wait, attempts=held.attempts + 1, detail=type(outcome).__name__
        )

    async def answer_pending(self) -> int:
        """Give the receipts that have been decided."""
        async with self.database.transaction(reader=NODE) as tx:
            pending = await messages_many.pending(tx, BATCH)
        if not pending:
            return 0
        given = [self._given(message, receiver) for message, receiver in pending]
        try:
            outcomes = await self.transport.answer_all(given)
        except AksonError as silence:
            outcomes = [silence] * len(given)
        after = []
        for (_, receiver), error in zip(pending, outcomes, strict=True):
            if isinstance(error, Refused | NotFound | NotAllowed):
                # Another answer stands there already, or the message is gone: nothing more can be said.
                log(Event.MESSAGE_REFUSED, kind="receipt", error=type(error).__name__)
            is_over = error is None or isinstance(error, Refused | NotFound | NotAllowed)
            # One that cannot be given goes to the end of the line: it must not stand before the others for ever.
            after.append(replace(receiver, state="answered") if is_over else receiver)
        async with self.database.transaction(reader=NODE) as tx:
            await messages_many.put_receivers(tx, after)
        silences = [error for error in outcomes if isinstance(error, AWAY)]
        if len(silences) == len(outcomes):
            raise silences[-1]
        return sum(each.state == "answered" for each in after)

    def _given(self, message: Message, receiver: Receiver) -> Given:
        answer = Answer(receiver.status, tuple(codec.error_from_json(e) for e in receiver.errors))
        return Given(message.transport_id, receiver.her_id, answer, partial(self._payload, message))

    async def _payload(self, message: Message) -> bytes:
        async with self.database.transaction(read_only=True, reader=NODE) as tx:
            return await messages.payload(tx, message.id)

    async def follow_up(self) -> int:
        """Ask the transport about own messages: delivered yet, and has a receipt been lost?"""
        async with self.database.transaction(reader=NODE) as tx:
            due = await messages.claim(tx, "out", FOLLOWED, self.clock(), BATCH)
            for message in due:
                await messages.lease(tx, message.id, self.clock() + _look_again(message, self.clock()))
        outcomes = await one_by_one(due, self._follow)
        silences = [error for error in outcomes if isinstance(error, AWAY)]
        if silences and len(silences) == len(outcomes):
            raise silences[-1]
        return 0

    async def _follow(self, message: Message) -> None:
        await self._note(
            [(message.msg_id, each) for each in await self.transport.status(message.transport_id)]
        )

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


def _look_again(message: Message, at: datetime) -> timedelta:
    """The older a message, the rarer the look."""
    age = at - message.made if message.made else LOOK_AFTER
    return max(LOOK_AFTER, min(age, LOOK_MOST))
