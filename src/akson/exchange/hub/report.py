"""A register that answers, at the platform: for development, demonstration and tests, where no real one can be reached.

It takes the reports that wait for the addresses which the address register marks so, reads each as its schema has it, and
gives the receipt: taken, refused, or taken in part, with a reason in words for each thing that was refused.
"""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

from akson.exchange.reports import answers
from akson.exchange.reports.catalogue import BY_MESSAGE
from akson.fhir.model import Resource
from akson.kit import norwegian
from akson.kit.errors import AksonError
from akson.kit.log import Event, log
from akson.messaging import answering, msh, receipts
from akson.messaging.addresses import ABILITIES
from akson.messaging.model import Code
from akson.messaging.receipts import Answer
from akson.messaging.transport import NAMES
from akson.record.context import Place
from akson.store.database.reader import NODE as READER
from akson.store.underway import messages
from akson.store.underway.messages import Message

ANSWERS = "proveregister"
"""Ability of an address (system ABILITIES): a register of the platform's own answers for it."""
CLAIMS = "krav-kuhr"
"""Ability of an own address: its claims go over the interface (KUHR), and no longer as messages."""
PAUSE, LOT = 0.5, 50
NO_REPORT = frozenset({"APPREC", answering.SYSVAK_ANSWER})
OWN_ANSWER = frozenset({"HENDELSEREQUEST"})
"""Types of message that are answered with a message of the register's own, and with no AppRec."""
FAULTS = {"report.fault_number": "F105", "report.fault_future": "F104", "report.fault_vaccine": "F001"}
"""What SYSVAK calls what is wrong (its list of validation codes); all else is F999."""
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
            if message.type not in NO_REPORT:
                raw = await messages.payload(tx, message.id)
                answer = judge(message, raw)
                if message.type in OWN_ANSWER:
                    document = answering.sysvak(raw, answer, _answer_id(message))
                    await msh.post_message(tx, caller, _posted(document), _everybody)
                else:
                    body = {"appRecStatus": NAMES[answer.status], "appRecErrorList": list(answer.as_json())}
                    await msh.post_apprec(tx, caller, message.id, her_id, body)
            await msh.mark_read(tx, caller, message.id, her_id)


def _answer_id(message: Message) -> str:
    """One for each message, so that an answer given twice is one."""
    return str(uuid5(NAMESPACE_OID, f"{message.id}:answer"))


def _posted(document: bytes) -> dict[str, str]:
    return {
        "businessDocument": base64.b64encode(document).decode(),
        "contentType": "application/xml",
        "contentTransferEncoding": "base64",
    }


async def _everybody(her_ids: Collection[str]) -> Collection[str]:
    # The answer goes to who wrote, whose address the platform has taken the message from.
    return her_ids


def judge(message: Message, raw: bytes) -> Answer:
    """What a register answers to a report, or to many."""
    register = BY_MESSAGE.get(message.type)
    if register is None:
        return receipts.rejection("T10")
    try:
        items = register.way(message.type).read(raw)
    except AksonError as error:
        answer = receipts.rejection(receipts.error_code(error), error.diagnostics)
        return (
            replace(answer, errors=(Code("F000", "", "", error.diagnostics),))
            if message.type in OWN_ANSWER
            else answer
        )
    answer = answers.judge(register, items)
    if message.type in OWN_ANSWER and answer.errors:
        code = FAULTS.get(register.format.fault(items[0]), "F999")
        return replace(answer, errors=(replace(answer.errors[0], code=code, system="", display=""),))
    return answer
