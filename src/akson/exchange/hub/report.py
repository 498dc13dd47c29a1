"""A register that answers, at the platform: for development, demonstration and tests, where no real one can be reached.

It takes the reports that wait for the addresses which the address register marks so, reads each as its schema has it, and
gives the receipt: taken, or refused with a reason in words.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from akson.exchange.reports import wire
from akson.exchange.reports.catalogue import BY_MESSAGE
from akson.fhir.model import Resource
from akson.kit import norwegian
from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.kit.text import text
from akson.messaging import msh, receipts
from akson.messaging.addresses import ABILITIES
from akson.messaging.receipts import Answer
from akson.messaging.transport import NAMES
from akson.record.context import Place
from akson.store.database.reader import NODE as READER
from akson.store.underway import messages
from akson.store.underway.messages import Message

ANSWERS = "proveregister"
"""Ability of an address (system ABILITIES): a register of the platform's own answers for it."""
PAUSE, LOT = 0.5, 50
Search = Callable[[str, Sequence[tuple[str, str]]], Awaitable[Sequence[Resource]]]


@dataclass(slots=True)
class TrialRegister:
    """All addresses of a platform that are marked so."""

    place: Place
    search: Search

    async def run(self) -> None:
        """Answer until cancelled."""
        while True:
            try:
                done = await self.once()
            except AksonError as error:
                log(Event.JOB_FAILED, job="trial register", error=type(error).__name__)
                done = 0
            await asyncio.sleep(0 if done else PAUSE)

    async def once(self) -> int:
        """Answer what waits; how much it was."""
        marked = [("status", "active"), ("payload-type", f"{ABILITIES}|{ANSWERS}"), ("_count", "100")]
        found = [i for each in await self.search("Endpoint", marked) for i in each.get("identifier", [])]
        own = [i["value"] for i in found if i.get("system") == norwegian.HER]
        if not own:
            return 0
        async with self.place.database.transaction(read_only=True, reader=READER) as tx:
            waiting = await messages.waiting(tx, own, sender=None, msg_id=None, newest=False, limit=LOT)
        for her_id, message in waiting:
            await self._answer(her_id, message)
        return len(waiting)

    async def _answer(self, her_id: str, message: Message) -> None:
        caller = msh.Caller(frozenset({her_id}))
        async with self.place.database.transaction(reader=READER) as tx:
            if message.type != "APPREC":
                answer = judge(message, await messages.payload(tx, message.id))
                body = {"appRecStatus": NAMES[answer.status], "appRecErrorList": list(answer.as_json())}
                await msh.post_apprec(tx, caller, message.id, her_id, body)
            await msh.mark_read(tx, caller, message.id, her_id)


def judge(message: Message, raw: bytes) -> Answer:
    """What a register answers to a report."""
    register = BY_MESSAGE.get(message.type)
    if register is None:
        return receipts.rejection("T10")
    try:
        report = wire.read(register, raw)
    except AksonError as error:
        return receipts.rejection(receipts.error_code(error), error.diagnostics)
    fault = register.format.fault(report)
    return receipts.rejection("X99", text(fault)) if fault else receipts.ACCEPTED
